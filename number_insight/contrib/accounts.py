"""A receiver by which a decision about a signup opens or closes its account.

Nothing of this happens unless a project connects it::

    decision_made.connect(set_is_active)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models, router, transaction
from django.utils import timezone

from number_insight.models import DecisionEvent, NumberInsightRecord
from number_insight.models.choices import Act, Decision
from number_insight.transactions import lock

logger = logging.getLogger("number_insight.contrib.accounts")

ACTS = {True: Act.ACTIVATE, False: Act.DEACTIVATE}
OURS = (*ACTS.values(), Act.LEAVE)
DECISIONS = (Act.RELEASE, Act.REFUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A decision that stands, or a change of ours, with the `is_active` that it stands for."""

    state: bool
    at: datetime


def set_is_active(record: NumberInsightRecord, user: Any = None, **_told: Any) -> None:
    """Deactivate the subject of `record` if it was refused, and activate it if it was released.

    When a decision is undone or reopened, the change that it made is taken back: not if the account
    was changed by others since, and not as long as another decision about the same account says the
    same. Each change is an event in the history of the record.
    """
    account = record.subject
    if account is None:
        return
    if not _has_switch(type(account)):
        logger.warning("%s has no field is_active to be set.", type(account).__name__)
        return
    accounts = type(account)._base_manager.filter(pk=account.pk)
    alias = router.db_for_write(type(account), instance=account)
    with transaction.atomic(), transaction.atomic(using=alias):
        for locked in lock(accounts.using(alias)):
            _settle(locked, record, user)


def _has_switch(model: type[models.Model]) -> bool:
    try:
        return isinstance(model._meta.get_field("is_active"), models.BooleanField)
    except FieldDoesNotExist:
        return False


def _settle(account: Any, record: NumberInsightRecord, user: Any) -> None:
    """Set `is_active` of the locked account as its decisions say.

    They are read anew, so that a signal that comes late or twice does no harm.
    """
    records = NumberInsightRecord.objects.for_subject(account)
    decision, changes, is_new = _last_decision(records), _changes(records), _is_new(record)
    if changes and changes[-1].state != account.is_active:
        _write(record, user, Act.LEAVE)
        changes = []
    if decision is not None and is_new:
        wanted, at = decision.state, decision.at
    else:
        wanted = _without_undone(account.is_active, changes, decision)
        at = timezone.now()
    if wanted != account.is_active:
        account.is_active = wanted
        account.save(update_fields=["is_active"])
        _write(record, user, ACTS[wanted], at=at)


def _write(record: NumberInsightRecord, user: Any, act: Act, **columns: Any) -> None:
    DecisionEvent.objects.create(record=record, user=user, act=act, **columns)


def _last_decision(records: models.QuerySet[Any]) -> Word | None:
    """Return the latest decision that stands about the account."""
    decided = records.exclude(decision=Decision.NONE).order_by("decided_at", "pk")
    last = decided.values_list("decision", "decided_at").last()
    return last and Word(state=last[0] == Decision.RELEASED, at=last[1])


def _changes(records: models.QuerySet[Any]) -> list[Word]:
    """Return our changes to the account, the earliest first, that no change of others followed."""
    states = {act.value: state for state, act in ACTS.items()}
    found: list[Word] = []
    events = DecisionEvent.objects.filter(record__in=records, act__in=OURS).order_by("pk")
    for act, at in events.values_list("act", "at"):
        found = [] if act == Act.LEAVE else [*found, Word(state=states[act], at=at)]
    return found


def _is_new(record: NumberInsightRecord) -> bool:
    """Return whether `record` has a decision that stands, and that no change of ours followed."""
    acts = (*DECISIONS, Act.UNDO, Act.REOPEN, *OURS)
    last = DecisionEvent.objects.filter(record=record, act__in=acts).order_by("pk").last()
    return last is not None and last.act in DECISIONS


def _without_undone(is_active: bool, changes: Sequence[Word], decision: Word | None) -> bool:
    """Return the state of the account without the decisions that were taken back.

    That is what the latest one says that stands, or else the state before our changes.
    """
    if not changes:
        return is_active
    if decision is not None and decision.at >= changes[0].at:
        return decision.state
    return not changes[0].state
