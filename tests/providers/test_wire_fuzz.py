"""Any bytes at all give an insight or one of our exceptions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from number_insight.exceptions import BadCallback, NumberInsightError, ProviderError
from number_insight.insight import (
    IP_MATCH,
    LINE_TYPES,
    PORTED,
    REACHABLE,
    ROAMING,
    VALID_NUMBER,
    Insight,
)
from number_insight.providers.wire import read_acknowledgement, read_answer, read_callback
from tests.providers.test_wire_json import FULL
from tests.providers.test_wire_xml import FULL as FULL_XML


def cases(count: int) -> settings:
    """Try `count` cases; all tests together try 10,000."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


ODD = st.sampled_from(
    ["", "null", "unknown", "\x00", "\ud800", "NaN", "1e999", "-1", "9" * 5000, "x" * 5000, "+4"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**30, max_value=10**40)
    | st.floats()
    | st.text(max_size=20)
    | ODD
)
KEYS = st.sampled_from([*FULL, "final", "error_text", "caller_identity", "first_name", "number"])
PARTS = st.sampled_from(
    [
        *FULL["current_carrier"],
        *FULL["roaming"],
        *FULL["ip"],
        *FULL["real_time_data"],
        "caller_name",
        "caller_type",
    ]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(PARTS | st.text(), inner, max_size=4)
    ),
    max_leaves=4,
)
STATUSES = st.sampled_from([0, "0", 1, 2, 3, 43, 44, 999, 2147]) | LEAVES
DOCUMENTS = st.builds(
    lambda status, changes: {**FULL, "status": status, **changes},
    STATUSES,
    st.dictionaries(KEYS | st.text(max_size=5), VALUES, max_size=6),
)


def read_all(body: bytes) -> None:
    """Read `body` in every way, and check each result."""
    for format in ("json", "xml"):
        for read in (read_answer, read_acknowledgement):
            try:
                found = read(body, format=format)
            except ProviderError as error:
                assert "\n" not in str(error)
            else:
                is_sound(found) if isinstance(found, Insight) else None
    try:
        is_sound(read_callback(body))
    except (BadCallback, ProviderError) as error:
        assert isinstance(error, NumberInsightError)


def is_sound(insight: Insight) -> None:
    """Assert that `insight` fits the columns of any database, and holds known words alone."""
    stored = json.dumps(insight.as_json(), allow_nan=False)
    kept = json.dumps(insight.raw, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in stored + kept
    kept.encode("utf-8")
    assert Insight.from_json(json.loads(stored)) == insight
    assert insight.line_type in LINE_TYPES
    assert insight.ported in PORTED
    assert insight.valid_number in VALID_NUMBER
    assert insight.reachable in REACHABLE
    assert insight.roaming.status in ROAMING
    assert insight.ip.match in IP_MATCH
    assert insight.outcome in (0, 1, 2, None)
    assert insight.number == "" or insight.number[1:].isdigit()
    assert insight.number == "" or insight.number[1:] not in repr(insight)
    assert insight.country is None or len(insight.country) == 2
    assert len(insight.status_text) <= 200
    assert all(part is None or part >= 0 for part in (insight.price, insight.refund))


@cases(2000)
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    read_all(body)


@cases(1000)
@given(VALUES)
def test_any_json(value: Any) -> None:
    read_all(json.dumps(value).encode())


@cases(1000)
@given(DOCUMENTS)
def test_any_change_of_a_true_answer(document: dict[str, Any]) -> None:
    read_all(json.dumps(document).encode())


@cases(500)
@given(DOCUMENTS, st.sampled_from(["utf-8", "utf-16", "utf-32", "latin-1", "cp037"]))
def test_any_encoding(document: dict[str, Any], encoding: str) -> None:
    text = json.dumps(document, ensure_ascii=False)
    read_all(text.encode(encoding, "replace"))


@cases(2000)
@given(st.integers(0, len(FULL_XML)), st.integers(0, 60), st.binary(max_size=30))
def test_any_change_of_true_xml(start: int, length: int, inserted: bytes) -> None:
    read_all(FULL_XML[:start] + inserted + FULL_XML[start + length :])


@cases(2500)
@given(st.data())
def test_any_change_of_true_json(data: st.DataObject) -> None:
    body = json.dumps(FULL).encode()
    start = data.draw(st.integers(0, len(body)))
    length = data.draw(st.integers(0, 40))
    read_all(body[:start] + data.draw(st.binary(max_size=20)) + body[start + length :])


XML_NAMES = st.sampled_from(
    ["lookup", "format", "error", "roaming", "ip", "cnam", "current_carrier", "status", "ported"]
)
XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<&\"'"), max_size=12
)


def _element(name: str, attributes: dict[str, str], inner: list[str]) -> str:
    told = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{told}>{''.join(inner)}</{name}>"


XML_TREES = st.recursive(
    XML_TEXT,
    lambda inner: st.builds(
        _element,
        XML_NAMES,
        st.dictionaries(st.sampled_from(["code", "status", "network_type"]), XML_TEXT),
        st.lists(inner, max_size=4),
    ),
    max_leaves=4,
)


@cases(1000)
@given(XML_TREES)
def test_any_xml(inner: str) -> None:
    read_all(f'<lookup><error code="0">x</error>{inner}</lookup>'.encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 250_000,
        b'{"status":' * 20_000,
        b"<lookup>" + b"<a>" * 60_000,
        b"<lookup>" + b"<a>" * 30_000 + b"</a>" * 30_000 + b"</lookup>",
        b'{"status": 0, "lookup_outcome": ' + b"9" * 200_000 + b"}",
        b'{"status": ' + b"1" * 5_000 + b"}",
        b'{"status": 0, "request_price": "' + b"9" * 200_000 + b'"}',
        b'{"status": 1e400}',
        b'{"status": -0.0}',
        b"\x00" * 1000,
        b"\xef\xbb\xbf" * 3,
    ],
    ids=range(11),
)
def test_known_traps(body: bytes) -> None:
    read_all(body)
