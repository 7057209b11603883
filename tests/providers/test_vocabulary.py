"""An answer of a project's own provider becomes an insight of known words and types."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_insight.insight import TOLD_BY_SOME, Insight, Location, Risk, Swap
from number_insight.providers.vocabulary import sound

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
        (
            {"match": {"name": " EXACT\0", "x": None, 3: "a"}},
            {"match": {"name": "exact"}},
        ),
        ({"match": "exact"}, {"match": None}),
        (
            {"missing": {"roaming": "NO_COVERAGE", "voip": "because", "risk": None}},
            {"missing": {"roaming": "no_coverage"}},
        ),
        ({"missing": None}, {"missing": {}}),
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
