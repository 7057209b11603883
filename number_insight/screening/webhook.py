"""The webhook: a posted answer is saved, or compared with the one that came first.

`number_insight.lookups.outcomes` compares its number with that of the lookup.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, loading, numbers
from number_insight.insight import Insight
from number_insight.lookups import retirement
from number_insight.lookups.outcomes import Outcome, Result
from number_insight.models import Lookup
from number_insight.providers.vocabulary import sound
from number_insight.screening import purchase, settlement, shadow

logger = logging.getLogger("number_insight.screening.webhook")


@sensitive_variables()
def absorb(lookup_id: int, body: bytes) -> None:
    """Save the answer that was posted for a lookup; duplicates and late ones change nothing.

    Raise `Lookup.DoesNotExist` if the lookup is gone, `Retired` if its provider is, and
    `BadCallback` if the body is no answer.
    """
    lookup = Lookup.objects.get(pk=lookup_id)
    if retirement.ends_callbacks(lookup.provider):
        raise exceptions.Retired(retirement.reason(lookup.provider))
    try:
        result: Result = sound(loading.provider(lookup.provider).read_callback(body))
    except exceptions.IntermediateCallback:
        return
    except exceptions.ProviderError as error:
        result = error
    outcome = Outcome(lookup=lookup, result=result)
    if settlement.save([outcome]):
        purchase.report([outcome])
        if isinstance(result, Insight):
            shadow.ring_for(lookup)
    else:
        _compare_with_first(lookup, result)


def _compare_with_first(lookup: Lookup, result: Result) -> None:
    """Note a conflict if a callback that came in vain differs from the answer that was taken."""
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
    # Live data may not be stored, the balance may change before a callback is repeated, and one
    # line may be written in several ways.
    facts = insight.without_live()
    if numbers.is_same_line(facts.number, lookup.number):
        facts = replace(facts, number="", national_format=None)
    return replace(facts, price=None, refund=None, balance=None, request_id="", raw=None)
