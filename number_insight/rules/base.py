"""What a rule is: a pure question put to an insight and a signup; it yields flags."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from number_insight.insight import Insight
from number_insight.verdict import REVIEW, Flag, Judgement, severer, total, verdict_for, weigh

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
    }
)
"""What a provider can tell, and a rule can need."""

LIVE_SIGNALS = frozenset({"reachable", "roaming", "real_time"})
"""Facts of the moment, which may not be kept everywhere."""


def gettext_noop(message: str) -> str:
    """Mark `message` for translation and return it as it is (the ground knows no Django)."""
    return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """What is known of a signup besides the insight: plain data, no rows.

    `at` is aware, in the project's time zone. `country` (declared, alpha-2) and `name` are what
    the person said of themselves. `ip_country` is where the IP is, as far as the project can
    tell by itself. `number_seen` and `ip_seen` count the other subjects with the same number or
    IP.
    """

    at: datetime
    number: str
    ip: str | None = None
    ip_country: str | None = None
    country: str | None = None
    name: str | None = None
    number_seen: int = 0
    ip_seen: int = 0


class Rule:
    """A question with a `code`, a `weight` and a `group`, answered in `examine`.

    Rules are pure: no rows, no settings, no network. Every option is a keyword with a default.

    `needs` names the signals without which the rule is not evaluable. None means that it may
    read anything, so ``LEVEL="auto"`` buys what it may read; an empty tuple means that it reads
    free facts only. `live` marks a rule whose flag tells of roaming or reachability. `title` is
    the short text of its badge.
    """

    code: ClassVar[str]
    title: ClassVar[str] = ""
    weight: int = 0
    group: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...] | None] = None
    live: ClassVar[bool] = False

    def __init__(self, *, weight: int | None = None) -> None:
        if weight is not None:
            if isinstance(weight, bool) or not isinstance(weight, int):
                raise TypeError(
                    f"the weight of rule {self.code!r} is a whole number, not {weight!r}"
                )
            self.weight = weight

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code} {self.weight:+}>"

    @property
    def label(self) -> str:
        """What people call the rule: its title, or its code if it has none."""
        return self.title or self.code

    def examine(self, insight: Insight, signup: Signup) -> Iterable[Flag]:
        """Yield a flag for each finding; yield nothing if there is none."""
        raise NotImplementedError

    def flag(
        self, message: str, *, code: str | None = None, weight: int | None = None, **params: Any
    ) -> Flag:
        """Return a flag of this rule; `message` may hold ``%(name)s`` places for `params`."""
        return Flag(
            code=code or self.code,
            weight=self.weight if weight is None else weight,
            group=self.group,
            message=message,
            params=params,
            live=self.live,
        )

    def is_evaluable(self, signals: frozenset[str]) -> bool:
        """Whether `signals` (what could be told) holds all that this rule needs."""
        return self.needs is None or signals.issuperset(self.needs)


def judge(
    rules: Iterable[Rule],
    insight: Insight,
    signup: Signup,
    *,
    signals: frozenset[str],
    thresholds: Mapping[str, int],
) -> Judgement:
    """Return what `rules` make of a signup, given that `signals` could be told at all."""
    flags: list[Flag] = []
    not_evaluable: list[str] = []
    raised: list[str] = []
    for rule in rules:
        if not rule.is_evaluable(signals):
            not_evaluable.append(rule.code)
            continue
        try:
            flags.extend(list(_examine(rule, insight, signup)))
        except Exception as error:  # a stranger's rule: its fault must not cost a verdict
            # Its text may hold the number, so only its kind and place are told.
            logger.error("Rule %s raised %s and was skipped; repair it.", rule.code, place(error))
            raised.append(rule.code)
    weighed = weigh(flags)
    score = total(weighed)
    verdict = verdict_for(score, thresholds)
    return Judgement(
        verdict=severer(verdict, REVIEW) if raised else verdict,
        score=score,
        flags=weighed,
        not_evaluable=tuple(not_evaluable),
        raised=tuple(raised),
    )


def place(error: Exception) -> str:
    """Return what was raised and where, without its text."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return type(error).__name__
    return f"{type(error).__name__} in {last.tb_frame.f_code.co_filename}:{last.tb_lineno}"


def _examine(rule: Rule, insight: Insight, signup: Signup) -> Iterator[Flag]:
    for flag in rule.examine(insight, signup) or ():
        if not isinstance(flag, Flag):
            raise TypeError(f"rule {rule.code!r} yielded {type(flag).__name__}, not a flag")
        yield flag
