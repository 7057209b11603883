"""Judging a stored case under other rules, as far as the stored facts allow.

Live data is not stored. If the same rule already judged the record with it, its stored flags are
reused; otherwise the record cannot be told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from number_insight import loading
from number_insight.insight import Insight
from number_insight.replay.rulesets import RuleSet
from number_insight.replay.stored import StoredCase, hide_live
from number_insight.rules import Rule
from number_insight.rules.base import Findings, Signup
from number_insight.rules.live import LIVE_CODE
from number_insight.rules.scoring import EVERYTHING, Flag, Judgement, cancelled_codes, verdict_for
from number_insight.verdicts import grounds, judging, rules_in_force
from number_insight.verdicts.rules_in_force import Asked, asked


class CannotTell(Exception):
    """A rule asks for a fact that was never bought, or was not kept; the text names it."""


class TrackedInsight(Insight):
    """A copy of an insight without some members; `read` collects which of them a rule reads."""

    __slots__ = ("read",)
    read: set[str]

    @classmethod
    def without(cls, members: Collection[str], insight: Insight) -> TrackedInsight:
        """Return a copy of `insight` in which `members` are unknown, and reading them is noted."""
        tracked = object.__new__(cls)
        for name in _MEMBERS:
            if name not in members:  # a slot that stays empty asks `__getattr__`
                object.__setattr__(tracked, name, getattr(insight, name))
        object.__setattr__(tracked, "read", set())
        return tracked

    def __getattr__(self, name: str) -> Any:
        if name not in _MEMBERS:
            raise AttributeError(name)
        self.read.add(name)
        return getattr(_NOTHING, name)


_MEMBERS = tuple(member.name for member in fields(Insight))
_NOTHING = Insight()


class Judge:
    """Judges cases under `rule_set`; the rules whose codes are in `shadowed` are in shadow."""

    def __init__(self, rule_set: RuleSet, shadowed: Collection[str] = ()) -> None:
        self._rule_set, self._shadowed = rule_set, frozenset(shadowed)
        self._asked = asked(rule_set.rules)
        self._reads_all = any(rule.needs is None for rule in rule_set.rules)
        active = loading.rules()
        # A record without a key was made by hand.
        self._rules = dict.fromkeys(("", rules_in_force.key_of(active)), asked(active))

    def judge(self, case: StoredCase, signup: Signup) -> Judgement:
        """Return the judgement on `case`; raise `CannotTell` if the stored facts do not suffice."""
        self._check_owners(case)
        insight, told = judging.for_this_ip(case, signup)
        found = self._findings(case, insight, signup, told)
        judgement = found.judgement(self._rule_set.thresholds)
        if case.lost and hide_live(case.flags):
            return self._with_hidden_flags(case, judgement)
        return judgement

    def _check_owners(self, case: StoredCase) -> None:
        """Raise `CannotTell` for a live flag with a code of its own, whose rule is not known."""
        live = {flag.code for flag in case.flags if flag.live} if case.lost else set()
        if live:
            unknown = live - self._asked_before(case).keys()
            if unknown:
                raise CannotTell(min(unknown))

    def _findings(
        self, case: StoredCase, insight: Insight, signup: Signup, told: frozenset[str]
    ) -> Findings:
        found = Findings()
        tracked = TrackedInsight.without(_members_of(self._unknown(case)), insight)
        for rule in self._rule_set.rules:
            shadow = rule.shadow or rule.code in self._shadowed
            if not rule.is_evaluable(told):
                self._check_missed(rule, case, told)
                found.not_evaluable.append(rule.code)
            elif not case.lost.isdisjoint(rule.needs or ()):
                found.add(self._recorded(rule, case), shadow=shadow)
            else:
                start = len(found.flags)
                found.ask(rule, tracked, signup, shadow=shadow)
                if tracked.read:
                    found.flags[start:] = self._known(rule, case, found.flags[start:], tracked)
        return found

    def _unknown(self, case: StoredCase) -> frozenset[str]:
        """Return the signals that are not there, as far as a rule might read them."""
        return case.lost | case.missed if self._reads_all else case.lost

    def _check_missed(self, rule: Rule, case: StoredCase, told: frozenset[str]) -> None:
        """Raise `CannotTell` if for `rule` something would have been bought that was not."""
        could = told | case.missed
        if not rule.weight or rule.shadow or not could.issuperset(rule.needs or ()):
            return
        before = self._before(rule, case)
        counted = before is not None and before.weight and not before.shadow
        if not (counted and rule.code in case.record.not_evaluable):
            raise CannotTell(rule.code)

    def _before(self, rule: Rule, case: StoredCase) -> Asked | None:
        """Return `rule` as it judged the record; None if it did not, or with other options."""
        before = self._asked_before(case).get(rule.code)
        same = before is not None and before.identity == self._asked[rule.code].identity
        return before if same and rule.code not in case.record.raised_rules else None

    def _asked_before(self, case: StoredCase) -> Mapping[str, Asked]:
        """Return the rules that judged the record, as far as they are remembered."""
        key = case.record.rules_key
        if key not in self._rules:
            self._rules[key] = rules_in_force.recall(key)
        return self._rules[key]

    def _recorded(self, rule: Rule, case: StoredCase) -> list[Flag]:
        """Return the stored flags of `rule`, under its weight of today.

        Live flags that are merged already have no code of a rule: `_with_hidden_flags` adds them.
        """
        before = self._before(rule, case)
        if before is None:
            raise CannotTell(rule.code)
        flags = [flag for flag in case.flags if flag.code == rule.code]
        change = rule.weight - before.weight
        if change and any(flag.weight != before.weight for flag in flags):
            raise CannotTell(rule.code)
        return [
            replace(
                flag,
                weight=flag.weight + change,
                counted=True,
                shadow=False,
                cancels=rule.excuses,
            )
            for flag in flags
        ]

    def _known(
        self, rule: Rule, case: StoredCase, found: list[Flag], tracked: TrackedInsight
    ) -> list[Flag]:
        """Return the certain ones of `found`, flags of a rule that read an unknown member.

        A fact that was never bought concerns only rules that might have had anything bought.
        """
        lost, read = tracked.read & _members_of(case.lost), set(tracked.read)
        tracked.read.clear()
        if not (lost if rule.needs is not None else read):
            return found
        before = {flag.code for flag in case.flags}
        now = {flag.code for flag in found}
        if self._before(rule, case) is None or rule.code in before - now:
            raise CannotTell(rule.code)
        return [flag for flag in found if flag.code in before] if lost else found

    def _with_hidden_flags(self, case: StoredCase, judgement: Judgement) -> Judgement:
        """Return the judgement with the hidden flags, which only fit where all is as it was.

        Which rules have found them, and in which groups, is not kept.
        """
        now = {code: rule for code, rule in self._asked.items() if rule.live}
        raised = case.record.raised_rules
        before = self._asked_before(case).items()
        then = {code: rule for code, rule in before if rule.live and code not in raised}
        visible = [flag for flag in case.flags if flag.code != LIVE_CODE]
        if now != then or _findings(visible) != _findings(judgement.flags):
            raise CannotTell(LIVE_CODE)
        if EVERYTHING in cancelled_codes(judgement.flags) or judgement.raised:
            raise CannotTell(LIVE_CODE)
        score = max(0, sum(flag.weight for flag in case.flags if flag.counted))
        verdict = verdict_for(score, self._rule_set.thresholds)
        return replace(judgement, flags=tuple(case.flags), score=score, verdict=verdict)


def _members_of(signals: Iterable[str]) -> frozenset[str]:
    """Return the members of an `Insight` that tell `signals`."""
    return frozenset(name for signal in signals for name in grounds.TOLD_IN.get(signal, ()))


def _findings(flags: Iterable[Flag]) -> Counter[tuple[str, str, int, bool]]:
    return Counter((flag.code, flag.group, flag.weight, flag.shadow) for flag in flags)
