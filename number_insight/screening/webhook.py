"""The webhook: a posted answer, compared with its lookup and saved."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, loading
from number_insight.insight import Insight
from number_insight.lookups.outcomes import Outcome, Result
from number_insight.models import Lookup
from number_insight.screening import settlement

logger = logging.getLogger("number_insight.screening.webhook")


@sensitive_variables()
def absorb(lookup_id: int, body: bytes) -> None:
    """Save the answer that was posted for a lookup; duplicates and late ones do no harm.

    Raise `Lookup.DoesNotExist` if the lookup is gone, and `BadCallback` if the body is no answer.
    """
    lookup = Lookup.objects.get(pk=lookup_id)
    try:
        result: Result = loading.provider(lookup.provider).read_callback(body)
    except exceptions.IntermediateCallback:
        return
    except exceptions.ProviderError as error:
        result = error
    if isinstance(result, Insight) and not _belongs_to(lookup, result):
        _note_conflict(lookup, "a callback for another request came to it")
    elif not settlement.save([Outcome(lookup=lookup, result=result)]):
        _compare_with_first(lookup, result)


def _belongs_to(lookup: Lookup, insight: Insight) -> bool:
    """Return whether `insight` names the number and the request of `lookup`, or none."""
    if insight.number and insight.number != lookup.number:
        return False
    known, named = lookup.request_id, insight.request_id[:64]
    return not known or not named or named == known


def _compare_with_first(lookup: Lookup, result: Result) -> None:
    """Note a conflict if a late answer differs from the first one, which is kept."""
    lookup.refresh_from_db()
    if lookup.insight is None or not isinstance(result, Insight):
        return
    if _facts(Insight.from_json(lookup.insight)) != _facts(result):
        _note_conflict(lookup, "a second callback says something else")


def _facts(insight: Insight) -> Insight:
    # Live data may not be stored, and the balance may change before a callback is repeated.
    return replace(insight.without_live(), price=None, refund=None, balance=None, raw=None)


def _note_conflict(lookup: Lookup, conflict: str) -> None:
    logger.error("Lookup %s: %s.", lookup.pk, conflict)
    Lookup.objects.filter(pk=lookup.pk).update(conflict=True)
