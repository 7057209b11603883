"""`Insight`: one shape for every provider, there and back through JSON."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from number_insight.insight import (
    Caller,
    Carrier,
    Insight,
    IPMatch,
    Location,
    RealTime,
    Risk,
    Roaming,
    Swap,
    utc_time,
)

AT = datetime(2026, 11, 20, 9, 30, 27, 504000, tzinfo=timezone.utc)
FULL = Insight(
    status=0,
    status_text="Success",
    request_id="aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
    number="+447911123456",
    country="GB",
    line_type="mobile",
    current_carrier=Carrier(network_code="23410", name="O2", country="GB", network_type="mobile"),
    original_carrier=Carrier(network_code="US-FIXED"),
    reachable="reachable",
    roaming=Roaming(status="roaming", country="FR"),
    ip=IPMatch(address="203.0.113.9", match="mismatch", country="NL"),
    caller=Caller(name="Ada", type="consumer"),
    real_time=RealTime(active=True, handset="on"),
    sim_swap=Swap(swapped=True, at=AT, period_hours=240),
    device_swap=Swap(swapped=False, period_hours=48),
    voip="nonfixed",
    risk=Risk(score=61, blocked=True, blocked_at=AT, kind="sms_pumping"),
    reassigned="no",
    call_forwarding=False,
    match={"given_name": "exact", "family_name": "none"},
    location=Location(verified="partial"),
    missing={"roaming": "no_coverage"},
    outcome=0,
    price=Decimal("0.05025000"),
    refund=Decimal("0.01025000"),
    balance=Decimal("1.97"),
    raw={"status": 0},
)


@pytest.mark.parametrize("insight", [FULL, Insight()])
def test_an_insight_survives_its_json(insight):
    document = json.loads(json.dumps(insight.as_json()))
    assert Insight.from_json(document) == insight


def test_the_json_form_always_has_the_same_keys_and_never_the_raw_answer():
    assert FULL.as_json().keys() == Insight().as_json().keys()
    assert "raw" not in FULL.as_json()


def test_amounts_are_decimal_strings_that_keep_their_digits():
    document = FULL.as_json()
    assert (document["price"], document["balance"]) == ("0.05025000", "1.97")
    assert Insight().as_json()["price"] is None


def test_a_key_of_another_version_is_dropped():
    assert Insight.from_json({"country": "GB", "horoscope": "leo"}) == Insight(country="GB")


@pytest.mark.parametrize("part", ["sim_swap", "roaming", "current_carrier", "risk", "location"])
def test_a_key_of_another_version_is_dropped_in_each_part(part):
    document = FULL.as_json()
    document[part]["horoscope"] = "leo"
    assert Insight.from_json(document) == FULL


def test_what_was_stored_before_there_were_more_facts_reads_as_before():
    new = ("sim_swap", "device_swap", "voip", "risk", "reassigned", "call_forwarding", "match")
    document = Insight(country="GB", reachable="absent").as_json()
    for key in (*new, "location", "missing"):
        del document[key]
    read = Insight.from_json(document)
    assert read == Insight(country="GB", reachable="absent")
    assert [getattr(read, key) for key in (*new, "location")] == [None] * 8
    assert read.missing == {}


def test_a_time_is_text_in_utc():
    at = AT.astimezone(timezone(timedelta(hours=2)))
    document = Insight(sim_swap=Swap(at=at), risk=Risk(blocked_at=at)).as_json()
    assert document["sim_swap"]["at"] == "2026-11-20T09:30:27.504000+00:00"
    assert document["risk"]["blocked_at"] == document["sim_swap"]["at"]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-20T09:30:27.504000Z", AT),
        ("2026-11-20T09:30:27.504000", AT),
        ("2026-11-20T10:30:27.504000+01:00", AT),
        (AT, AT),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_time_is_read_in_each_spelling_and_is_none_where_there_is_none(text, time):
    assert utc_time(text) == time


def test_what_may_not_be_kept_is_gone_without_live():
    kept = FULL.without_live()
    assert kept.reachable == "unknown"
    assert (kept.roaming, kept.real_time, kept.raw) == (Roaming(), None, None)
    assert (kept.call_forwarding, kept.location) == (None, None)
    assert kept.current_carrier == FULL.current_carrier
    assert (kept.sim_swap, kept.risk) == (FULL.sim_swap, FULL.risk)
    assert kept.missing == FULL.missing


def test_the_mark_of_a_refused_number_is_no_part_of_the_json():
    assert "number_refused" not in Insight(number_refused=True).as_json()
    assert not Insight.from_json({"number_refused": True}).number_refused


SOME: list[dict[str, Any]] = [
    {"sim_swap": Swap(swapped=False)},
    {"sim_swap": Swap(at=AT)},
    {"device_swap": Swap(swapped=True)},
    {"voip": "fixed"},
    {"risk": Risk(score=0)},
    {"risk": Risk(blocked=False)},
    {"reassigned": "no"},
    {"call_forwarding": False},
    {"match": {"given_name": "exact"}},
    {"location": Location(verified="no")},
]


@pytest.mark.parametrize("fact", SOME, ids=lambda fact: next(iter(fact)))
@pytest.mark.parametrize("outcome", [None, 2])
def test_a_fact_that_only_some_vendors_tell_is_an_answer(fact, outcome):
    assert not Insight(country="GB", outcome=outcome, **fact).is_empty


@pytest.mark.parametrize(
    "nothing",
    [
        {"sim_swap": Swap(period_hours=240)},
        {"voip": "unknown"},
        {"risk": Risk(kind="sms_pumping")},
        {"reassigned": "unknown"},
        {"match": {}},
        {"location": Location()},
        {"missing": {"sim_swap": "no_coverage"}},
        {"number_refused": True},
    ],
    ids=lambda nothing: next(iter(nothing)),
)
def test_a_part_in_which_all_is_unknown_is_no_answer(nothing):
    assert Insight(country="GB", **nothing).is_empty


def test_the_cost_is_the_price_less_the_refund_and_never_negative():
    assert FULL.cost == Decimal("0.04000000")
    assert replace(FULL, refund=None).cost == FULL.price
    assert replace(FULL, price=None).cost == 0


def test_an_insight_is_empty_if_it_tells_nothing_that_the_number_does_not_tell():
    assert Insight(outcome=2).is_empty
    assert not replace(FULL, outcome=2).is_empty
    assert Insight(outcome=1).is_empty


def test_an_insight_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        FULL.country = "FR"


def test_the_raw_answer_stays_out_of_the_repr():
    assert "raw" not in repr(FULL)


def test_the_number_stays_out_of_the_repr_though_a_vendor_repeats_it():
    for spelling in (FULL.number, FULL.number.lstrip("+"), f"Line {FULL.number}"):
        shown = repr(replace(FULL, original_carrier=Carrier(name=spelling), request_id=spelling))
        assert FULL.number.lstrip("+") not in shown
    assert "current_carrier=Carrier(network_code=" in shown
