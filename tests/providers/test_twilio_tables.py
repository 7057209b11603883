"""Twilio's tables: line types, errors of packages and networks, and what each is to us."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from number_insight.exceptions import (
    Busy,
    NoAnswer,
    NotAllowed,
)
from number_insight.insight import Insight, Risk, Swap
from number_insight.providers import twilio_errors
from number_insight.providers.base import Question
from number_insight.providers.networks import country_of_network
from tests.providers.twilio import ALL, LINE, ask, document, provider, told
from tests.support.stubs import Script, Stub, says


@pytest.mark.parametrize(
    ("word", "line_type", "voip"),
    [
        ("mobile", "mobile", "unknown"),
        ("landline", "landline", "unknown"),
        ("nonFixedVoip", "virtual", "nonfixed"),
        ("fixedVoip", "virtual", "fixed"),
        ("tollFree", "landline_tollfree", "unknown"),
        ("premium", "landline_premium", "unknown"),
        ("sharedCost", "unknown", "unknown"),
        ("uan", "unknown", "unknown"),
        ("personal", "unknown", "unknown"),
        ("voicemail", "unknown", "unknown"),
        ("pager", "pager", "unknown"),
        ("somethingNew", "unknown", "unknown"),
    ],
)
def test_every_line_type_has_its_word(word: str, line_type: str, voip: str) -> None:
    insight = told(line_type_intelligence={"type": word, "error_code": None}, packages=[])
    assert (insight.line_type, insight.voip) == (line_type, voip)
    assert (f"type {word}" in insight.status_text) == (line_type == "unknown")
    assert "line_type" not in insight.missing


@pytest.mark.parametrize("word", ["unknown", None, ""])
def test_an_unknown_line_type_is_not_told(word: Any) -> None:
    insight = told(line_type_intelligence={"type": word, "error_code": None}, packages=[])
    assert (insight.line_type, insight.voip) == ("unknown", None)
    assert insight.missing["line_type"] == insight.missing["voip"] == "not_found"


@pytest.mark.parametrize(
    ("word", "valid", "reachable"),
    [
        ("active", "valid", "unknown"),
        ("reachable", "valid", "reachable"),
        ("unreachable", "valid", "absent"),
        ("inactive", "not_valid", "bad_number"),
        ("unknown", "unknown", "unknown"),
        ("dancing", "unknown", "unknown"),
    ],
)
def test_every_line_status_has_its_word(word: str, valid: str, reachable: str) -> None:
    insight = told(line_type_intelligence=LINE, line_status={"status": word})
    assert (insight.valid_number, insight.reachable) == (valid, reachable)


def test_a_number_is_never_valid_by_the_plan_alone() -> None:
    insight = told(line_type_intelligence=LINE, packages=[])
    assert insight.valid_number == "unknown"


PACKAGE_ERRORS: list[Any] = [
    *((code, "no_coverage", None) for code in (60600, 60607, 60610)),
    *((code, "not_found", None) for code in (60622, 60623)),
    *((code, "failed", None) for code in (60614, 60617, 60618, 60619)),
    *((code, "failed", Busy) for code in (60611, 60616, 60624, 60626)),
    *((code, "failed", NoAnswer) for code in (60608, 61234, "odd", [])),
    *((code, "not_authorized", NotAllowed) for code in (60606, 60609, 60699)),
    (60601, "not_authorized", None),
    (60612, "not_applicable", None),
]


@pytest.mark.parametrize(("code", "reason", "alone"), PACKAGE_ERRORS)
def test_every_error_of_a_package(code: Any, reason: str, alone: type[Exception] | None) -> None:
    broken = {"status": "reachable", "error_code": code}
    insight = told(line_type_intelligence=LINE, line_status=broken)
    assert insight.missing["valid_number"] == insight.missing["reachable"] == reason
    assert (insight.valid_number, insight.reachable) == ("unknown", "unknown")
    assert (insight.outcome, insight.price) == (1, Decimal("0.008"))
    answer = document(line_type_intelligence={"error_code": code}, line_status=broken)
    if alone is not None:
        with pytest.raises(alone, match="line_status"):
            ask(says(200, answer))
    else:
        insight = ask(says(200, answer))
        assert (insight.outcome, insight.price, insight.is_empty) == (2, 0, True)
        assert insight.missing["line_type"] == reason


def test_every_error_of_a_package_is_tried() -> None:
    tried = {code for code, *_ in PACKAGE_ERRORS if isinstance(code, int)}
    assert set(twilio_errors.PACKAGE_ERRORS) - tried == {60613, 60620, 60621, 60625}  # see below


def test_degraded_data_is_used_and_said() -> None:
    insight = told(line_type_intelligence={**LINE, "error_code": 60613}, packages=[])
    assert (insight.line_type, insight.price) == ("mobile", Decimal("0.008"))
    assert insight.status_text == "line_type_intelligence 60613"


def test_a_swap_without_a_carrier_is_used() -> None:
    last = {"last_sim_swap_date": None, "swapped_period": "PT24H", "swapped_in_period": True}
    swap = {"last_sim_swap": last, "carrier_name": None, "error_code": 60621}
    insight = told(line_type_intelligence=LINE, sim_swap=swap, packages=["sim_swap"])
    assert insight.sim_swap == Swap(swapped=True, period_hours=24)
    assert insight.price == Decimal("0.108")


def test_incomplete_data_of_a_swap_is_paid_and_no_exception() -> None:
    answer = document(
        line_type_intelligence={"error_code": 60607},
        sim_swap={"last_sim_swap": None, "error_code": 60620},
    )
    insight = ask(says(200, answer), packages=["sim_swap"], prices={"sim_swap": "0.04"})
    assert insight.price == Decimal("0.04")
    assert insight.missing["sim_swap"] == "not_found"


def test_a_cancelled_number_is_told_by_any_package() -> None:
    gone = {"error_code": 60625}
    insight = told(line_type_intelligence=LINE, sim_swap=gone, packages=["sim_swap"])
    assert (insight.valid_number, insight.line_type) == ("cancelled", "mobile")
    assert insight.missing["sim_swap"] == "not_applicable"
    insight = told(line_type_intelligence=gone, line_status=gone)
    assert (insight.valid_number, insight.outcome, insight.price) == ("cancelled", 1, 0)
    assert not insight.is_empty


def test_the_worst_reason_is_raised_where_nothing_was_answered() -> None:
    def both(one: int, other: int) -> Script:
        return says(
            200,
            document(line_type_intelligence={"error_code": one}, line_status={"error_code": other}),
        )

    with pytest.raises(Busy):
        ask(both(60606, 60611))
    with pytest.raises(NotAllowed, match="line_status 60606"):
        ask(both(60608, 60606))
    with pytest.raises(NoAnswer):
        ask(both(60607, 60608))


def test_a_null_package_is_not_covered() -> None:
    insight = told(line_type_intelligence=LINE, sim_swap=None, packages=["sim_swap"])
    assert insight.missing["sim_swap"] == "no_coverage"
    assert insight.price == Decimal("0.008")


def test_an_empty_caller_name_is_paid_in_the_us() -> None:
    answer = {**document(line_type_intelligence=LINE), "country_code": "US"}
    answer |= {"phone_number": "+12015550105", "caller_name": None}
    with Stub(says(200, answer)) as stub:
        asked = Question(number="+12015550105", level="standard", cnam=True)
        insight = provider(stub).lookup(asked)
    assert insight.caller is None
    assert insight.price == Decimal("0.018")


def test_an_undetermined_caller_is_unknown() -> None:
    caller = {"caller_name": None, "caller_type": "UNDETERMINED", "error_code": None}
    answer = {**document(line_type_intelligence=LINE), "caller_name": caller}
    with Stub(says(200, answer)) as stub:
        asked = Question(number="+12015550105", level="standard", cnam=True)
        insight = provider(stub).lookup(asked)
    assert insight.caller is None
    assert insight.missing["caller"] == "not_found"


def test_every_package_has_its_fact() -> None:
    last = {
        "last_sim_swap_date": "2026-11-20T10:18:50Z",
        "swapped_period": "PT48H",
        "swapped_in_period": True,
    }
    insight = told(
        packages=ALL,
        line_type_intelligence={
            "type": "mobile",
            "carrier_name": "Carrier A",
            "mobile_country_code": "234",
            "mobile_network_code": "10",
            "error_code": None,
        },
        line_status={"status": "reachable", "error_code": None},
        sim_swap={"last_sim_swap": last, "carrier_name": "Carrier B", "error_code": None},
        call_forwarding={"call_forwarding_enabled": True, "error_code": None},
        identity_match={
            "first_name_match": "exact_match",
            "last_name_match": "no_match",
            "city_match": "no_data_available",
            "summary_score": 20,
            "error_code": None,
        },
        reassigned_number={"is_number_reassigned": "yes", "error_code": None},
        sms_pumping_risk={
            "sms_pumping_risk_score": 61,
            "number_blocked": True,
            "number_blocked_date": "2026-01-31",
            "error_code": None,
        },
        phone_number_quality_score={"disposable_phone_risk_score": 90, "error_code": None},
        pre_fill={"first_name": "Robin", "error_code": None},
    )
    carrier = insight.current_carrier
    assert carrier is not None
    assert (carrier.network_code, carrier.name, carrier.country) == ("23410", "Carrier A", "GB")
    at = datetime(2026, 11, 20, 10, 18, 50, tzinfo=timezone.utc)
    assert insight.sim_swap == Swap(swapped=True, at=at, period_hours=48)
    assert insight.call_forwarding is True
    assert insight.match == {"first_name": "exact_match", "last_name": "no_match"}
    assert insight.reassigned == "yes"
    blocked_at = datetime(2026, 1, 31, tzinfo=timezone.utc)
    assert insight.risk == Risk(score=61, blocked=True, blocked_at=blocked_at, kind="sms_pumping")
    assert insight.missing == {"caller": "not_asked"}
    assert insight.outcome == 0
    assert Insight.from_json(insight.as_json()) == insight


@pytest.mark.parametrize(
    ("category", "kind"), [("high", "disposable"), (None, "disposable"), ("low", "quality")]
)
def test_a_score_of_quality_is_no_score_of_pumping(category: str | None, kind: str) -> None:
    insight = told(
        packages=["phone_number_quality_score"],
        line_type_intelligence=LINE,
        phone_number_quality_score={
            "disposable_phone_risk_score": 90,
            "disposable_phone_risk_category": category,
            "error_code": None,
        },
    )
    assert insight.risk == Risk(score=90, kind=kind)


@pytest.mark.parametrize(
    ("code", "home", "country"),
    [
        ("23410", "GB", "GB"),
        ("23450", "JE", "JE"),
        ("24007", "GB", "SE"),
        ("64700", "YT", "YT"),
        ("90188", "SE", None),
        ("", None, None),
        ("310410", None, "US"),
    ],
)
def test_a_network_code_names_its_country(code: str, home: str | None, country: str | None) -> None:
    assert country_of_network(code, home) == country
