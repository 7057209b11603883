"""Twilio's errors of an answer and of an item in a batch, and what each is to us."""

from __future__ import annotations

from typing import Any

import pytest

from number_insight.exceptions import (
    BadCredentials,
    Busy,
    Gone,
    NoAnswer,
    NoCredit,
    NotAllowed,
    NumberRefused,
    ProviderError,
    Uncertain,
)
from tests.providers.twilio import LINE, NUMBER, ask, batch_of, document
from tests.support.stubs import says


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"code": 60618}, NoAnswer),
        (401, {"code": 20003}, BadCredentials),
        (401, {}, BadCredentials),
        (401, {"code": 20005}, NoCredit),
        (403, {"code": 10001}, NoCredit),
        (403, {"code": 20008}, NotAllowed),
        (404, {"code": 20404}, NumberRefused),
        (404, {"code": "20404", "type": "x", "title": "y", "status": 404}, NumberRefused),
        (404, {}, Gone),
        (404, None, Gone),
        (410, {}, Gone),
        (429, {"code": 20429}, Busy),
        (429, None, Busy),
        (503, {"code": 20503}, Busy),
        (503, None, Uncertain),
        (500, {"code": 20500}, Uncertain),
        (502, None, Uncertain),
        (504, None, Uncertain),
        (302, {"code": 20404}, Uncertain),
        (418, {}, NoAnswer),
        (200, None, Uncertain),
        (200, {}, Uncertain),
        (200, {"valid": False, "validation_errors": ["TOO_LONG"]}, NumberRefused),
        (200, {"valid": None}, Uncertain),
    ],
)
@pytest.mark.parametrize("level", ["basic", "advanced"])
def test_every_error_of_the_whole(
    status: int, body: Any, error: type[ProviderError], level: str
) -> None:
    if body and "code" in body:
        body = {**body, "message": f"The requested resource /v2/PhoneNumbers/{NUMBER} ..."}
    answer = says(status, body, body=b"<h1>no</h1>", Twilio_Request_Id="RQ1")
    with pytest.raises(ProviderError) as caught:
        ask(answer, level)
    assert type(caught.value) is error
    assert caught.value.request_id == "RQ1"
    assert NUMBER[1:] not in str(caught.value)
    assert "\n" not in str(caught.value)
    if status != 200:
        assert caught.value.http_status == status


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({**document(), "twilio_error_code": 20404}, NumberRefused),
        ({**document(), "twilio_error_code": 20003}, BadCredentials),
        ({**document(), "twilio_error_code": 60611}, Busy),
        ({**document(), "twilio_error_code": 60606}, NotAllowed),
        ({**document(), "twilio_error_code": 60600}, NoAnswer),
        ({**document(), "twilio_error_code": 1}, NoAnswer),
        ({**document(), "valid": False}, NumberRefused),
        ({**document(), "correlation_id": "of another"}, Uncertain),
        ([], Uncertain),
        ([document(), document()], Uncertain),
        (["x"], Uncertain),
    ],
)
def test_every_error_of_an_item(item: Any, error: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(batch_of(item), batch=True)
    assert type(caught.value) is error


def test_an_item_without_a_correlation_id_is_ours() -> None:
    item = {**document(line_type_intelligence=LINE), "twilio_error_code": None}
    assert ask(batch_of(item), batch=True).line_type == "mobile"
