"""A batch: records taken from the queue, and the questions that are worth their price.

In one short transaction: free facts, lists, history and earlier answers first; a record whose
verdict can still change makes or joins a lookup, and the lookups that were made are claimed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from django.db import transaction

from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.lookups import claims, limits, questions
from number_insight.lookups.claims import Claim
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis, RecordState
from number_insight.screening import planning, settlement
from number_insight.screening.planning import Plan
from number_insight.transactions import bulk_update, lock, lock_available
from number_insight.verdicts import grounds, judging, rule_faults
from number_insight.verdicts.judging import Faults, Judged

BATCH_SIZE = 16
"""Queued records that one task screens, its own included."""

Request = tuple[Judged, Plan]
"""A record whose verdict an answer could change, and the plan to get one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records that were taken from the queue and are not judged yet.

    `claims` are to be put now, `waiting` wait for a lookup that is not claimed here, and `again`
    are still in the queue, since what they would have asked was settled just now.
    """

    claims: Sequence[Claim] = ()
    waiting: Sequence[NumberInsightRecord] = ()
    again: Sequence[NumberInsightRecord] = ()


def take(record_id: int | None, *, limit: int = 1) -> Batch:
    """Take a record from the queue, if it is there, and others along, `limit` in all.

    If another worker already took this record, one more from the queue is taken: each message
    stands for a full batch.
    """
    with transaction.atomic():
        records = _lock_queued(record_id, limit)
        requests = _judge_what_is_known(records) if records else []
        return _make_or_join(requests) if requests else Batch()


def _lock_queued(record_id: int | None, limit: int) -> list[NumberInsightRecord]:
    """Return the records, locked; those that other transactions hold are skipped."""
    queued = NumberInsightRecord.objects.filter(state=RecordState.QUEUED)
    records = [] if record_id is None else lock(queued.filter(pk=record_id))
    if limit > 1:
        others = queued.filter(note="").exclude(pk__in=[record.pk for record in records])
        records += lock_available(others, limit - len(records), order="created_at")
    return records


def _judge_what_is_known(records: Sequence[NumberInsightRecord]) -> list[Request]:
    """Write the verdicts that need no purchase, and return the records that do."""
    faults = rule_faults.known()
    judged = judging.judge([grounds.local(record) for record in records], faults=faults)
    plans = planning.plans(judged)
    requests = [(one, plan) for one, plan in zip(judged, plans, strict=True) if plan.question]
    settled = [
        one.on(plan.basis, plan.note)
        for one, plan in zip(judged, plans, strict=True)
        if not plan.question
    ]
    reused = _judge_on_earlier_answers(requests, faults)
    settlement.write([*settled, *reused.values()])
    return [request for request in requests if request[0].case.record.pk not in reused]


def _judge_on_earlier_answers(requests: Sequence[Request], faults: Faults) -> dict[int, Judged]:
    """Return the records that an earlier answer is enough for, judged on it, by their keys."""
    rules = planning.active_rules([one for one, _plan in requests])
    answers = _fresh_answers([plan for _one, plan in requests])
    judged = judging.judge(
        [
            grounds.answered(
                one.case.record, lookup, Insight.from_json(lookup.insight), Basis.REUSED
            )
            for (one, _plan), lookup in zip(requests, answers, strict=True)
            if lookup is not None and lookup.insight is not None
        ],
        faults=faults,
    )
    return {one.case.record.pk: one for one in judged if planning.suffices(one, rules)}


def _fresh_answers(plans: Sequence[Plan]) -> list[Lookup | None]:
    """Return for each plan the earlier answer that may be reused, in a query a provider."""
    found: dict[int, Lookup | None] = {}
    for provider in {plan.provider for plan in plans}:
        places = [place for place, plan in enumerate(plans) if plan.provider == provider]
        answers = questions.fresh([plans[place].ask[0] for place in places], provider=provider)
        found |= dict(zip(places, answers, strict=True))
    return [found[place] for place in range(len(plans))]


def _make_or_join(requests: Sequence[Request]) -> Batch:
    """Make or join a lookup for each record, and claim the lookups that were made."""
    joined = questions.join([plan.ask for _one, plan in requests])
    waiters: dict[Lookup, list[Judged]] = defaultdict(list)
    made: dict[Lookup, Plan] = {}
    again: list[Judged] = []
    for (one, plan), (lookup, is_new) in zip(requests, joined, strict=True):
        if lookup is None:
            again.append(one)
            continue
        waiters[lookup].append(one)
        if is_new:
            made.setdefault(lookup, plan)
    again += _drop(_answered_meanwhile(made), waiters, made)
    again += _drop(_forbid(made, waiters), waiters, made)
    _wait(waiters)
    claimed = claims.take(list(made))
    return Batch(
        claims=claimed,
        waiting=_records(waiters, besides={claim.lookup for claim in claimed}),
        again=[one.case.record for one in again],
    )


def _answered_meanwhile(made: Mapping[Lookup, Plan]) -> list[Lookup]:
    """Return the lookups that need not be asked: the one before them was answered just now."""
    answers = _fresh_answers(list(made.values()))
    return [
        lookup
        for lookup, answer in zip(made, answers, strict=True)
        if answer and questions.is_twin(answer, lookup)
    ]


def _forbid(made: Iterable[Lookup], waiters: Mapping[Lookup, list[Judged]]) -> list[Lookup]:
    """Judge without a lookup the records that may cause none; return what they would have asked.

    Only the record that causes a lookup is counted; those that join it cause none.
    """
    lookups = list(made)
    kinds = limits.admit([waiters[lookup][0].case.record for lookup in lookups])
    forbidden = {
        lookup: kind for lookup, kind in zip(lookups, kinds, strict=True) if kind is not None
    }
    settlement.write(
        [
            waiters[lookup].pop(0).on(Basis.LIMIT, _too_many(kind))
            for lookup, kind in forbidden.items()
        ]
    )
    return list(forbidden)


def _too_many(kind: str) -> str:
    return f"Too many lookups for one {kind}: LIMITS allows {app_settings.LIMITS[kind]}."


def _drop(
    lookups: Collection[Lookup], waiters: dict[Lookup, list[Judged]], made: dict[Lookup, Plan]
) -> list[Judged]:
    """Delete lookups that were made in vain; return their records, which stay in the queue."""
    dropped = [one for lookup in lookups for one in waiters.pop(lookup)]
    for lookup in lookups:
        del made[lookup]
    if lookups:
        Lookup.objects.filter(pk__in=[lookup.pk for lookup in lookups]).delete()
    return dropped


def _wait(waiters: Mapping[Lookup, Iterable[Judged]]) -> None:
    """Let each record wait for its lookup."""
    for lookup, judged in waiters.items():
        for one in judged:
            one.case.record.state, one.case.record.lookup = RecordState.WAITING, lookup
    bulk_update(_records(waiters), ("state", "lookup"))


def _records(
    waiters: Mapping[Lookup, Iterable[Judged]], *, besides: Collection[Lookup] = ()
) -> list[NumberInsightRecord]:
    found = (one for lookup, judged in waiters.items() if lookup not in besides for one in judged)
    return sorted((one.case.record for one in found), key=attrgetter("pk"))
