"""Coverage: signals that one provider cannot tell of a number, asked for at the next one.

``FALLBACK_ON_NO_COVERAGE`` has to allow it. The verdict on the first answer stands until the second
one is there, and for good without one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.db import transaction

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.exceptions import NumberInsightError, place
from number_insight.insight import Insight
from number_insight.lookups import routing
from number_insight.lookups.outcomes import Outcome
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis, Decision, RecordState
from number_insight.rules import Rule
from number_insight.rules.base import LIVE_SIGNALS
from number_insight.rules.scoring import verdict_for
from number_insight.screening import comparison, planning
from number_insight.screening.comparison import Answer
from number_insight.transactions import lock
from number_insight.verdicts import grounds, recording

logger = logging.getLogger("number_insight.screening.coverage")

NO_COVERAGE = "no_coverage"


def complete(batch: Sequence[Outcome]) -> None:
    """Ask the next provider for what the saved answers could not tell, where that matters."""
    if not app_settings.FALLBACK_ON_NO_COVERAGE or not app_settings.FALLBACKS:
        return
    for outcome in batch:
        if not isinstance(outcome.result, Insight):
            continue
        try:
            _complete(outcome.lookup, outcome.result)
        except NumberInsightError as error:
            logger.warning("Lookup %s is not completed: %s", outcome.lookup.pk, error)
        except Exception as error:  # the first answer is saved, and its verdict stands
            logger.error("Lookup %s is not completed: %s.", outcome.lookup.pk, place(error))


def _complete(lookup: Lookup, insight: Insight) -> None:
    gaps = frozenset(name for name, why in insight.missing.items() if why == NO_COVERAGE)
    rules = _rules_on(gaps)
    records = [one for one in _records(lookup) if _may_change(one, rules)] if rules else []
    if not records:
        return
    needed = frozenset[str]().union(*(rule.needs or () for rule in rules))
    provider = _next(lookup, records[0], gaps & needed)
    if provider is None:
        return
    (answer,) = comparison.ask([comparison.question_on(records[0], provider)], provider)
    if answer is not None:
        _judge_again([record.pk for record in records], lookup, insight, answer, gaps)


def _rules_on(gaps: frozenset[str]) -> list[Rule]:
    """Return the counting rules that need one of the signals in `gaps`."""
    counting = (rule for rule in loading.rules() if rule.weight and not rule.shadow)
    return [rule for rule in counting if not gaps.isdisjoint(rule.needs or ())]


def _records(lookup: Lookup) -> list[NumberInsightRecord]:
    """Return the undecided records that were judged on the answer of `lookup`."""
    rows = NumberInsightRecord.objects.filter(
        lookup=lookup,
        state=RecordState.SCREENED,
        basis=Basis.ANSWER,
        decision=Decision.NONE,
        number_hash="",
    )
    return list(rows.order_by("pk"))


def _may_change(record: NumberInsightRecord, rules: Sequence[Rule]) -> bool:
    """Return whether findings of `rules` could change the verdict on `record`."""
    lowest = record.score + sum(min(rule.weight, 0) for rule in rules)
    highest = record.score + planning.highest_addition(rules)
    thresholds = app_settings.THRESHOLDS
    return any(verdict_for(score, thresholds) != record.verdict for score in (lowest, highest))


def _next(lookup: Lookup, record: NumberInsightRecord, wanted: frozenset[str]) -> str | None:
    """Return the next provider that can tell one of the signals, and may be asked now."""
    for name in routing.after(record.number, lookup.provider):
        question = comparison.question_on(record, name)
        supplied = grounds.signals_of(name, question.level, cnam=question.cnam)
        if not wanted.isdisjoint(supplied) and not routing.obstacle(name, question):
            return name
    return None


def _judge_again(
    record_ids: Sequence[int],
    lookup: Lookup,
    insight: Insight,
    answer: Answer,
    gaps: frozenset[str],
) -> None:
    """Judge the records once more, on the first answer completed by the second one."""
    insight = _completed(insight, answer, gaps)
    charge = comparison.cost_of(answer)
    with transaction.atomic():
        rows = NumberInsightRecord.objects.filter(pk__in=record_ids, lookup=lookup)
        records = lock(rows.filter(decision=Decision.NONE, number_hash=""))
        for record in records:
            if answer.lookup.currency == lookup.currency:  # two currencies are never added
                record.cost += charge
            charge = Decimal(0)
        stored = Lookup.objects.get(pk=lookup.pk)
        recording.judge(
            [grounds.answered(record, stored, insight, Basis.ANSWER) for record in records]
        )


def _completed(insight: Insight, answer: Answer, gaps: frozenset[str]) -> Insight:
    """Return `insight` with the signals in `gaps` that `answer` tells."""
    told = gaps & grounds.told_by(answer.lookup, answer.insight)
    if not answer.is_bought:  # what was stored has no live facts
        told -= LIVE_SIGNALS
    members = {name for signal in told for name in grounds.TOLD_IN.get(signal, ())}
    missing = {name: why for name, why in insight.missing.items() if name not in told}
    values = {name: getattr(answer.insight, name) for name in members}
    return replace(insight, missing=missing, **values)
