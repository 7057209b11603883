"""The webhook: a posted answer is read, compared with its lookup, and saved."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, loading
from number_insight.insight import Insight
from number_insight.lookups.outcomes import Outcome, Result
from number_insight.models import Lookup
from number_insight.screening import settlement

logger = logging.getLogger("number_insight.screening.signup.webhook")


@sensitive_variables()
def absorb(lookup_id: int, body: bytes) -> None:
    """Take in the body that was posted for a lookup. Duplicates and late ones do no harm.

    Raise `Lookup.DoesNotExist` for a lookup that is gone, and `BadCallback` for a body that is
    no answer.
    """
    lookup = Lookup.objects.get(pk=lookup_id)
    try:
        result: Result = loading.provider(lookup.provider).read_callback(body)
    except exceptions.IntermediateCallback:
        return
    except exceptions.ProviderError as error:
        result = error
    if isinstance(result, Insight) and _is_another_ones(lookup, result):
        _note_conflict(lookup, "a callback for another request came to it")
    elif not settlement.save([Outcome(lookup=lookup, result=result)]):
        _compare_with_first(lookup, result)


def _is_another_ones(lookup: Lookup, insight: Insight) -> bool:
    """Whether `insight` is about another number, or answers another request."""
    if insight.number and not lookup.number_hash and insight.number != lookup.number:
        return True
    known = lookup.request_id
    return bool(known and insight.request_id and insight.request_id[:64] != known)


def _compare_with_first(lookup: Lookup, result: Result) -> None:
    """Note if an answer that came late tells other facts than the first one, which was kept."""
    lookup.refresh_from_db()
    if lookup.insight is None or not isinstance(result, Insight):
        return
    if _facts(Insight.from_json(lookup.insight)) != _facts(result):
        _note_conflict(lookup, "a second callback says something else")


def _facts(insight: Insight) -> Insight:
    # Live data that is not stored cannot be compared, and the balance goes on while callbacks
    # are repeated.
    known = insight.without_live()
    return replace(known, price=None, refund=None, balance=None, raw=None)


def _note_conflict(lookup: Lookup, what: str) -> None:
    logger.error("Lookup %s: %s.", lookup.pk, what)
    Lookup.objects.filter(pk=lookup.pk).update(conflict=True)
