"""Unknown is never a risk, and the order of rules changes nothing, for any insight."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from number_insight.insight import (
    IP_MATCH,
    LINE_TYPES,
    REACHABLE,
    ROAMING,
    VALID_NUMBER,
    Carrier,
    Insight,
    IPMatch,
    Roaming,
)
from number_insight.rules.base import SIGNALS
from tests.support.rules import judged, standard_rules

countries = st.sampled_from([None, "GB", "JE", "US", "FR", "DE", "EU"])
carriers = st.none() | st.builds(Carrier, name=st.none() | st.just("EE"), country=countries)
insights = st.builds(
    Insight,
    status=st.sampled_from([None, 0, 3, 5, 44, 999]),
    country=countries,
    line_type=st.sampled_from(sorted(LINE_TYPES)),
    current_carrier=carriers,
    valid_number=st.sampled_from(sorted(VALID_NUMBER)),
    reachable=st.sampled_from(sorted(REACHABLE)),
    roaming=st.builds(Roaming, status=st.sampled_from(sorted(ROAMING)), country=countries),
    ip=st.builds(IPMatch, match=st.sampled_from(sorted(IP_MATCH)), country=countries),
)
signups = st.fixed_dictionaries({"ip_country": countries, "country": countries})
BLANK = Insight()
NAMES = [field.name for field in fields(Insight) if field.name not in ("roaming", "country", "ip")]


@given(insights, signups, st.sampled_from(NAMES))
def test_a_fact_that_becomes_unknown_never_raises_the_score(insight, signup, name):
    less = replace(insight, **{name: getattr(BLANK, name)})
    assert judged(less, **signup).score <= judged(insight, **signup).score


@given(insights, signups)
def test_roaming_that_becomes_unknown_costs_at_most_the_excuse_it_was(insight, signup):
    # Roaming is a risk and an excuse: without it, a mismatch that it cancelled stands again.
    less = judged(replace(insight, roaming=Roaming()), **signup)
    excused = less.codes - judged(insight, **signup).codes
    assert excused <= {"ip_mismatch"}


@given(insights, signups)
def test_a_country_that_becomes_unknown_leaves_no_new_code(insight, signup):
    for name in ("country", "ip"):
        less = judged(replace(insight, **{name: getattr(BLANK, name)}), ip_country=None)
        assert less.codes <= judged(insight, **signup).codes | {"ip_mismatch"}


@given(insights, signups, st.sampled_from(sorted(SIGNALS)))
def test_a_signal_that_nobody_can_give_never_raises_the_score(insight, signup, signal):
    fewer = judged(insight, signals=SIGNALS - {signal}, **signup)
    assert fewer.score <= judged(insight, **signup).score
    assert fewer.raised == ()


@given(insights, signups, st.permutations(range(len(standard_rules()))))
def test_the_order_of_rules_changes_neither_verdict_nor_score(insight, signup, order):
    rules = standard_rules()
    one = judged(insight, rules=rules, **signup)
    other = judged(insight, rules=[rules[index] for index in order], **signup)
    assert (one.verdict, one.score, one.codes) == (other.verdict, other.score, other.codes)
