"""Intake: from records in the queue to the questions that are worth their price.

In one short transaction: free facts, lists, history and earlier answers first; what can still
change a verdict makes or joins a lookup, and what was made is claimed at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from django.db import transaction

from number_insight import joining, judging, limits, lookups, planning, settling
from number_insight.choices import Basis, RecordState
from number_insight.conf import app_settings
from number_insight.gate import gate
from number_insight.insight import Insight
from number_insight.locking import locked, unlocked, write
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.planning import Plan


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of records that were taken in, beyond those that are judged already."""

    claims: list[lookups.Claim] = field(default_factory=list)
    """To be asked now."""
    waiting: list[NumberInsightRecord] = field(default_factory=list)
    """Wait for a lookup that is not claimed here."""
    again: list[NumberInsightRecord] = field(default_factory=list)
    """Still in the queue: what they would have asked was settled just now."""


Wanted = tuple[NumberInsightRecord, Plan]


def take_in(record_id: int | None, *, company: int = 0) -> Taken:
    """Take in a record, if it is in the queue, and up to `company` of those that wait there too.

    If somebody has taken the record along, another one comes in its place: a ring is for so many.
    """
    taken = Taken()
    with gate.inside(), transaction.atomic():
        records = _queued(record_id, company)
        sitting = judging.Sitting()
        wanted = _worth_asking(records, sitting) if records else []
        if wanted:
            _wait_for_lookups(wanted, sitting, taken)
    return taken


def _queued(record_id: int | None, company: int) -> list[NumberInsightRecord]:
    """Return the records, locked; what somebody else is at work on keeps nobody waiting."""
    queued = NumberInsightRecord.objects.filter(state=RecordState.QUEUED)
    records = [] if record_id is None else locked(queued.filter(pk=record_id))
    if company:
        others = queued.filter(note="").exclude(pk__in=[record.pk for record in records])
        records += unlocked(others, 1 + company - len(records), order="created_at")
    return records


def _worth_asking(records: Sequence[NumberInsightRecord], sitting: judging.Sitting) -> list[Wanted]:
    """Judge what needs no purchase, and return the others with what to ask."""
    alone: list[settling.Case] = []
    wanted: list[Wanted] = []
    asking: list[Wanted] = []
    sitting.look_back((record, judging.local_grounds(record, Basis.FREE)) for record in records)
    for record in records:
        plan = planning.plan_for(record, sitting=sitting)
        if plan.question is None:
            alone.append((record, _free(plan.basis)))
        else:
            wanted.append((record, plan))
    known = _known([plan for _record, plan in wanted])
    reused = [_reused(lookup) for lookup in known]
    sitting.look_back((case[0], it) for case, it in zip(wanted, reused, strict=True) if it)
    for (record, plan), grounds in zip(wanted, reused, strict=True):
        if grounds is not None and planning.suffices(record, grounds, sitting):
            alone.append((record, partial(_given, grounds)))
        else:
            asking.append((record, plan))
    settling.judge(alone, sitting)
    return asking


def _given(grounds: judging.Grounds, _record: NumberInsightRecord) -> judging.Grounds:
    return grounds


def _free(basis: str, note: str = "") -> settling.Grounding:
    return lambda record: replace(judging.local_grounds(record, basis), note=note)


def _known(plans: Sequence[Plan]) -> list[Lookup | None]:
    """Return for each plan the earlier answer that may be reused, in a query a provider."""
    found: dict[int, Lookup | None] = {}
    for provider in {plan.provider for plan in plans}:
        mine = [plan for plan in plans if plan.provider == provider]
        answers = joining.fresh_all([plan.ask[0] for plan in mine], provider=provider)
        found |= {id(plan): answer for plan, answer in zip(mine, answers, strict=True)}
    return [found[id(plan)] for plan in plans]


def _reused(lookup: Lookup | None) -> judging.Grounds | None:
    if lookup is None or lookup.insight is None:
        return None
    return judging.answer_grounds(lookup, Insight.from_json(lookup.insight), Basis.REUSED)


def _wait_for_lookups(wanted: Sequence[Wanted], sitting: judging.Sitting, taken: Taken) -> None:
    """Make or join a lookup for each, and claim those that were made."""
    parties = _parties(wanted, taken)
    late = _answered_meanwhile(parties)
    _disperse(late, taken)
    forbidden = _forbidden([party for party in parties if party.is_new and party not in late])
    settling.judge([(party.records.pop(0), grounds) for party, grounds in forbidden], sitting)
    _disperse([party for party, _grounds in forbidden], taken)
    parties = [party for party in parties if party.records]
    for party in parties:
        for record in party.records:
            record.state, record.lookup = RecordState.WAITING, party.lookup
    write([record for party in parties for record in party.records], ["state", "lookup"])
    made = [party.lookup for party in parties if party.is_new]
    taken.claims = lookups.take(made, lookups_are_on=sitting.lookups_are_on)
    claimed = {claim.lookup.pk for claim in taken.claims}
    taken.waiting = [
        record for party in parties if party.lookup.pk not in claimed for record in party.records
    ]


@dataclass(slots=True, kw_only=True, eq=False)
class _Party:
    """The records that wait for one lookup, and whether it was made for the first of them."""

    lookup: Lookup
    plan: Plan
    is_new: bool
    records: list[NumberInsightRecord] = field(default_factory=list)


def _parties(wanted: Sequence[Wanted], taken: Taken) -> list[_Party]:
    asks = [plan.ask for _record, plan in wanted]
    found: dict[int, _Party] = {}
    for (record, plan), (lookup, is_new) in zip(wanted, joining.join_all(asks), strict=True):
        if lookup is None:
            taken.again.append(record)
        else:
            party = _Party(lookup=lookup, plan=plan, is_new=is_new)
            found.setdefault(lookup.pk, party).records.append(record)
    return list(found.values())


def _answered_meanwhile(parties: Iterable[_Party]) -> list[_Party]:
    """Return those whose lookup need not be asked: the one before it was answered just now."""
    made = [party for party in parties if party.is_new]
    twins = _known([party.plan for party in made])
    return [
        party
        for party, twin in zip(made, twins, strict=True)
        if twin and joining.is_twin(twin, party.lookup)
    ]


def _forbidden(parties: Sequence[_Party]) -> list[tuple[_Party, settling.Grounding]]:
    """Return those whose first record may cause no lookup, and what it is judged on instead.

    Only who causes a lookup is counted; those who join it cause none.
    """
    kinds = limits.admit_all([party.records[0] for party in parties])
    return [
        (party, _free(Basis.LIMIT, _too_many(kind)))
        for party, kind in zip(parties, kinds, strict=True)
        if kind is not None
    ]


def _too_many(kind: str) -> str:
    return f"Too many lookups for one {kind}: LIMITS allows {app_settings.LIMITS[kind]}."


def _disperse(parties: Sequence[_Party], taken: Taken) -> None:
    """Take back the lookups that were made in vain; their records start over."""
    for party in parties:
        taken.again += party.records
        party.records = []
    if parties:
        Lookup.objects.filter(pk__in=[party.lookup.pk for party in parties]).delete()
