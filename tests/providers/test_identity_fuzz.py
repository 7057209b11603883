"""Any bytes at all of Identity Insights give an insight or one of our exceptions."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_insight.exceptions import ProviderError
from number_insight.insight import MISSING, VERIFIED
from number_insight.providers.http import Response
from number_insight.providers.identity_statuses import http_error
from number_insight.providers.identity_wire import read_answer
from number_insight.providers.vocabulary import sound
from tests.providers.fuzzing import LEAVES, cases, damaged, is_sound
from tests.providers.identity import ALL, FULL, REASONS
from tests.providers.test_identity_refusals import problem

NAMES = [*FULL["insights"]]
MEMBERS = sorted({member for body in FULL["insights"].values() for member in body})
CODES = st.sampled_from([*REASONS, "OK", "PARTIAL_SUCCESS"]) | LEAVES
WORDS = st.sampled_from(
    ["MOBILE", "VIRTUAL", "TRUE", "FALSE", "NONE", "EXACT", "GB", "+447700900123"]
)
TIMES = st.sampled_from(
    ["2026-11-20T09:30:27.504Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026"]
)
VALUES = st.recursive(
    LEAVES | WORDS | TIMES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", *MEMBERS]) | st.text(), inner, max_size=4)
    ),
    max_leaves=4,
)
CHANGES = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from([*MEMBERS, "status"])), VALUES, max_size=6
)
STATUSES = st.dictionaries(st.sampled_from(NAMES), CODES, max_size=9)


def read(body: bytes) -> None:
    """Read `body`, and check the result."""
    try:
        found = read_answer(body, ALL)
    except ProviderError as error:
        assert "\n" not in str(error)
        assert len(error.request_id) <= 64
        return
    is_sound(found)
    assert sound(found) == found
    assert set(found.missing.values()) <= MISSING
    assert found.missing.keys() <= ALL.signals
    assert found.location is None or found.location.verified in VERIFIED
    assert found.valid_number in ("inferred", "inferred_not_valid", "unknown")
    assert found.ported in ("assumed_ported", "assumed_not_ported", "unknown")
    assert found.price is None


def changed(changes: dict[tuple[str, str], Any], codes: dict[str, Any]) -> dict[str, Any]:
    document = deepcopy(FULL)
    for name, code in codes.items():
        document["insights"][name]["status"] = {"code": code}
    for (name, member), value in changes.items():
        document["insights"][name][member] = value
    return document


@cases(2000)
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    read(body)


@cases(1500)
@given(VALUES, st.booleans())
def test_any_json(value: Any, is_inside: bool) -> None:
    read(json.dumps({"insights": value} if is_inside else value).encode())


@cases(2500)
@given(CHANGES, STATUSES)
def test_any_change_of_a_true_answer(changes: Any, codes: Any) -> None:
    read(json.dumps(changed(changes, codes)).encode())


@cases(1500)
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), VALUES, max_size=6))
def test_any_insights(insights: dict[str, Any]) -> None:
    read(json.dumps({**FULL, "insights": insights}).encode())


@cases(2000)
@given(damaged(json.dumps(FULL).encode()))
def test_any_change_of_the_bytes(body: bytes) -> None:
    read(body)


@cases(500)
@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from([*problem("x", "y")]) | st.text(max_size=5), VALUES, max_size=5)
    | VALUES,
    st.booleans(),
)
def test_any_error_of_a_request(status: int, document: Any, is_json: bool) -> None:
    body = json.dumps(document).encode() if is_json else repr(document).encode("utf-8", "replace")
    error = http_error(Response(status=status, body=body))
    assert (error is None) == (status in (200, 201, 202))
    assert error is None or (error.http_status == status and "\n" not in str(error))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 250_000,
        b'{"insights":' * 20_000,
        b'{"insights": {"format": {"status": {"code": "' + b"O" * 200_000 + b'"}}}}',
        b'{"request_id": "' + b"9" * 200_000 + b'", "insights": {"format": {}}}',
        b'{"insights": {"sim_swap": {"status": {"code": "OK"}, "is_swapped": 1e400}}}',
        b'{"insights": {"format": 1, "format": 2}}',
        b"\x00" * 1000,
    ],
    ids=range(7),
)
def test_known_traps(body: bytes) -> None:
    read(body)
