"""Explanations of a verdict, from its flags alone, since these outlive their rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol, TypeVar

from number_insight.rules.scoring import ALLOW, Weighed, verdict_for
from number_insight.wording import gettext_noop

WOULD_PASS_IF = gettext_noop("Would have passed if %(conditions)s.")
WOULD_PASS_WITHOUT = gettext_noop("Would have passed without %(findings)s.")
QUOTED = gettext_noop("“%(title)s”")
AND = gettext_noop("%(first)s and %(second)s")
MOST_TRIED = 12
"""The number of flags, the heaviest first, whose removal is tried: up to 4095 combinations."""


class FlagLike(Weighed, Protocol):
    """A flag with its code and its group."""

    @property
    def code(self) -> str: ...
    @property
    def group(self) -> str: ...


class Stored(FlagLike, Protocol):
    """A stored flag: `text` is its translated message, `evidence` fills other messages."""

    @property
    def text(self) -> str: ...
    @property
    def evidence(self) -> Any: ...


F = TypeVar("F", bound=FlagLike)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The share of one group in the score; a flag without a group is a group of its own.

    `left_out` are the flags that do not count: outweighed, cancelled or in shadow.
    """

    group: str
    points: int
    counted: tuple[Any, ...]
    left_out: tuple[Any, ...]


def shares(flags: Iterable[FlagLike]) -> tuple[Share, ...]:
    """Return the shares that add up to the score, the heaviest first.

    The score is 0 if they add up to less.
    """
    groups: dict[tuple[str, str], list[FlagLike]] = {}
    for flag in sorted(flags, key=_heaviest_first):
        groups.setdefault((flag.group, "" if flag.group else flag.code), []).append(flag)
    found = [_share(group, members) for (group, _code), members in groups.items()]
    return tuple(sorted(found, key=lambda share: -share.points))


def _share(group: str, members: Sequence[FlagLike]) -> Share:
    counted = tuple(flag for flag in members if flag.counted)
    return Share(
        group=group,
        points=sum(flag.weight for flag in counted),
        counted=counted,
        left_out=tuple(flag for flag in members if not flag.counted),
    )


def would_pass_without(flags: Iterable[F], thresholds: Mapping[str, int]) -> tuple[F, ...]:
    """Return the smallest set of flags without which the verdict would be allow.

    It is empty if the verdict is allow already, or if no set of the heaviest `MOST_TRIED` flags is
    enough. If a flag is removed, the next heaviest of its group counts instead, so that it may
    have to be removed as well.
    """
    standing = [flag for flag in flags if not flag.shadow]
    if _passes(standing, thresholds):
        return ()
    standing = sorted(_without_cancelled(standing), key=_heaviest_first)
    risks = [flag for flag in standing if flag.weight > 0][:MOST_TRIED]
    for size in range(1, len(risks) + 1):
        for removed in combinations(risks, size):
            remaining = [flag for flag in standing if not any(flag is other for other in removed)]
            if _passes(_recounted(remaining), thresholds):
                return removed
    return ()


def _passes(flags: Iterable[FlagLike], thresholds: Mapping[str, int]) -> bool:
    score = sum(flag.weight for flag in flags if flag.counted)
    return verdict_for(max(0, score), thresholds) == ALLOW


@dataclass(frozen=True, slots=True)
class _Counted:
    """A flag that counts."""

    weight: int
    code: str = ""
    group: str = ""
    counted: bool = True
    shadow: bool = False


def _recounted(flags: Iterable[FlagLike]) -> list[_Counted]:
    """Return the flags that count among `flags`: only the heaviest risk of each group."""
    weights = [flag.weight for flag in flags if flag.weight <= 0 or not flag.group]
    heaviest: dict[str, int] = {}
    for flag in flags:
        if flag.group and flag.weight > 0:
            heaviest[flag.group] = max(flag.weight, heaviest.get(flag.group, 0))
    return [_Counted(weight) for weight in (*weights, *heaviest.values())]


def _without_cancelled(flags: Sequence[F]) -> list[F]:
    """Return `flags` without the cancelled ones, which would not count alone either.

    Cancellation is not stored. A risk that did not count although none heavier of its group did
    was cancelled; every other is assumed to count, so that the explanation promises too little
    rather than too much.
    """
    leading: dict[str, int] = {}
    for flag in flags:
        if flag.counted and flag.weight > 0:
            leading[flag.group] = max(flag.weight, leading.get(flag.group, 0))
    return [
        flag
        for flag in flags
        if flag.counted or (flag.group and 0 < flag.weight <= leading.get(flag.group, 0))
    ]


def _heaviest_first(flag: FlagLike) -> tuple[int, str]:
    return -flag.weight, flag.code


def counterfactual(
    flags: Iterable[Stored],
    thresholds: Mapping[str, int],
    otherwise: Mapping[str, str],
    translate: Callable[[str], str],
    titles: Mapping[str, str] | None = None,
) -> str:
    """Return a sentence with the conditions under which the signup would have passed.

    `otherwise` maps the codes of rules to the messages of their `Rule.otherwise`, `titles` to the
    translated names of their flags: where one finding has no condition, all are named, and those
    without a name by their text. The sentence is empty if there are no such conditions.
    """
    removed = would_pass_without(flags, thresholds)
    if not removed:
        return ""
    conditions = [_condition(flag, otherwise, translate) for flag in removed]
    if all(conditions):  # two flags may have one condition: "the line were mobile"
        joined = _joined([*dict.fromkeys(filter(None, conditions))], translate)
        return translate(WOULD_PASS_IF) % {"conditions": joined}
    names = dict.fromkeys((titles or {}).get(flag.code) or _told(flag) for flag in removed)
    quoted = [translate(QUOTED) % {"title": name} for name in names]
    return translate(WOULD_PASS_WITHOUT) % {"findings": _joined(quoted, translate)}


def _told(flag: Stored) -> str:
    """Return the finding in place of a name, without its full stop."""
    return flag.text.strip().removesuffix(".")


def _condition(
    flag: Stored, otherwise: Mapping[str, str], translate: Callable[[str], str]
) -> str | None:
    """Return the translated condition, or None if the rule has none for this evidence."""
    message = otherwise.get(flag.code)
    if not message:
        return None
    try:
        return str(translate(message) % flag.evidence)
    except (KeyError, TypeError, ValueError):
        return None


def _joined(parts: Sequence[str], translate: Callable[[str], str]) -> str:
    *others, last = parts
    return translate(AND) % {"first": ", ".join(others), "second": last} if others else last
