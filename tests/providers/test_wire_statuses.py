"""Statuses of answers, refusals, acknowledgements and callbacks have their meaning."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from number_insight import exceptions
from number_insight.exceptions import (
    BadCallback,
    IntermediateCallback,
    NoAnswer,
    NumberRefused,
    ProviderError,
    Uncertain,
)
from number_insight.providers import statuses
from number_insight.providers.http import Response
from number_insight.providers.wire import read_acknowledgement, read_answer, read_callback
from tests.providers.test_wire_json import FULL

CLASSES = {
    1: "Busy",
    3: "NumberRefused",
    4: "BadCredentials",
    5: "NoAnswer",
    9: "NoCredit",
    14: "BadCredentials",
    19: "NotAllowed",
    999: "NumberRefused",
    2147: "NoAnswer",
}


def encode(**document: Any) -> bytes:
    return json.dumps(document).encode()


@pytest.mark.parametrize(("status", "name"), CLASSES.items())
def test_a_refusal_has_the_class_of_its_status(status: int, name: str) -> None:
    with pytest.raises(getattr(exceptions, name)) as caught:
        read_answer(encode(status=status, request_id="5b5e"))
    assert (caught.value.status, caught.value.request_id) == (status, "5b5e")


def test_a_refusal_does_not_echo_the_number() -> None:
    text = "Invalid request :: Not valid number format detected [ 07999999999 ]"
    for status in (3, 5, 2147):
        with pytest.raises(ProviderError) as caught:
            read_answer(encode(status=status, status_message=text))
        assert "99999" not in str(caught.value)


def test_an_unknown_status_is_quoted() -> None:
    with pytest.raises(NoAnswer, match=r"status 2147, 'Odd thing'"):
        read_answer(encode(status=2147, error_text="Odd thing"))


@pytest.mark.parametrize("status", [43, 44, 45])
def test_a_partial_answer_is_an_answer(status: int) -> None:
    insight = read_answer(json.dumps({**FULL, "status": status, "lookup_outcome": 1}).encode())
    assert (insight.status, insight.line_type, insight.outcome) == (status, "mobile", 1)


def test_facts_are_kept_under_an_unknown_status() -> None:
    insight = read_answer(json.dumps({**FULL, "status": 2147}).encode())
    assert (insight.status, insight.line_type) == (2147, "mobile")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"<html>", b'{"status": "x"}', b'{"status": 0', b"\x00"]
)
def test_what_cannot_be_read_is_uncertain(body: bytes) -> None:
    with pytest.raises(Uncertain):
        read_answer(body)
    with pytest.raises(Uncertain):
        read_acknowledgement(body)


@pytest.mark.parametrize("status", [0, "0", 43])
def test_an_acknowledgement_is_a_promise(status: Any) -> None:
    promise = read_acknowledgement(
        encode(status=status, request_id="3e6e", request_price="0.03000000", number="447700900000")
    )
    assert (promise.request_id, promise.price, promise.balance) == ("3e6e", Decimal("0.03"), None)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"error_text": "Invalid credentials", "status": 4}, "BadCredentials"),
        ({"status": 4}, "BadCredentials"),
        ({"status": 43}, "NoAnswer"),
        ({"status": 3, "request_id": "3e6e"}, "NumberRefused"),
    ],
)
def test_a_refused_acknowledgement_is_a_refusal(document: dict[str, Any], name: str) -> None:
    with pytest.raises(getattr(exceptions, name)):
        read_acknowledgement(encode(**document))


def test_a_callback_is_read_like_an_answer() -> None:
    body = json.dumps(FULL).encode()
    assert read_callback(body) == read_answer(body)


def test_a_callback_may_be_xml() -> None:
    insight = read_callback(b' <lookup><error code="0"/><ported>ported</ported></lookup>')
    assert insight.ported == "ported"


@pytest.mark.parametrize("final", [False, "false", None, 0, "no"])
def test_an_intermediate_callback_is_told_apart(final: Any) -> None:
    with pytest.raises(IntermediateCallback):
        read_callback(encode(status=0, final=final))


@pytest.mark.parametrize("final", [True, "true", "True", 1])
def test_the_final_callback_is_the_answer(final: Any) -> None:
    assert read_callback(encode(status=0, final=final)).status == 0


@pytest.mark.parametrize("status", [1, 2])
def test_a_callback_without_success_was_worked_on_all_the_same(status: int) -> None:
    insight = read_callback(encode(status=status))
    assert (insight.status, insight.outcome, insight.is_empty) == (status, status, True)


def test_a_callback_may_be_a_refusal() -> None:
    with pytest.raises(NumberRefused):
        read_callback(encode(status=3))


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": 0, "status": 9}',
        b'{"status": 0, "roaming": {"status": "roaming", "status": "x"}}',
        b'{"status": 0, "a": ' + b"[" * 30 + b"]" * 30 + b"}",
        b'{"request_id": "3e6e"}',
        b'{"status": null}',
        b"[" * 200_000,
        b'{"status": 0, "a": "' + b"x" * 300_000 + b'"}',
        b"<!DOCTYPE lookup><lookup/>",
    ],
    ids=range(8),
)
def test_what_a_stranger_may_post_is_refused(body: bytes) -> None:
    with pytest.raises(BadCallback):
        read_callback(body)


READERS = {"sync": read_answer, "callback": read_callback}


def spoken(read: Any, body: bytes) -> Any:
    """Return what `read` makes of `body`: the insight, or the class of what it raises."""
    try:
        return read(body)
    except exceptions.NumberInsightError as error:
        return type(error)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_a_callback_is_read_in_whatever_encoding_it_comes(encoding: str) -> None:
    body = '{"status": 0, "country_name": "Åland"}'.encode(encoding)
    assert read_callback(body).country_name == "Åland"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_so_is_one_of_xml(encoding: str) -> None:
    text = '<lookup><status>0</status><local_number country_name="Åland"/></lookup>'
    assert read_callback(text.encode(encoding)).country_name == "Åland"


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    "facts",
    [
        {"international_format_number": "447700900000"},
        {"current_carrier": {"name": "Example"}},
        {"original_carrier": {"network_type": "mobile"}},
        {"ported": "ported"},
        {"valid_number": "not_valid"},
        {"reachable": "absent"},
        {"roaming": {"status": "roaming", "roaming_country_code": "FR"}},
        {"caller_name": "Robin Example"},
        {"lookup_outcome": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [..., None, "x", "1e-9"], ids=str)
def test_facts_without_a_status_are_an_answer(status: Any, facts: Any, read: Any) -> None:
    told = {"request_id": "3e6e"} if status is ... else {"request_id": "3e6e", "status": status}
    insight = read(encode(**told, **facts))
    assert (insight.status, insight.request_id) == (None, "3e6e")


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    "twins",
    [
        *('"status": 9', '" status": 9', '"status\\u0000": 9', '"\\u0000status": "9"'),
        *('"status\\n": 9', '"status\\ud800": 9'),
        *('"a": {"b": 1, "b ": 2}', '"a": [{"b": 1, "b": 2}]'),
    ],
)
def test_a_key_that_comes_with_two_values_is_no_answer(twins: str, read: Any) -> None:
    body = f'{{"status": 0, "ported": "ported", {twins}}}'.encode()
    assert spoken(read, body) in (Uncertain, BadCallback)


@pytest.mark.parametrize("read", [read_answer, read_acknowledgement])
@pytest.mark.parametrize("status", [..., None, "x"])
def test_an_answer_without_a_status_keeps_its_request_id(read: Any, status: Any) -> None:
    told = {} if status is ... else {"status": status}
    with pytest.raises(Uncertain) as caught:
        read(encode(request_id="3e6e", **told))
    assert caught.value.request_id == "3e6e"
    with pytest.raises(BadCallback, match="3e6e"):
        read_callback(encode(request_id="3e6e", **told))


HTTP_CLASSES = {
    "Uncertain": (204, 302, 307, 408, 500, 501, 502, 504),
    "NoAnswer": (400, 402, 405, 412, 418),
    "BadCredentials": (401, 403),
    "Gone": (404, 410),
    "Busy": (420, 429, 503),
}


@pytest.mark.parametrize(
    ("code", "name"), [(code, name) for name, codes in HTTP_CLASSES.items() for code in codes]
)
def test_http_decides_before_the_body(code: int, name: str) -> None:
    with pytest.raises(getattr(exceptions, name), match=f"HTTP {code}") as caught:
        statuses.HTTP.raise_for(Response(status=code, body=b'{"status": 0}'))
    assert caught.value.http_status == code


@pytest.mark.parametrize("code", [200, 201, 202])
def test_a_success_leaves_it_to_the_body(code: int) -> None:
    assert statuses.HTTP.meaning(code) is None
