"""Batches: records taken from the queue, and claims on the lookups that they need.

All in one short transaction. Records are judged on free facts, lists, history and earlier answers
first; a record whose verdict can still change creates or joins a lookup, and the created lookups
are claimed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from django.db import transaction

from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.lookups import claims, limits, questions
from number_insight.lookups.claims import Claim
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis, RecordState
from number_insight.screening import planning, settlement
from number_insight.screening.planning import Plan
from number_insight.transactions import bulk_update, lock, lock_available, retry_deadlock
from number_insight.verdicts import grounds, judging, rule_faults
from number_insight.verdicts.judging import Faults, Judged

BATCH_SIZE = 16
"""Queued records that one task screens, its own included."""


class Undecided(NamedTuple):
    """A judgement that an answer could change, and the plan to get the answer."""

    judged: Judged
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The claims on the lookups of a batch, and the records without a claim or a verdict.

    The `waiting` records wait for a lookup that was not claimed. The `queued` ones are still in the
    queue, since their questions were settled just now.
    """

    claims: Sequence[Claim] = ()
    waiting: Sequence[NumberInsightRecord] = ()
    queued: Sequence[NumberInsightRecord] = ()


@retry_deadlock
def take(record_id: int | None, *, limit: int = 1) -> Batch:
    """Take a record and others from the queue, up to `limit` in all.

    If another worker already took this record, one more from the queue is taken: each message
    stands for a full batch. Without a record, and with a `limit` of 1, nothing is taken.
    """
    with transaction.atomic():
        records = _lock_queued(record_id, limit)
        undecided = _judge_without_purchase(records) if records else []
        return _create_or_join(undecided) if undecided else Batch()


def _lock_queued(record_id: int | None, limit: int) -> list[NumberInsightRecord]:
    """Lock and return queued records, skipping others that other transactions hold."""
    queued = NumberInsightRecord.objects.filter(state=RecordState.QUEUED)
    records = [] if record_id is None else lock(queued.filter(pk=record_id))
    if limit > 1:
        # A note marks a fault: such a record is screened alone.
        others = queued.filter(note="").exclude(pk__in=[record.pk for record in records])
        records += lock_available(others, limit - len(records), order="created_at")
    return records


def _judge_without_purchase(records: Sequence[NumberInsightRecord]) -> list[Undecided]:
    """Write the verdicts that need no lookup; return the undecided records."""
    faults = rule_faults.known()
    judged = judging.judge([grounds.local(record) for record in records], faults=faults)
    plans = planning.plans(judged)
    planned = [Undecided(one, plan) for one, plan in zip(judged, plans, strict=True)]
    settled = [one.on(plan.basis, plan.note) for one, plan in planned if plan.question is None]
    undecided = [each for each in planned if each.plan.question is not None]
    reused = _judge_on_earlier_answers(undecided, faults)
    settlement.write([*settled, *reused.values()])
    return [each for each in undecided if each.judged.record.pk not in reused]


def _judge_on_earlier_answers(undecided: Sequence[Undecided], faults: Faults) -> dict[int, Judged]:
    """Return the judgements on earlier answers that suffice, by the keys of their records."""
    rules = planning.active_rules([one for one, _plan in undecided])
    answers = _fresh_answers([plan for _one, plan in undecided], anywhere=True)
    judged = judging.judge(
        [
            grounds.answered(one.record, lookup, Insight.from_json(lookup.insight), Basis.REUSED)
            for (one, _plan), lookup in zip(undecided, answers, strict=True)
            if lookup is not None and lookup.insight is not None
        ],
        faults=faults,
    )
    return {one.record.pk: one for one in judged if planning.suffices(one, rules)}


def _fresh_answers(plans: Sequence[Plan], *, anywhere: bool = False) -> list[Lookup | None]:
    """Return for each plan the lookup whose answer may be reused, in one query per provider.

    With `anywhere` it may be an answer of another provider that could have been asked.
    """
    asked_at = [
        dict.fromkeys((*(plan.known_at if anywhere else ()), plan.provider)) for plan in plans
    ]
    answers: dict[int, Lookup | None] = {}
    for provider in dict.fromkeys(name for names in asked_at for name in names):
        indexes = [
            index
            for index, names in enumerate(asked_at)
            if provider in names and answers.get(index) is None
        ]
        lookups = questions.fresh([plans[index].ask[0] for index in indexes], provider=provider)
        answers |= dict(zip(indexes, lookups, strict=True))
    return [answers[index] for index in range(len(plans))]


def _create_or_join(undecided: Sequence[Undecided]) -> Batch:
    """Create or join a lookup for each record, and claim the created lookups."""
    joined = questions.join([plan.ask for _one, plan in undecided])
    waiting: dict[Lookup, list[Judged]] = defaultdict(list)
    created: dict[Lookup, Plan] = {}
    queued: list[Judged] = []
    for (one, plan), (lookup, is_new) in zip(undecided, joined, strict=True):
        if lookup is None:
            queued.append(one)
            continue
        waiting[lookup].append(one)
        if is_new:
            created.setdefault(lookup, plan)
    queued += _requeue_and_delete(_answered_meanwhile(created), waiting, created)
    queued += _requeue_and_delete(_judge_over_limit(created, waiting), waiting, created)
    _save_waiting(waiting)
    claimed = claims.take(list(created))
    return Batch(
        claims=claimed,
        waiting=_records(waiting, without={claim.lookup for claim in claimed}),
        queued=[one.record for one in queued],
    )


def _answered_meanwhile(created: Mapping[Lookup, Plan]) -> list[Lookup]:
    """Return the created lookups whose question another lookup has answered just now."""
    answers = _fresh_answers(list(created.values()))
    return [
        lookup
        for lookup, answer in zip(created, answers, strict=True)
        if answer and questions.is_twin(answer, lookup)
    ]


def _judge_over_limit(
    created: Iterable[Lookup], waiting: Mapping[Lookup, list[Judged]]
) -> list[Lookup]:
    """Judge the first record of each lookup that a limit forbids; return these lookups.

    Only the first record, which causes the lookup, counts towards the limits; once, if another
    provider has passed it on.
    """
    lookups = [lookup for lookup in created if not waiting[lookup][0].record.lookup_id]
    kinds = limits.admit([waiting[lookup][0].record for lookup in lookups])
    forbidden = {
        lookup: f"Too many lookups for one {kind}: LIMITS allows {app_settings.LIMITS[kind]}."
        for lookup, kind in zip(lookups, kinds, strict=True)
        if kind is not None
    }
    settlement.write(
        [waiting[lookup].pop(0).on(Basis.LIMIT, note) for lookup, note in forbidden.items()]
    )
    return list(forbidden)


def _requeue_and_delete(
    lookups: Collection[Lookup], waiting: dict[Lookup, list[Judged]], created: dict[Lookup, Plan]
) -> list[Judged]:
    """Delete created lookups again; return their records, which stay in the queue."""
    queued = [one for lookup in lookups for one in waiting.pop(lookup)]
    for lookup in lookups:
        del created[lookup]
    if lookups:
        Lookup.objects.filter(pk__in=[lookup.pk for lookup in lookups]).delete()
    return queued


def _save_waiting(waiting: Mapping[Lookup, Iterable[Judged]]) -> None:
    """Save each record as waiting for its lookup."""
    for lookup, judged in waiting.items():
        for one in judged:
            one.record.state, one.record.lookup = RecordState.WAITING, lookup
    bulk_update(_records(waiting), ("state", "lookup"))


def _records(
    waiting: Mapping[Lookup, Iterable[Judged]], *, without: Collection[Lookup] = ()
) -> list[NumberInsightRecord]:
    """Return the records of all lookups but those in `without`, in order of keys."""
    records = (
        one.record for lookup, judged in waiting.items() if lookup not in without for one in judged
    )
    return sorted(records, key=attrgetter("pk"))
