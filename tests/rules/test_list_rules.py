"""The most specific entry of the lists decides, and has the effect of its kind."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest

from number_insight.insight import Carrier, Insight, IPMatch
from number_insight.rules import Listing
from number_insight.rules.lists import CANCELS, KINDS, decisive
from tests.support.rules import BRITISH, Broken, judged, standard_rules

VALUES = {"number": BRITISH, "ip": "8.8.8.8", "prefix": "+447911", "carrier": "O2", "country": "GB"}
DENIED = {"number": 100, "ip": 40, "prefix": 80, "carrier": 40, "country": 40}
VERDICTS = {100: "deny", 80: "deny", 40: "review"}
RISKY = Insight(
    line_type="virtual",
    country="GB",
    ip=IPMatch(match="mismatch", country="FR"),
    current_carrier=Carrier(name="O2", country="FR"),
)


def entry(action, match, value=None):
    return Listing(action=action, match=match, value=value or VALUES[match])


@pytest.mark.parametrize("match", KINDS)
def test_a_denied_kind_weighs_as_the_table_says(match):
    judgement = judged(Insight(), listed=(entry("deny", match),))
    assert judgement.codes == {f"deny_{match}"}
    assert (judgement.score, judgement.verdict) == (DENIED[match], VERDICTS[DENIED[match]])


@pytest.mark.parametrize(("narrow", "wide"), list(combinations(KINDS, 2)))
@pytest.mark.parametrize("actions", [("allow", "deny"), ("deny", "allow")])
def test_the_more_specific_kind_decides(narrow, wide, actions):
    entries = (entry(actions[0], narrow), entry(actions[1], wide))
    for listed in permutations(entries):
        assert decisive(listed) == entries[0]


@pytest.mark.parametrize(
    ("match", "narrow", "wide"),
    [
        ("prefix", "+447911", "+447"),
        ("ip", "8.8.8.8", "8.8.8.0/24"),
        ("ip", "8.8.8.0/24", "8.8.0.0/16"),
        ("ip", "2001:4860::/64", "2001:4860::/32"),
    ],
)
def test_within_a_kind_the_narrower_entry_decides(match, narrow, wide):
    entries = (entry("allow", match, narrow), entry("deny", match, wide))
    for listed in permutations(entries):
        assert decisive(listed) == entries[0]


@pytest.mark.parametrize("match", KINDS)
def test_on_a_tie_deny_decides(match):
    for listed in permutations((entry("allow", match), entry("deny", match))):
        assert decisive(listed).action == "deny"


def test_without_an_entry_nothing_decides():
    assert decisive(()) is None
    assert judged(Insight(), listed=()).flags == ()


def test_an_entry_of_a_kind_that_we_do_not_know_decides_nothing():
    assert decisive((Listing(action="deny", match="planet", value="Mars"),)) is None


def test_an_allowed_number_is_allowed_whatever_speaks_against_it():
    listed = (entry("allow", "number"), entry("deny", "prefix"), entry("deny", "ip"))
    known = {"number_seen": 9, "number_decision": "refused", "block_seen_hour": 9}
    judgement = judged(RISKY, listed=listed, **known)
    assert (judgement.verdict, judgement.score) == ("allow", 0)
    assert {"virtual", "number_reused", "block_burst"} <= judgement.codes
    assert not any(flag.counted for flag in judgement.flags if flag.weight > 0)


def test_an_allowed_number_is_not_held_for_a_rule_that_raised():
    rules = [*standard_rules(), Broken()]
    assert judged(Insight(), rules=rules).verdict == "review"
    judgement = judged(Insight(), rules=rules, listed=(entry("allow", "number"),))
    assert (judgement.verdict, judgement.raised) == ("allow", ("broken",))


@pytest.mark.parametrize(
    ("match", "left"),
    [
        ("ip", {"virtual", "carrier_country"}),
        ("prefix", {"virtual", "ip_mismatch"}),
        ("carrier", {"ip_mismatch"}),
        ("country", {"virtual", "ip_mismatch"}),
    ],
)
def test_a_wider_entry_cancels_the_flags_of_its_kind_alone(match, left):
    judgement = judged(RISKY, listed=(entry("allow", match),))
    counted = {flag.code for flag in judgement.flags if flag.counted and flag.weight}
    assert counted == left
    assert judgement.codes == {"virtual", "ip_mismatch", "carrier_country", "allow_wider"}


@pytest.mark.parametrize("match", CANCELS)
def test_a_wider_entry_never_cancels_history(match):
    known = {"number_seen": 5, "ip": "8.8.8.8", "ip_seen_day": 30, "block_seen_hour": 9}
    judgement = judged(Insight(), listed=(entry("allow", match),), **known)
    assert (judgement.score, judgement.verdict) == (100, "deny")


def test_an_allowed_kind_is_told_in_a_sentence():
    for match, words in {"ip": "IP", "prefix": "range", "carrier": "carrier"}.items():
        [flag] = judged(Insight(), listed=(entry("allow", match),)).flags
        assert words in flag.message
        assert flag.message.endswith("is on the allow list.")


def test_what_is_cancelled_exists():
    codes = {rule.code for rule in standard_rules()}
    assert codes.issuperset(code for kind in CANCELS.values() for code in kind)
