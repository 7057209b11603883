"""The statuses of Identity Insights: of an insight without an answer, and of a request in error."""

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
from number_insight.insight import Insight
from number_insight.providers.base import Question
from number_insight.providers.identity import IdentityInsights
from number_insight.providers.identity_wire import Asked, read_answer
from tests.providers.identity import ALL, FULL, REASONS, SIGNAL_OF, answer
from tests.support import keys
from tests.support.stubs import Stub, says


@pytest.mark.parametrize("name", SIGNAL_OF)
@pytest.mark.parametrize("code", REASONS)
def test_fields_beside_any_other_code_do_not_count(name: str, code: str) -> None:
    insight, nothing, signal = answer(**{name: code}), Insight(), SIGNAL_OF[name]
    assert insight.missing == {signal: REASONS[code]}
    assert getattr(insight, signal) == getattr(nothing, signal)
    assert (insight.status, insight.outcome) == (0, 1)
    assert insight.status_text == f"{name} {code or 'UNKNOWN'}"


@pytest.mark.parametrize("name", FULL["insights"])
def test_a_partial_success_counts(name: str) -> None:
    insight = answer(**{name: "PARTIAL_SUCCESS"})
    assert insight.missing == {}
    assert insight.outcome == 0


def test_an_insight_that_did_not_come_has_failed() -> None:
    insight = answer(sim_swap=None)
    assert insight.missing == {"sim_swap": "failed"}


@pytest.mark.parametrize(
    "status", [None, {}, "OK", [], {"code": None}, {"code": 0}, {"code": "o k"}]
)
def test_a_status_that_cannot_be_read_is_no_ok(status: Any) -> None:
    change = {**FULL["insights"]["roaming"], "status": status}
    assert answer(roaming=change).missing == {"roaming": "failed"}


CARRIERS = ("format", "original_carrier", "current_carrier")


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["INVALID_NUMBER_FORMAT"] * 3, NumberRefused),
        (["INVALID_NUMBER_FORMAT", "INVALID_NUMBER_FORMAT", "UNAUTHORIZED"], NumberRefused),
        (["SUPPLIER_ERROR", "INTERNAL_ERROR", "SUPPLIER_ERROR"], NoAnswer),
        (["SUPPLIER_ERROR", "INTERNAL_ERROR", "UNAUTHORIZED"], NoAnswer),
        (["NEXT_YEARS", "NEXT_YEARS", "SUPPLIER_ERROR"], NoAnswer),
        (["UNAUTHORIZED", "INVALID_PURPOSE", "UNAUTHORIZED"], NotAllowed),
    ],
)
def test_where_no_insight_answers_the_codes_decide(codes: list[str], error: Any) -> None:
    asked = Asked(insights=dict.fromkeys(CARRIERS, {}))
    with pytest.raises(error) as caught:
        answer(asked, **dict(zip(CARRIERS, codes, strict=True)))
    assert caught.value.request_id == FULL["request_id"]
    assert "447700900123" not in str(caught.value)


@pytest.mark.parametrize(
    "codes",
    [
        ["NO_COVERAGE"] * 3,
        ["INVALID_NUMBER_FORMAT", "NOT_FOUND", "UNAUTHORIZED"],
        ["SUPPLIER_ERROR", "NO_COVERAGE", "SUPPLIER_ERROR"],
    ],
)
def test_an_answer_that_tells_nothing_may_have_been_charged(codes: list[str]) -> None:
    asked = Asked(insights=dict.fromkeys(CARRIERS, {}), signals=frozenset({"country", "carrier"}))
    insight = answer(asked, **dict(zip(CARRIERS, codes, strict=True)))
    assert insight.is_empty
    assert (insight.status, insight.outcome) == (None, 2)
    assert set(insight.missing) == {"country", "carrier"}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"<html>", b"{}", b'{"insights": {}}', b'{"insights": []}', b'{"insights": null}'],
)
def test_an_answer_without_insights_is_uncertain(body: bytes) -> None:
    with pytest.raises(Uncertain):
        read_answer(body, ALL)


ERRORS = "https://developer.vonage.com/api-errors"


def problem(kind: str, *names: str, **more: Any) -> dict[str, Any]:
    entries = [{"name": name, "reason": "must not be null"} for name in names]
    found = {"type": f"{ERRORS}#{kind}", "title": "t", "detail": "+447700900123", "instance": "i-1"}
    return {**found, **({"invalid_parameters": entries} if entries else {}), **more}


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (400, problem("invalid-json"), NoAnswer),
        (401, problem("unauthorized"), BadCredentials),
        (402, problem("low-balance"), NoCredit),
        (402, problem("payment-required"), NotAllowed),
        (403, problem("low-balance"), NoCredit),
        (403, problem("forbidden"), NotAllowed),
        (403, problem("unprovisioned"), NotAllowed),
        (403, problem("account-suspended"), NotAllowed),
        (403, None, NotAllowed),
        (404, problem("not-found"), Gone),
        (405, problem("method-not-allowed"), NoAnswer),
        (408, None, Uncertain),
        (410, None, Gone),
        (415, problem("content-type-header"), NoAnswer),
        (418, None, NoAnswer),
        (422, problem("validation", "phone_number"), NumberRefused),
        (422, problem("validation", "phone_number", "phone_number"), NumberRefused),
        (422, problem("validation", "phone_number", "purpose"), NoAnswer),
        (422, problem("validation", "insights.sim_swap.period"), NoAnswer),
        (422, problem("validation"), NoAnswer),
        (422, problem("validation", invalid_parameters=["phone_number"]), NoAnswer),
        (422, problem("validation", invalid_parameters="phone_number"), NoAnswer),
        (422, None, NoAnswer),
        (429, problem("rate-limit"), Busy),
        (500, problem("internal-error"), Uncertain),
        (502, None, Uncertain),
        (503, problem("service-unavailable"), Busy),
        (504, None, Uncertain),
        (302, None, Uncertain),
    ],
)
def test_an_error_of_the_request_has_the_class_that_says_what_it_cost(
    status: int, document: Any, error: type[ProviderError]
) -> None:
    body = b"<html>+447700900123" if document is None else b""
    with Stub(says(status, document, body=body)) as stub:
        provider = IdentityInsights(
            application_id=keys.APPLICATION, private_key=keys.private_key(), base_url=stub.url
        )
        with pytest.raises(ProviderError) as caught:
            provider.lookup(Question(number="+447700900123", level="standard"))
    assert type(caught.value) is error
    assert caught.value.http_status == status
    assert caught.value.request_id == ("i-1" if document else "")
    assert "447700900123" not in str(caught.value)
    assert len(stub.requests) == 1


def test_the_instance_goes_by_either_name() -> None:
    document = {"type": "x", "instance_id": "i-2"}
    with Stub(says(500, document)) as stub, pytest.raises(Uncertain) as caught:
        IdentityInsights(
            application_id=keys.APPLICATION, private_key=keys.private_key(), base_url=stub.url
        ).lookup(Question(number="+447700900123", level="basic"))
    assert caught.value.request_id == "i-2"
