"""Judging a case anew under other rules, as far as what was kept of it allows.

What was told of the phone's state and is not kept cannot be asked again. But it is known what
the rules found in it then: where a rule is asked that was asked then, its old word stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from number_insight.insight import Insight
from number_insight.recollection import Case
from number_insight.rules import Rule
from number_insight.rules.base import Signup, judge
from number_insight.rules.live import LIVE_CODE
from number_insight.rules_in_force import Asked, asked
from number_insight.rulesets import RuleSet
from number_insight.verdict import EVERYTHING, Flag, Judgement, cancelled_codes, verdict_for
from number_insight.watching import Watched, names_of


class CannotTell(Exception):
    """A rule asks for a fact that was never bought, or was not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a case is judged on: the insight of its IP, the signup, and what could be told."""

    insight: Insight
    signup: Signup
    told: frozenset[str]


class Rehearsal:
    """Judges cases under `rule_set`; the rules whose codes are in `shadowed` are in shadow."""

    def __init__(self, rule_set: RuleSet, shadowed: Collection[str] = ()) -> None:
        self._rule_set, self._shadowed = rule_set, frozenset(shadowed)
        self._asked = asked(rule_set.rules)
        self._reads_all = any(rule.needs is None for rule in rule_set.rules)
        self._silent: dict[object, tuple[Rule, ...]] = {}

    def judge(self, case: Case, facts: Facts) -> Judgement:
        """Return what the rules make of `case`; raise `CannotTell` where that cannot be known."""
        rules = self._rules_for(case, facts)
        blanks = case.lost | case.missed if self._reads_all else case.lost
        judgement, noted = self._ask(rules, facts, blanks)
        if noted:  # somebody has read what is not there: find out who
            rules = tuple(self._heard(rules, case, facts, blanks))
            judgement, _noted = self._ask(rules, facts, frozenset())
        if case.lost and case.hides_live_flags:
            return self._with_hidden_flags(case, judgement)
        return judgement

    def _ask(
        self, rules: Iterable[Rule], facts: Facts, blanks: frozenset[str]
    ) -> tuple[Judgement, set[str]]:
        watched = Watched.of(facts.insight, blanks) if blanks else None
        judgement = judge(
            rules,
            watched or facts.insight,
            facts.signup,
            signals=facts.told,
            thresholds=self._rule_set.thresholds,
            shadowed=self._shadowed,
        )
        return judgement, watched.noted if watched else set()

    def _rules_for(self, case: Case, facts: Facts) -> tuple[Rule, ...]:
        """Return the rules, those that cannot be asked again replaced by what they said then."""
        if not case.lost and not case.missed:
            return self._rule_set.rules
        record = case.record
        alike = (facts.told, case.lost, case.missed, record.rules_key)
        key = (*alike, *record.not_evaluable, "", *record.raised_rules)
        if key not in self._silent:
            rules = tuple(self._again(case, facts))
            if any(isinstance(rule, OldWord) and rule.depends for rule in rules):
                return rules
            self._silent[key] = rules
        return self._silent[key]

    def _again(self, case: Case, facts: Facts) -> Iterator[Rule]:
        for rule in self._rule_set.rules:
            if not rule.is_evaluable(facts.told):
                self._check_missed(rule, case, facts)
                yield rule
            elif case.lost.isdisjoint(rule.needs or ()):
                yield rule
            else:
                yield OldWord(rule, self._said(rule, case), depends=not rule.live)

    def _check_missed(self, rule: Rule, case: Case, facts: Facts) -> None:
        """Raise `CannotTell` if for `rule` something would have been bought that was not."""
        could = facts.told | case.missed
        if not rule.weight or rule.shadow or not could.issuperset(rule.needs or ()):
            return
        before = self._as_asked(rule, case)
        counted = before is not None and before.weight and not before.shadow
        if not (counted and rule.code in case.record.not_evaluable):
            raise CannotTell(rule.code)

    def _as_asked(self, rule: Rule, case: Case) -> Asked | None:
        """Return `rule` as it judged the record; None if it did not, or with other options."""
        before = case.asked.get(rule.code)
        same = before is not None and before.identity == self._asked[rule.code].identity
        return before if same else None

    def _said(self, rule: Rule, case: Case) -> list[Flag]:
        """Return the flags that `rule` has left; the live ones are not told apart any more."""
        before = self._as_asked(rule, case)
        if before is None:
            raise CannotTell(rule.code)
        flags = [] if rule.live else [flag for flag in case.flags if flag.code == rule.code]
        if rule.weight != before.weight and any(flag.weight != before.weight for flag in flags):
            raise CannotTell(rule.code)
        changed = rule.weight - before.weight
        return [replace(flag, weight=flag.weight + changed) for flag in flags]

    def _heard(
        self, rules: Iterable[Rule], case: Case, facts: Facts, blanks: frozenset[str]
    ) -> Iterator[Rule]:
        """Yield `rules`, with its old word for each that reads what is not there."""
        lost, watched = names_of(case.lost), Watched.of(facts.insight, blanks)
        for rule in rules:
            watched.noted.clear()
            found = _asked_alone(rule, watched, facts) if rule.is_evaluable(facts.told) else []
            # What was never bought concerns only who might have had everything bought.
            noted = watched.noted & lost if rule.needs is not None else watched.noted
            yield self._old_word(rule, case, found, was_lost=bool(noted & lost)) if noted else rule

    def _old_word(self, rule: Rule, case: Case, found: list[Flag], *, was_lost: bool) -> Rule:
        """Return what `rule` said when it knew more; raise `CannotTell` if it was not there."""
        said = {flag.code for flag in case.flags}
        codes = {flag.code for flag in found}
        if self._as_asked(rule, case) is None or rule.code in said - codes:
            raise CannotTell(rule.code)
        if not was_lost or codes <= said:
            return rule
        return OldWord(rule, [flag for flag in found if flag.code in said])

    def _with_hidden_flags(self, case: Case, judgement: Judgement) -> Judgement:
        """Return the judgement with the hidden flags, which only fit where all is as it was.

        Which rules have found them, and in which groups, is not kept.
        """
        now = {code: rule for code, rule in self._asked.items() if rule.live}
        then = {code: rule for code, rule in case.asked.items() if rule.live}
        visible = [flag for flag in case.flags if flag.code != LIVE_CODE]
        if now != then or _findings(visible) != _findings(judgement.flags):
            raise CannotTell(LIVE_CODE)
        score = max(0, sum(flag.weight for flag in case.flags if flag.counted))
        verdict = verdict_for(score, self._rule_set.thresholds)
        if EVERYTHING in cancelled_codes(judgement.flags) or judgement.raised:
            raise CannotTell(LIVE_CODE)
        return replace(judgement, flags=case.flags, score=score, verdict=verdict)


class OldWord(Rule):
    """A rule that says what it said before.

    `depends` tells that another record may have heard something else from it.
    """

    needs = ()

    def __init__(self, rule: Rule, flags: list[Flag], *, depends: bool = True) -> None:
        super().__init__(weight=rule.weight)
        self.code = rule.code  # type: ignore[misc]  # an instance speaks for another rule
        self.shadow, self.depends = rule.shadow, depends
        self._flags = [replace(flag, counted=True, shadow=False) for flag in flags]

    def examine(self, insight: Insight, signup: Signup) -> list[Flag]:
        return self._flags


def _asked_alone(rule: Rule, insight: Insight, facts: Facts) -> list[Flag]:
    try:
        return list(rule.examine(insight, facts.signup) or ())
    except Exception:  # a stranger's rule: `judge` reports it
        return []


def _findings(flags: Iterable[Flag]) -> Counter[tuple[str, str, int, bool]]:
    return Counter((flag.code, flag.group, flag.weight, flag.shadow) for flag in flags)
