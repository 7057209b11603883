"""What a rule says that it depends on is all that it reads."""

from __future__ import annotations

from typing import Any

import pytest

from number_insight import likeness
from number_insight.insight import Caller, Carrier, Insight, IPMatch, Roaming
from number_insight.rules import Rule
from number_insight.rules.base import Listing, Signup
from number_insight.rules.line import Pager

RULES = standard_rules()
FOREIGN: dict[str, Any] = {
    "line_type": "virtual",
    "country": "SE",
    "current_carrier": Carrier(name="Example", country="NG"),
    "roaming": Roaming(status="roaming", country="US"),
    "ip": IPMatch(address="8.8.8.8", match="mismatch", country="NG"),
    "valid_number": "not_valid",
    "reachable": "absent",
    "caller": Caller(name="Ada Lovelace", type="consumer"),
    "status": 3,
}
BUSY: dict[str, Any] = {
    "ip": "8.8.8.8",
    "ip_country": "NG",
    "country": "NG",
    "name": "Grace Hopper",
    "number_seen": 9,
    "number_decision": "released",
    "ip_seen_day": 99,
    "block_seen_hour": 99,
    "carrier_seen_hour": 99,
    "country_seen_hour": 99,
    "listed": (Listing(action="allow", match="ip", value="8.8.8.8"),),
}
INSIGHTS = [
    Insight(),
    Insight(**FOREIGN),
    Insight(**{**FOREIGN, "line_type": "landline", "caller": Caller(type="business")}),
    Insight(**{**FOREIGN, "ip": IPMatch(), "current_carrier": None}),
]
SIGNUPS = [a_signup(), a_signup(**BUSY), a_signup(**{**BUSY, "listed": (), "number": "+46"})]


class Listener:
    """Stands for `told`, and notes in `heard` what is read of it; of an IP, what of that."""

    def __init__(self, told: Any, name: str, heard: set[str]) -> None:
        self._told, self._name, self._heard = told, name, heard

    def __getattr__(self, name: str) -> Any:
        path, value = f"{self._name}.{name}", getattr(self._told, name)
        if path == "insight.ip":
            return Listener(value, path, self._heard)
        self._heard.add(path)
        return value


def read_by(rule: Rule, told: Insight, about: Signup) -> set[str]:
    heard: set[str] = set()
    given: Any = Listener(told, "insight", heard), Listener(about, "signup", heard)
    list(rule.examine(*given))
    return heard


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_reads_nothing_but_what_it_says(rule):
    heard = set().union(*(read_by(rule, told, about) for told in INSIGHTS for about in SIGNUPS))
    assert heard
    assert heard <= set(likeness.depends_on(rule) or ())


class Quieter(Pager):
    """Another pager rule, with other words alone."""

    code = "quieter"


class Smarter(Pager):
    """A pager rule with a method of its own."""

    def examine(self, insight: Insight, signup: Signup) -> Any:
        return super().examine(insight, signup) if signup.at.year else ()


def test_it_is_inherited_until_a_method_is_overridden():
    assert likeness.depends_on(Quieter()) == {"insight.line_type"}
    assert likeness.depends_on(Smarter()) is None
    assert likeness.depends_on(Rule()) is None


def test_only_what_signups_share_makes_them_alike():
    by_code = {rule.code: likeness.manner(rule) for rule in RULES}
    assert by_code["virtual"].alike
    assert by_code["impossible"].by_signup
    assert not by_code["impossible"].alike
    assert likeness.manner(Smarter()) == likeness.Manner()
