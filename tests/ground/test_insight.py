"""`Insight`: one shape for every provider, there and back through JSON."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal

import pytest

from number_insight.insight import (
    Caller,
    Carrier,
    Insight,
    IPMatch,
    RealTime,
    Roaming,
)

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


def test_what_may_not_be_kept_is_gone_without_live():
    kept = FULL.without_live()
    assert kept.reachable == "unknown"
    assert (kept.roaming, kept.real_time, kept.raw) == (Roaming(), None, None)
    assert kept.current_carrier == FULL.current_carrier


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
