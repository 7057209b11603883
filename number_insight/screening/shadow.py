"""The shadow: a sample of the numbers is also asked at another provider, after the verdict.

It has a budget of its own, changes no verdict, and whatever goes wrong with it costs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from django.core.exceptions import ImproperlyConfigured

from number_insight.conf import SHADOW_PURSE, app_settings
from number_insight.exceptions import NumberInsightError, place
from number_insight.lookups import routing
from number_insight.models import Lookup, NumberInsightRecord, ShadowComparison
from number_insight.models.choices import Basis
from number_insight.screening import comparison
from number_insight.screening.bell import bell
from number_insight.screening.comparison import Comparison

logger = logging.getLogger("number_insight.screening.shadow")


def ask_too(lookup_ids: Collection[int]) -> None:
    """Compare the sampled ones of the records that were just judged on answers of these lookups."""
    shadow = app_settings.SHADOW
    if not shadow or not lookup_ids:
        return
    try:
        _compare(shadow["provider"], float(shadow["percent"]), lookup_ids)
    except (NumberInsightError, ImproperlyConfigured) as error:
        logger.warning("The shadow was not asked: %s", error)
    except Exception as error:  # the verdicts are written, and a trial must not undo the work
        logger.error("The shadow failed: %s.", place(error))


def ring_for(lookup: Lookup) -> None:
    """Ring for a worker that asks the shadow about a `lookup` whose answer was posted."""
    if not app_settings.SHADOW:
        return
    records = NumberInsightRecord.objects.filter(lookup=lookup, basis=Basis.ANSWER)
    key = records.order_by("pk").values_list("pk", flat=True).first()
    if key is not None:
        bell.ring(key)


def ask_about_posted(record_id: int) -> None:
    """Ask the shadow about a record that was judged on a posted answer, if that is still to do."""
    if not app_settings.SHADOW:
        return
    rows = NumberInsightRecord.objects.filter(
        pk=record_id, lookup__delivery="async", shadow_comparisons=None
    )
    ask_too([key for key in rows.values_list("lookup", flat=True) if key is not None])


def _compare(provider: str, percent: float, lookup_ids: Collection[int]) -> None:
    records = NumberInsightRecord.objects.filter(
        lookup__in=lookup_ids, basis=Basis.ANSWER, number_hash=""
    ).exclude(lookup__provider=provider)
    sampled: dict[str, NumberInsightRecord] = {}
    for record in records.select_related("lookup").order_by("pk"):
        if routing.draw(record.number, "shadow") < percent:
            sampled.setdefault(record.number, record)
    asked = [comparison.question_on(record, provider) for record in sampled.values()]
    answers = comparison.ask(asked, provider, purse=SHADOW_PURSE) if asked else []
    for record, answer in zip(sampled.values(), answers, strict=True):
        if answer is not None:
            _keep(comparison.compare(record, answer))


def _keep(found: Comparison) -> None:
    """Store a comparison if anything differs."""
    if not found.is_different:
        return
    ShadowComparison.objects.create(
        record=found.record,
        provider=found.answer.lookup.provider,
        lookup=found.answer.lookup,
        verdict=found.record.verdict,
        shadow_verdict=found.verdict,
        score=found.record.score,
        shadow_score=found.score,
        rules_lost=list(found.rules_lost),
        rules_gained=list(found.rules_gained),
        signals_lost=list(found.signals_lost),
        signals_gained=list(found.signals_gained),
    )
