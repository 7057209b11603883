"""Scoring: the groups of flags, their score, and the verdict at its thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

ALLOW, REVIEW, DENY = "allow", "review", "deny"
SEVERITY = {ALLOW: 0, REVIEW: 1, DENY: 2}
EVERYTHING = "*"
"""All codes: a flag that cancels them settles the verdict by itself."""


class Weighed(Protocol):
    """A flag, either fresh from a rule or stored."""

    @property
    def weight(self) -> int: ...
    @property
    def counted(self) -> bool: ...
    @property
    def shadow(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One finding of a rule.

    `message` is a message id with ``%(name)s`` placeholders for `params`. It is translated when it
    is shown, so a stored flag outlives its rule and reads in any language. `live` marks a finding
    from live data (roaming, reachability), which is not stored unless ``STORE_LIVE`` says so.
    `bare_message` tells it without `params`, for as long as a person has to decide on it.
    `shadow` marks a flag that is shown and changes nothing. `cancels` names the codes of risks
    that do not count beside this flag; `EVERYTHING` stands for all of them.
    """

    code: str
    weight: int
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    live: bool = False
    bare_message: str = ""
    counted: bool = True
    shadow: bool = False
    cancels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The outcome of the rules for one signup.

    `not_evaluable` names the rules that lacked a signal, which is neither pass nor fail. `raised`
    names the rules that raised an exception, `raised_in_shadow` the same for rules in shadow, whose
    exceptions have no consequence.
    """

    verdict: str
    score: int
    flags: tuple[Flag, ...] = ()
    not_evaluable: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    raised_in_shadow: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    """The class and the place of each exception, by the rule's code."""

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all flags, counted or not."""
        return frozenset(flag.code for flag in self.flags)


def weigh(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return the flags with `counted` set: only the heaviest flag of a group counts.

    A flag without a group stands alone. A flag whose weight is not positive always counts, since it
    repeats no risk. A flag in shadow never counts, nor does it displace or cancel another.
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
        [
            _counted(flag, _stands(flag, cancelled) and _is_heaviest(flag, heaviest))
            for flag in flags
        ]
    )


def _counted(flag: Flag, counted: bool) -> Flag:
    """Return `flag` with `counted` set, without a copy where it is already."""
    return flag if flag.counted is counted else replace(flag, counted=counted)


def cancelled_codes(flags: Iterable[Flag]) -> frozenset[str]:
    """Return the codes that `flags` cancel, except for flags in shadow."""
    return frozenset(code for flag in flags if not flag.shadow for code in flag.cancels)


def _stands(flag: Flag, cancelled: frozenset[str]) -> bool:
    if flag.shadow:
        return False
    return flag.weight <= 0 or cancelled.isdisjoint((flag.code, EVERYTHING))


def _is_heaviest(flag: Flag, heaviest: Mapping[str, Flag]) -> bool:
    return not flag.group or flag.weight <= 0 or heaviest[flag.group] is flag


def total(flags: Iterable[Flag]) -> int:
    """Return the score: the sum of the weights that count, and at least 0."""
    return max(0, sum(flag.weight for flag in flags if flag.counted))


def verdict_for(score: int, thresholds: Mapping[str, int]) -> str:
    """Return the verdict for `score`; a verdict without a threshold is never reached."""
    for verdict in (DENY, REVIEW):
        if verdict in thresholds and score >= thresholds[verdict]:
            return verdict
    return ALLOW


def severer(one: str, other: str) -> str:
    """Return the severer of two verdicts."""
    return max(one, other, key=SEVERITY.__getitem__)
