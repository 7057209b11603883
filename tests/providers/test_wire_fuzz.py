"""Any bytes at all give an insight or one of our exceptions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_insight.exceptions import BadCallback, NumberInsightError, ProviderError
from number_insight.insight import Insight
from number_insight.providers.wire import read_acknowledgement, read_answer, read_callback
from tests.providers.fuzzing import LEAVES, cases, damaged, is_sound
from tests.providers.test_wire_json import FULL
from tests.providers.test_wire_xml import FULL as FULL_XML

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
@given(damaged(FULL_XML))
def test_any_change_of_true_xml(body: bytes) -> None:
    read_all(body)


@cases(2500)
@given(damaged(json.dumps(FULL).encode()))
def test_any_change_of_true_json(body: bytes) -> None:
    read_all(body)


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
