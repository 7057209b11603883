"""From flags to a verdict: groups, score, thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ALLOW, REVIEW, DENY = "allow", "review", "deny"
SEVERITY = {ALLOW: 0, REVIEW: 1, DENY: 2}
EVERYTHING = "*"
"""What a flag cancels that settles the verdict by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One finding of a rule.

    `message` is a message id with ``%(name)s`` places for `params`; it is translated when it is
    shown, so a stored flag outlives its rule and reads in any language. `live` marks a finding
    that tells of roaming or reachability, which may not be kept everywhere. `shadow` marks one
    that is shown and changes nothing. `cancels` names the codes of risks that do not count
    beside this flag; `EVERYTHING` stands for all of them.
    """

    code: str
    weight: int
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    live: bool = False
    counted: bool = True
    shadow: bool = False
    cancels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules make of one signup.

    `not_evaluable` names the rules whose signal nobody could give, which is neither pass nor
    fail; `raised` names those that failed themselves, `raised_in_shadow` those that did so
    without any consequence.
    """

    verdict: str
    score: int
    flags: tuple[Flag, ...] = ()
    not_evaluable: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    raised_in_shadow: tuple[str, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all flags, counted or not."""
        return frozenset(flag.code for flag in self.flags)


def weigh(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return the flags with `counted` set: within a group only the heaviest counts.

    A flag without a group stands alone. What weighs nothing or less is never crowded out: it
    says nothing twice. What is in shadow counts for nothing, and neither crowds out nor cancels.
    """
    flags = tuple(flags)
    if not flags:
        return ()
    cancelled = cancelled_codes(flags)
    heaviest: dict[str, Flag] = {}
    for flag in flags:
        if flag.group and flag.weight > 0 and _stands(flag, cancelled):
            best = heaviest.get(flag.group)
            if best is None or flag.weight > best.weight:
                heaviest[flag.group] = flag
    return tuple(
        [_counted(flag, _stands(flag, cancelled) and _leads(flag, heaviest)) for flag in flags]
    )


def _counted(flag: Flag, counted: bool) -> Flag:
    """Return `flag` with `counted` set; mostly it is so already, and a copy costs time."""
    return flag if flag.counted is counted else replace(flag, counted=counted)


def cancelled_codes(flags: Iterable[Flag]) -> frozenset[str]:
    """Return the codes that the flags cancel between them."""
    return frozenset(code for flag in flags if not flag.shadow for code in flag.cancels)


def _stands(flag: Flag, cancelled: frozenset[str]) -> bool:
    if flag.shadow:
        return False
    return flag.weight <= 0 or cancelled.isdisjoint((flag.code, EVERYTHING))


def _leads(flag: Flag, heaviest: Mapping[str, Flag]) -> bool:
    return not flag.group or flag.weight <= 0 or heaviest[flag.group] is flag


def total(flags: Iterable[Flag]) -> int:
    """Return the score: the sum of what counts, never below zero."""
    return max(0, sum(flag.weight for flag in flags if flag.counted))


def verdict_for(score: int, thresholds: Mapping[str, int]) -> str:
    """Return the verdict that `score` reaches; a threshold that is left out is never reached."""
    for verdict in (DENY, REVIEW):
        if verdict in thresholds and score >= thresholds[verdict]:
            return verdict
    return ALLOW


def severer(one: str, other: str) -> str:
    """Return the severer of two verdicts."""
    return max(one, other, key=SEVERITY.__getitem__)
