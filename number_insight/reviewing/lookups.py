"""Repeated lookups, which a person has asked for."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from number_insight.exceptions import Unsupported
from number_insight.lookups import questions
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import LookupState, RecordState
from number_insight.screening import planning
from number_insight.screening.bell import bell
from number_insight.transactions import after_commit, retry_deadlock


@retry_deadlock
def look_up_again(record: NumberInsightRecord) -> Lookup:
    """Queue and return a new lookup of the number of `record`, which is paid for.

    It supersedes the last lookup; a decision is kept. Raise `Unsupported`, with the reason, if
    nothing can be asked about the number.
    """
    plan = planning.plan_for(record, insist=True)
    if plan.question is None:
        message = gettext("Nothing can be asked about this number: %(why)s.")
        raise Unsupported(message % {"why": plan.obstacle})
    with transaction.atomic():
        if record.lookup_id is not None:  # otherwise an uncertain lookup would be joined
            uncertain = Lookup.objects.filter(pk=record.lookup_id, state=LookupState.UNCERTAIN)
            uncertain.update(open_key=None)
        ((lookup, is_new),) = questions.join([plan.ask])
        if lookup is None:
            raise Unsupported(
                gettext("This number is just being looked up; try again in a moment.")
            )
        if is_new:
            Lookup.objects.filter(pk=lookup.pk).update(supersedes=record.lookup_id)
        NumberInsightRecord.objects.filter(pk=record.pk).update(
            state=RecordState.WAITING, lookup=lookup, level=lookup.level
        )
        after_commit(bell.ring, record.pk)
    return lookup
