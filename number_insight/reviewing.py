"""What a person may do with a record: release it, refuse it, have it looked up again."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from number_insight import signals
from number_insight.exceptions import Unsupported
from number_insight.lookups import questions
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis, Decision, LookupState, RecordState
from number_insight.screening import planning, tasks
from number_insight.transactions import after_commit
from number_insight.verdicts import announcing


def release(record: NumberInsightRecord, *, user: Any = None, reason: str = "") -> bool:
    """Let the signup behind `record` through; False if a person has decided before."""
    return _decide(record, Decision.RELEASED, user, reason)


def refuse(record: NumberInsightRecord, *, user: Any = None, reason: str = "") -> bool:
    """Turn the signup behind `record` away; False if a person has decided before."""
    return _decide(record, Decision.REFUSED, user, reason)


def _decide(record: NumberInsightRecord, decision: str, user: Any, reason: str) -> bool:
    """Write the decision once: the first word stands, and no machine touches it."""
    told = {"decision": decision, "decided_by": user, "decided_at": timezone.now()}
    told["decision_reason"] = reason.strip()
    with transaction.atomic():
        undecided = NumberInsightRecord.objects.filter(pk=record.pk, decision=Decision.NONE)
        if not undecided.update(**told):
            return False
        record.refresh_from_db()
        after_commit(_tell, record, user)
    return True


def _tell(record: NumberInsightRecord, user: Any) -> None:
    announcing.send(signals.decision_made, record=record, user=user, source=record.source)


def look_up_again(record: NumberInsightRecord) -> Lookup:
    """Ask about the number of `record` once more, at the price of a lookup.

    It supersedes what was known or left uncertain; a decision stays as it is. Raise
    `Unsupported`, with the reason, where there is nothing to ask.
    """
    plan = planning.plan_for(record, insist=True)
    if plan.question is None:
        why = gettext("Nothing can be asked about this number: %(why)s.")
        raise Unsupported(why % {"why": Basis(plan.basis).label})
    with transaction.atomic():
        _let_go(record.lookup_id)
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
        after_commit(tasks.bell.ring, record.pk)
    return lookup


def _let_go(lookup_id: int | None) -> None:
    """Let an uncertain lookup hold its question no longer: a person has said so."""
    if lookup_id is not None:
        held = Lookup.objects.filter(pk=lookup_id, state=LookupState.UNCERTAIN)
        held.update(open_key=None)
