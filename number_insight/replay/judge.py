"""Judging a case anew under other rules, as far as what was kept of it allows.

What was told of the phone's state and is not kept cannot be asked again. But it is known what
the rules found in it then: where a rule is asked that was asked then, its old word stands.

What the rules say of one case is a lesson about all that are alike (`number_insight.likeness`).
Where the answer hangs on more than they have in common, each case is judged by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from number_insight import judging
from number_insight.insight import Insight
from number_insight.likeness import MOST_KEPT, depends_on, manner, of_insight, what_is_alike
from number_insight.oldwords import OldWord
from number_insight.replay.rulesets import RuleSet
from number_insight.replay.stored import Case
from number_insight.rules import Rule
from number_insight.rules.base import Findings, Signup, judge
from number_insight.rules.live import LIVE_CODE
from number_insight.rules_in_force import Asked, asked
from number_insight.standing import Standing
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

    @classmethod
    def of(cls, case: Case, signup: Signup) -> Facts:
        grounds = case.grounds()
        told = judging.completed(grounds.insight, case.record.number)
        insight, signals = judging.for_this_ip(grounds, told, signup)
        return cls(insight=insight, signup=signup, told=signals)


@dataclass(slots=True, kw_only=True)
class Lesson:
    """What the rules say of all cases that are alike.

    `found` is what those rules say that answer alike, and `judgement` what it comes to by itself.
    `by_signup` and `alone` have to be asked for each case, with their places and whether in
    shadow; the former read no more of the insight than all have in common. `why` it cannot be
    told, if it cannot; `by_hand` if each case is to be judged by itself.
    """

    insight: Insight
    found: Findings
    judgement: Judgement
    by_signup: list[tuple[int, Rule, bool]] = field(default_factory=list)
    alone: list[tuple[int, Rule, bool]] = field(default_factory=list)
    blanks: frozenset[str] = frozenset()
    why: str = ""
    by_hand: bool = False


class Rehearsal:
    """Judges cases under `rule_set`; the rules whose codes are in `shadowed` are in shadow."""

    def __init__(self, rule_set: RuleSet, shadowed: Collection[str] = ()) -> None:
        self._rule_set, self._shadowed = rule_set, frozenset(shadowed)
        self._asked = asked(rule_set.rules)
        self._reads_all = any(rule.needs is None for rule in rule_set.rules)
        self._silent: dict[tuple[Standing, frozenset[str]], tuple[Rule, ...]] = {}
        self._lessons: dict[object, Lesson] = {}
        self._nothing = Findings()
        self._alike = what_is_alike(rule_set.rules)

    def judge(self, case: Case, signup: Signup) -> Judgement:
        """Return what the rules make of `case`; raise `CannotTell` where that cannot be known."""
        judgement = self._by_lesson(case, signup) or self._by_hand(case, Facts.of(case, signup))
        if case.standing.lost and case.standing.hides_live_flags:
            return self._with_hidden_flags(case, judgement)
        return judgement

    def _by_lesson(self, case: Case, signup: Signup) -> Judgement | None:
        """Return what is known of cases like this one; None if each is a case of its own."""
        sent = case.record.lookup_ip_address
        key = (case.standing, case.shared, bool(sent) and sent == signup.ip, self._alike(signup))
        lesson = self._lessons.get(key)
        if lesson is None:
            if len(self._lessons) >= MOST_KEPT:
                self._lessons.clear()
            lesson = self._lessons[key] = self._lesson(case, Facts.of(case, signup))
        if lesson.by_hand:
            return None
        if lesson.why:
            raise CannotTell(lesson.why)
        found = self._of_this_one(lesson, case, signup)
        if found is None:
            return None
        both = lesson.found.and_those(found) if found else None
        return both.judgement(self._rule_set.thresholds) if both else lesson.judgement

    def _of_this_one(self, lesson: Lesson, case: Case, signup: Signup) -> Findings | None:
        """Return what the rules find that are asked alone; None if one reads what is not there."""
        found, insight = self._nothing, lesson.insight
        for nth, rule, shadow in lesson.by_signup:
            found.ask(nth, rule, insight, signup, shadow=shadow)
        if lesson.alone:
            insight = _with_blanks(Facts.of(case, signup).insight, lesson.blanks)
            for nth, rule, shadow in lesson.alone:
                found.ask(nth, rule, insight, signup, shadow=shadow)
        if found:
            self._nothing = Findings()
        return None if lesson.alone and _noted(insight) else found

    def _in_shadow(self, rule: Rule) -> bool:
        return rule.shadow or rule.code in self._shadowed

    def _lesson(self, case: Case, facts: Facts) -> Lesson:
        lesson = _empty_lesson(facts.insight)
        if self._hears_flags(case.standing):
            lesson.by_hand = True
            return lesson
        try:
            rules = self._rules_for(case, facts)
        except CannotTell as unknown:
            lesson.why = str(unknown)
            return lesson
        lesson.blanks = self._blanks(case)
        insight = _with_blanks(facts.insight, lesson.blanks)
        for nth, rule in enumerate(rules):
            self._learn(lesson, nth, rule, insight, facts)
        lesson.judgement = lesson.found.judgement(self._rule_set.thresholds)
        lesson.by_hand = bool(_noted(insight))
        return lesson

    def _hears_flags(self, standing: Standing) -> bool:
        """Whether a rule's old word is told by the flags of each record, and by nothing else."""
        lost, rules = standing.lost, self._rule_set.rules
        return any(not (rule.live or lost.isdisjoint(rule.needs or ())) for rule in rules)

    def _learn(self, lesson: Lesson, nth: int, rule: Rule, insight: Insight, facts: Facts) -> None:
        how = manner(rule)
        if not rule.is_evaluable(facts.told):
            lesson.found.not_evaluable.append(rule.code)
        elif how.alike:
            lesson.found.ask(nth, rule, insight, facts.signup, shadow=self._in_shadow(rule))
        elif how.by_signup and names_of(lesson.blanks).isdisjoint(_members_read(rule)):
            lesson.by_signup.append((nth, rule, self._in_shadow(rule)))
        else:
            lesson.alone.append((nth, rule, self._in_shadow(rule)))

    def _by_hand(self, case: Case, facts: Facts) -> Judgement:
        rules, blanks = self._rules_for(case, facts), self._blanks(case)
        judgement, noted = self._ask(rules, facts, blanks)
        if noted:  # somebody has read what is not there: find out who
            rules = tuple(self._heard(rules, case, facts, blanks))
            judgement, _noted = self._ask(rules, facts, frozenset())
        return judgement

    def _blanks(self, case: Case) -> frozenset[str]:
        """Return the signals that are not there, as far as somebody might read them."""
        standing = case.standing
        return standing.lost | standing.missed if self._reads_all else standing.lost

    def _ask(
        self, rules: Iterable[Rule], facts: Facts, blanks: frozenset[str]
    ) -> tuple[Judgement, set[str]]:
        insight = _with_blanks(facts.insight, blanks)
        judgement = judge(
            rules,
            insight,
            facts.signup,
            signals=facts.told,
            thresholds=self._rule_set.thresholds,
            shadowed=self._shadowed,
        )
        return judgement, _noted(insight)

    def _rules_for(self, case: Case, facts: Facts) -> tuple[Rule, ...]:
        """Return the rules, those that cannot be asked again replaced by what they said then."""
        standing = case.standing
        if not standing.lost and not standing.missed:
            return self._rule_set.rules
        rules = self._silent.get((standing, facts.told))
        if rules is None:
            rules = tuple(self._again(case, facts))
            if not any(isinstance(rule, OldWord) and rule.depends for rule in rules):
                self._silent[standing, facts.told] = rules
        return rules

    def _again(self, case: Case, facts: Facts) -> Iterator[Rule]:
        for rule in self._rule_set.rules:
            if not rule.is_evaluable(facts.told):
                self._check_missed(rule, case, facts)
                yield rule
            elif case.standing.lost.isdisjoint(rule.needs or ()):
                yield rule
            else:
                yield OldWord(rule, self._said(rule, case), depends=not rule.live)

    def _check_missed(self, rule: Rule, case: Case, facts: Facts) -> None:
        """Raise `CannotTell` if for `rule` something would have been bought that was not."""
        could = facts.told | case.standing.missed
        if not rule.weight or rule.shadow or not could.issuperset(rule.needs or ()):
            return
        before = self._as_asked(rule, case)
        counted = before is not None and before.weight and not before.shadow
        if not (counted and rule.code in case.standing.not_evaluable):
            raise CannotTell(rule.code)

    def _as_asked(self, rule: Rule, case: Case) -> Asked | None:
        """Return `rule` as it judged the record; None if it did not, or with other options."""
        before = case.standing.asked.get(rule.code)
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
        lost, watched = names_of(case.standing.lost), Watched.of(facts.insight, blanks)
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
        then = {code: rule for code, rule in case.standing.asked.items() if rule.live}
        visible = [flag for flag in case.flags if flag.code != LIVE_CODE]
        if now != then or _findings(visible) != _findings(judgement.flags):
            raise CannotTell(LIVE_CODE)
        score = max(0, sum(flag.weight for flag in case.flags if flag.counted))
        verdict = verdict_for(score, self._rule_set.thresholds)
        if EVERYTHING in cancelled_codes(judgement.flags) or judgement.raised:
            raise CannotTell(LIVE_CODE)
        return replace(judgement, flags=case.flags, score=score, verdict=verdict)


def _empty_lesson(insight: Insight) -> Lesson:
    found = Findings()
    return Lesson(insight=insight, found=found, judgement=found.judgement({}))


def _with_blanks(insight: Insight, blanks: frozenset[str]) -> Insight:
    return Watched.of(insight, blanks) if blanks else insight


def _noted(insight: Insight) -> set[str]:
    return insight.noted if isinstance(insight, Watched) else set()


def _members_read(rule: Rule) -> frozenset[str]:
    """Return the members of an insight that `rule` says it reads."""
    return frozenset(name.partition(".")[0] for name in of_insight(depends_on(rule) or ()))


def _asked_alone(rule: Rule, insight: Insight, facts: Facts) -> list[Flag]:
    try:
        return list(rule.examine(insight, facts.signup) or ())
    except Exception:  # a stranger's rule: `judge` reports it
        return []


def _findings(flags: Iterable[Flag]) -> Counter[tuple[str, str, int, bool]]:
    return Counter((flag.code, flag.group, flag.weight, flag.shadow) for flag in flags)
