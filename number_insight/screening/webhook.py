"""The webhook: a posted answer is read, compared with its lookup, and saved."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, loading, numbers
from number_insight.insight import Insight
from number_insight.lookups.outcomes import Outcome, Result
from number_insight.models import Lookup
from number_insight.screening import settlement

logger = logging.getLogger("number_insight.screening.signup.webhook")


@sensitive_variables()
def absorb(lookup_id: int, body: bytes) -> None:
    """Take in the body that was posted for a lookup. Duplicates and late ones change nothing.

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
    if not settlement.save([Outcome(lookup=lookup, result=result)]):
        _compare_with_first(lookup, result)


def _compare_with_first(lookup: Lookup, result: Result) -> None:
    """Note if a callback that changed nothing tells other facts than the answer that was taken."""
    lookup.refresh_from_db()
    if lookup.insight is None:
        logger.warning("Lookup %s: a callback came too late.", lookup.pk)
        return
    if not isinstance(result, Insight):
        return
    if _facts(Insight.from_json(lookup.insight), lookup) != _facts(result, lookup):
        logger.error("Lookup %s: a second callback says something else.", lookup.pk)
        Lookup.objects.filter(pk=lookup.pk).update(conflict=True)


def _facts(insight: Insight, lookup: Lookup) -> Insight:
    # Live data that is not stored cannot be compared, and the balance goes on while callbacks
    # are repeated. One line may be written in several ways.
    known = insight.without_live()
    if numbers.same_line(known.number, lookup.number):
        known = replace(known, number="", national_format=None)
    return replace(known, price=None, refund=None, balance=None, request_id="", raw=None)
