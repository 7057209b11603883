"""Likeness: which rules answer alike for signups that are alike, and what they are alike in.

Most rules ask of a signup what thousands of others have in common: the kind of line, the
country, a count that is nearly always nought. What such rules say is worked out once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any

from number_insight.insight import Insight, IPMatch
from number_insight.rules.base import Rule, Signup

OF_ONE_ALONE = frozenset(
    {
        "number",
        "national_format",
        "request_id",
        "price",
        "refund",
        "balance",
        "raw",
        "ip",
    }
)
"""Members of an `Insight` that are each signup's own; of the IP a part is shared."""

SHARED_OF_IP = frozenset({"ip.match", "ip.country"})

SHARED_OF_INSIGHT = frozenset(f.name for f in fields(Insight)) - OF_ONE_ALONE | SHARED_OF_IP
"""What insights may have in common, as rules name it."""

SHARED_OF_SIGNUP = frozenset(
    {
        "country",
        "ip_country",
        "number_seen",
        "ip_seen",
        "number_decision",
        "block_seen_hour",
        "listed",
    }
)
"""What signups may have in common; times, numbers, names and IPs are everybody's own."""

MOST_KEPT = 4096
"""As many different things are remembered at once, so that memory has a bound."""

_OWN_IN_JSON = re.compile(
    r'"(?:n(?:umber|ational_format)|re(?:quest_id|fund)|price|balance|address|city)": '
    r'(?:"[^"\\]*"|null)'
)
"""What is a signup's own in the JSON form of its insight, from which nothing else is missed.

A word in quotes with nothing escaped is never part of a longer one, where quotes are escaped. What
is not found is not taken for alike, so that this can only cost time.
"""

_INSIGHT, _SIGNUP = "insight.", "signup."


def depends_on(rule: Rule) -> frozenset[str] | None:
    """Return what `rule` says that it depends on; None if that may be anything.

    A class that overrides a method, or adds one, has to say it again.
    """
    if "depends_on" in vars(rule):
        return None if rule.depends_on is None else frozenset(rule.depends_on)
    for cls in type(rule).__mro__:
        if "depends_on" in vars(cls):
            told: tuple[str, ...] | None = vars(cls)["depends_on"]
            return None if told is None else frozenset(told)
        if any(_can_do_something(member) for member in vars(cls).values()):
            return None
    return None


def _can_do_something(member: Any) -> bool:
    """Whether a member of a class is a method, a property or the like."""
    return callable(member) or hasattr(member, "__get__")


def of_insight(named: Iterable[str]) -> frozenset[str]:
    """Return what of `named` is told by the insight, without "insight."."""
    return frozenset(n.removeprefix(_INSIGHT) for n in named if n.startswith(_INSIGHT))


def of_signup(named: Iterable[str]) -> frozenset[str]:
    """Return what of `named` is told by the signup, without "signup."."""
    return frozenset(n.removeprefix(_SIGNUP) for n in named if n.startswith(_SIGNUP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one rule can be asked.

    `alike` tells that signups that are alike get the same answer. Where only the insights have
    to be alike, `by_signup` is true: each signup is asked about, with whatever insight there is.
    """

    alike: bool = False
    by_signup: bool = False


def manner(rule: Rule) -> Manner:
    """Return how `rule` can be asked."""
    named = depends_on(rule)
    if named is None or not all(name.startswith((_INSIGHT, _SIGNUP)) for name in named):
        return Manner()
    shares = all(_is_shared(name) for name in of_insight(named))
    if shares and of_signup(named) <= SHARED_OF_SIGNUP:
        return Manner(alike=True)
    return Manner(by_signup=shares)


def _is_shared(name: str) -> bool:
    return name in SHARED_OF_INSIGHT or name.partition(".")[0] in SHARED_OF_INSIGHT


def what_is_alike(rules: Iterable[Rule]) -> Callable[[Signup], Any]:
    """Return what gives of a signup all that those of `rules` depend on that can be shared."""
    names = {"ip_country"}  # the match of the IP is made of it
    for rule in rules:
        if manner(rule).alike:
            names |= of_signup(depends_on(rule) or ())
    return attrgetter(*sorted(names))


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """An insight without what is each signup's own; the same object wherever it is the same."""

    insight: Insight


class Sharing:
    """Hands out one and the same `Shared` for all insights that tell the same."""

    def __init__(self) -> None:
        self._known: dict[Any, Shared] = {}

    def of_json(self, text: str, *, without_live: bool) -> Shared:
        """Return what the insight whose JSON form is `text` shares with others."""
        key = (_OWN_IN_JSON.sub("", text), without_live)
        known = self._known.get(key)
        if known is None:
            insight = insight_of(text, without_live=without_live)
            known = self._keep(key, Shared(_without_own(insight)))
        return known

    def of(self, insight: Insight) -> Shared:
        """Return what `insight` shares with others."""
        insight = _without_own(insight)
        return self._known.get(insight) or self._keep(insight, Shared(insight))

    def _keep(self, key: Any, shared: Shared) -> Shared:
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[key] = shared
        return shared


def insight_of(text: str, *, without_live: bool) -> Insight:
    """Return the insight whose JSON form is `text`."""
    insight = Insight.from_json(json.loads(text))
    return insight.without_live() if without_live else insight


def _without_own(insight: Insight) -> Insight:
    return replace(
        insight,
        number="",
        national_format=None,
        request_id="",
        price=None,
        refund=None,
        balance=None,
        raw=None,
        ip=IPMatch(match=insight.ip.match, country=insight.ip.country),
    )
