"""The base class of a rule, the values that it reads, and the judgement by a set of rules."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from number_insight.exceptions import BadFlag, place
from number_insight.insight import TOLD_BY_SOME, Insight
from number_insight.rules.scoring import (
    ALLOW,
    EVERYTHING,
    REVIEW,
    Flag,
    Judgement,
    cancelled_codes,
    severer,
    total,
    verdict_for,
    weigh,
)
from number_insight.rules.soundness import is_weight, sound

logger = logging.getLogger("number_insight.rules")

SIGNALS = frozenset(
    {
        "country",
        "line_type",
        "carrier",
        "ported",
        "valid_number",
        "reachable",
        "roaming",
        "ip_match",
        "caller",
        "real_time",
        *TOLD_BY_SOME,
    }
)
"""The signals that a provider can give and a rule can need."""

LIVE_SIGNALS = frozenset({"reachable", "roaming", "real_time", "call_forwarding", "location"})
"""The signals of live data, which is not stored unless ``STORE_LIVE`` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """An entry of the project's lists that matches a signup.

    `action` is "allow" or "deny"; `match` is "number", "ip", "prefix", "carrier" or "country".
    `entry_id` is the key of its row.
    """

    action: str
    match: str
    value: str = field(repr=False)
    entry_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """The facts of a signup besides the insight, as plain data.

    `at` is aware, in the project's time zone. `country` (alpha-2) and `name` are the person's own
    declarations. `ip` is None unless it is a public one, and `ip_country` is its country (alpha-2)
    by the project's ``IP_COUNTRY``.

    The other facts come from the database, as of the time of the signup. `number_seen` and
    `ip_seen` count the other subjects with the same number or IP. `number_decision` is the last
    decision of a person about the number ("released", "refused" or ""). The remaining counts are of
    other numbers that signed up earlier: in the last day from the same IP, in the last hour in the
    same block of 100 numbers, and with the same carrier or country in the last hour and in the 24
    hours before it. `listed` holds the matching entries of the lists.
    """

    at: datetime
    number: str = field(repr=False)
    ip: str | None = field(default=None, repr=False)
    ip_country: str | None = None
    country: str | None = None
    name: str | None = field(default=None, repr=False)
    number_seen: int = 0
    ip_seen: int = 0
    number_decision: str = ""
    ip_seen_day: int = 0
    block_seen_hour: int = 0
    carrier_seen_hour: int = 0
    carrier_seen_day: int = 0
    country_seen_hour: int = 0
    country_seen_day: int = 0
    listed: tuple[Listing, ...] = ()


COSTLY = frozenset(
    {
        "number_seen",
        "ip_seen",
        "number_decision",
        "ip_seen_day",
        "block_seen_hour",
        "carrier_seen_hour",
        "carrier_seen_day",
        "country_seen_hour",
        "country_seen_day",
        "listed",
    }
)
"""The facts of a signup that are queried only if a rule declares them in `Rule.reads`."""


class Rule:
    """Base class of a rule: a question with a `code`, a `weight` and a `group`.

    A subclass overrides `examine`. Rules are pure: they read no database, no settings and no
    network. Every option is a keyword argument with a default.

    `needs` names the signals without which the rule is not evaluable. None means that it may
    read anything, so ``LEVEL="auto"`` buys what it may read; an empty tuple means that it reads
    free facts only. `reads` names what it reads of `COSTLY`; None means anything. `live` marks a
    rule whose flag tells of the state of the phone; `bare_message` is the text of such a flag
    without its places, which are not stored. `excuses` names the codes of risks that do not count
    beside its flags. In `shadow` a rule is asked and its flags are kept, and nothing comes of it.
    `title` is the short text of its badge; `otherwise` ends the sentence "Would have passed if …",
    with the places of the flag's message.
    """

    code: ClassVar[str]
    title: ClassVar[str] = ""
    otherwise: ClassVar[str] = ""
    weight: int = 0
    group: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...] | None] = None
    reads: ClassVar[tuple[str, ...] | None] = None
    live: ClassVar[bool] = False
    bare_message: ClassVar[str] = ""
    excuses: ClassVar[frozenset[str]] = frozenset()
    shadow: bool = False

    def __init__(self, *, weight: int | None = None) -> None:
        if weight is not None:
            if not is_weight(weight):
                raise TypeError(
                    f"the weight of rule {self.code!r} is a whole number, not {weight!r}"
                )
            self.weight = weight

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code} {self.weight:+}>"

    @property
    def label(self) -> str:
        """The title of the rule, or its code if it has none."""
        return self.title or self.code

    def examine(self, insight: Insight, signup: Signup) -> Iterable[Flag]:
        """Yield a flag for each finding, and nothing if there is none."""
        raise NotImplementedError

    def flag(
        self, message: str, *, code: str | None = None, weight: int | None = None, **params: Any
    ) -> Flag:
        """Return a flag of this rule; `message` may hold ``%(name)s`` placeholders for `params`.

        Set the other fields of a `Flag` with `dataclasses.replace`.
        """
        return Flag(
            code=code or self.code,
            weight=self.weight if weight is None else weight,
            group=self.group,
            message=message,
            params=params,
            live=self.live,
            bare_message=self.bare_message,
            cancels=self.excuses,
        )

    def is_evaluable(self, signals: frozenset[str]) -> bool:
        """Return whether the available `signals` include all that this rule needs."""
        return self.needs is None or signals.issuperset(self.needs)


@dataclass(slots=True, kw_only=True)
class Findings:
    """The flags of the rules so far, and the rules that could not be asked or raised."""

    flags: list[Flag] = field(default_factory=list)
    not_evaluable: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    raised_in_shadow: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def ask(self, rule: Rule, insight: Insight, signup: Signup, *, shadow: bool) -> None:
        """Record the flags of `rule`, or that it raised."""
        try:
            found = _examined(rule, insight, signup)
        except (Exception, SystemExit) as error:
            # A project's rule: its bug must cost no verdict, and its `sys.exit()` no worker.
            # The text of the error may hold the number, so only its type and place are logged.
            self.errors[rule.code] = str(error) if isinstance(error, BadFlag) else place(error)
            logger.error(
                "Rule %s raised %s and was skipped; repair it.", rule.code, self.errors[rule.code]
            )
            (self.raised_in_shadow if shadow else self.raised).append(rule.code)
            return
        self.add(found, shadow=shadow)

    def add(self, flags: Iterable[Flag], *, shadow: bool) -> None:
        """Record `flags` of a rule, which is in `shadow` or not."""
        self.flags += map(_in_shadow, flags) if shadow else flags

    def judgement(self, thresholds: Mapping[str, int]) -> Judgement:
        """Return the judgement on the findings: flags, score and verdict."""
        flags = weigh(self.flags)
        return Judgement(
            verdict=_verdict(flags, thresholds, raised=bool(self.raised)),
            score=total(flags),
            flags=flags,
            not_evaluable=tuple(self.not_evaluable),
            raised=tuple(self.raised),
            raised_in_shadow=tuple(self.raised_in_shadow),
            errors=self.errors,
        )


def _in_shadow(flag: Flag) -> Flag:
    return flag if flag.shadow else replace(flag, shadow=True)


def judge(
    rules: Iterable[Rule],
    insight: Insight,
    signup: Signup,
    *,
    signals: frozenset[str],
    thresholds: Mapping[str, int],
    shadowed: Collection[str] = (),
) -> Judgement:
    """Return the judgement of `rules` on a signup.

    `signals` are those that the provider could give; a rule that needs another is not evaluable.
    Rules whose codes are in `shadowed` are in shadow, even if their own `shadow` is False.
    """
    found = Findings()
    for rule in rules:
        if rule.is_evaluable(signals):
            in_shadow = rule.shadow or rule.code in shadowed
            found.ask(rule, insight, signup, shadow=in_shadow)
        else:
            found.not_evaluable.append(rule.code)
    return found.judgement(thresholds)


def _verdict(flags: Iterable[Flag], thresholds: Mapping[str, int], *, raised: bool) -> str:
    """Return the verdict, at least review if a rule `raised`, unless a flag settles it."""
    if EVERYTHING in cancelled_codes(flags):
        return ALLOW
    verdict = verdict_for(total(flags), thresholds)
    return severer(verdict, REVIEW) if raised else verdict


def _examined(rule: Rule, insight: Insight, signup: Signup) -> list[Flag]:
    return [sound(flag) for flag in rule.examine(insight, signup) or ()]
