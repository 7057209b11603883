"""An answer of a project's own provider becomes an insight of known words and types."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_insight.exceptions import NoAnswer
from number_insight.insight import (
    TOLD_BY_SOME,
    Caller,
    Carrier,
    Insight,
    IPMatch,
    Location,
    RealTime,
    Risk,
    Roaming,
    Swap,
)
from number_insight.providers.base import Acknowledgement
from number_insight.providers.vocabulary import acknowledged, sound

MEMBERS = [field.name for field in fields(Insight) if field.name != "number_refused"]
AT = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.datetimes(),
    st.dictionaries(st.one_of(st.text(), st.integers()), st.one_of(st.text(), st.none())),
)


@pytest.mark.parametrize(
    ("told", "sounds"),
    [
        ({"voip": " NonFixed"}, {"voip": "nonfixed"}),
        ({"voip": "satellite"}, {"voip": "unknown"}),
        ({"reassigned": "YES"}, {"reassigned": "yes"}),
        ({"reassigned": True}, {"reassigned": "unknown"}),
        ({"call_forwarding": "yes"}, {"call_forwarding": None}),
        ({"sim_swap": {"swapped": True}}, {"sim_swap": None}),
        ({"sim_swap": Swap(swapped=1, period_hours=0)}, {"sim_swap": Swap()}),
        ({"sim_swap": Swap(at="2026-11-20")}, {"sim_swap": Swap()}),
        (
            {"sim_swap": Swap(at=AT.astimezone(timezone(timedelta(hours=9))))},
            {"sim_swap": Swap(at=AT)},
        ),
        ({"sim_swap": Swap(at=AT.replace(tzinfo=None))}, {"sim_swap": Swap(at=AT)}),
        ({"risk": Risk(score=101, blocked="no")}, {"risk": Risk()}),
        ({"risk": Risk(score=True, kind=" SMS_Pumping ")}, {"risk": Risk(kind="sms_pumping")}),
        ({"location": Location(verified="TRUE")}, {"location": Location()}),
        ({"match": {"name": " EXACT\0", "x": None, 3: "a"}}, {"match": {"name": "exact"}}),
        ({"match": "exact"}, {"match": None}),
        (
            {"missing": {"roaming": "NO_COVERAGE", "voip": "because", "risk": None}},
            {"missing": {"roaming": "no_coverage"}},
        ),
        ({"missing": None}, {"missing": {}}),
        ({"price": 0.03}, {"price": Decimal("0.03")}),
        ({"price": "0.03", "balance": "much"}, {"price": Decimal("0.03")}),
        ({"refund": 1}, {"refund": Decimal(1)}),
        ({"number": 46701740605}, {"number": "+46701740605"}),
        ({"number": None, "request_id": None, "status_text": None}, {}),
        ({"request_id": 99}, {"request_id": "99"}),
        ({"request_id": "r" * 500}, {"request_id": "r" * 64}),
        ({"status": "0", "outcome": "2"}, {"status": 0, "outcome": 2}),
        ({"status": 10**12, "outcome": 9}, {}),
        ({"current_carrier": "Telia"}, {}),
        ({"current_carrier": Carrier(name=5)}, {"current_carrier": Carrier(name="5")}),
        ({"current_carrier": Carrier(name="a\0b\ud800")}, {"current_carrier": Carrier(name="ab")}),
        ({"caller": Caller(name=7, type="X")}, {"caller": Caller(name="7")}),
        ({"roaming": "roaming", "ip": None, "caller": "Bob", "real_time": "on"}, {}),
        (
            {"country_name": "a\0", "country_prefix": 46},
            {"country_name": "a", "country_prefix": "46"},
        ),
    ],
    ids=str,
)
def test_odd_facts_become_known_ones(told: dict[str, Any], sounds: dict[str, Any]) -> None:
    assert sound(Insight(**told)) == Insight(**sounds)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*TOLD_BY_SOME, "missing"), ANYTHING)))
def test_no_fact_of_any_type_raises_or_cannot_be_stored(told: dict[str, Any]) -> None:
    insight = sound(Insight(**told))
    document = json.loads(json.dumps(insight.as_json()))
    assert Insight.from_json(document) == insight


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_no_part_of_any_type_raises_or_cannot_be_stored(a: Any, b: Any, c: Any, d: Any) -> None:
    told = Insight(
        sim_swap=Swap(swapped=a, at=b, period_hours=c),
        risk=Risk(score=a, blocked=b, blocked_at=c, kind=d),
        location=Location(verified=a),
    )
    insight = sound(told)
    assert Insight.from_json(json.loads(json.dumps(insight.as_json()))) == insight


@given(st.sampled_from(MEMBERS), ANYTHING)
def test_no_member_of_any_type_raises_or_cannot_be_stored(member: str, told: Any) -> None:
    insight = sound(Insight(**{member: told}))
    document = json.loads(json.dumps(insight.as_json()))
    assert Insight.from_json(document) == insight
    assert "\\u0000" not in json.dumps(document)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_carrier_place_or_caller_of_any_type_raises(a: Any, b: Any, c: Any) -> None:
    told = Insight(
        current_carrier=Carrier(network_code=a, name=b, country=c, network_type=a),
        roaming=Roaming(status=a, country=b, network_code=c, network_name=a),
        ip=IPMatch(address=a, match=b, country=c, city=a),
        caller=Caller(name=a, first_name=b, last_name=c, type=a, subscription_type=b),
        real_time=RealTime(active=a, handset=b),
    )
    insight = sound(told)
    assert Insight.from_json(json.loads(json.dumps(insight.as_json()))) == insight


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"request_id": None, "price": 0.03}, {"request_id": "", "price": Decimal("0.03")}),
        ({"request_id": 7, "balance": "12.5"}, {"request_id": "7", "balance": Decimal("12.5")}),
    ],
)
def test_an_odd_acknowledgement_can_be_stored(told: dict[str, Any], kept: dict[str, Any]) -> None:
    assert acknowledged(Acknowledgement(**told)) == Acknowledgement(**kept)


def test_an_odd_status_of_an_error_can_be_stored() -> None:
    error = NoAnswer("no\0thing \ud800", status="3", request_id=None)  # type: ignore[arg-type]
    assert (str(error), error.status, error.request_id) == ("nothing ?", None, "")
