"""From an insight to a judged record: the facts, the flags, the verdict, and who is told.

Everything here that writes runs inside the caller's transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from number_insight import loading, numbers, signals
from number_insight.choices import Basis, Lane, RecordState, Verdict
from number_insight.conf import app_settings
from number_insight.fingerprints import fingerprints
from number_insight.insight import UNKNOWN, Insight, IPMatch
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.rules.base import LIVE_SIGNALS, Signup, gettext_noop, judge, place
from number_insight.rules.live import without_live
from number_insight.verdict import Flag, Judgement, severer

logger = logging.getLogger("number_insight.judging")

MOST_COUNTED = 1000
"""Counting others stops here: no rule asks for more, and a busy IP must not cost a long scan."""
COUNTRY_MESSAGE = gettext_noop("Numbers of %(country)s are not looked up in this project.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a record is judged on: an insight, what could be told at all, and why this much."""

    insight: Insight
    signals: frozenset[str]
    basis: str
    lookup: Lookup | None = None
    note: str = ""


def local_grounds(record: NumberInsightRecord, basis: str) -> Grounds:
    """Return the free facts about the number of `record`."""
    insight = numbers.local_insight(record.number)
    known = {"country"} if insight.country else set()
    if insight.line_type != UNKNOWN:
        known.add("line_type")
    return Grounds(insight=insight, signals=frozenset(known), basis=basis)


def answer_grounds(lookup: Lookup, insight: Insight, basis: str) -> Grounds:
    """Return what `lookup` has told, with `insight` as it came or as it was kept."""
    provider = loading.provider(lookup.provider)
    told = provider.signals.get(lookup.level, frozenset())
    if not lookup.cnam:
        told -= {"caller"}
    if basis == Basis.REUSED and not app_settings.STORE_LIVE:
        told -= LIVE_SIGNALS
    return Grounds(insight=insight, signals=told, basis=basis, lookup=lookup)


def signup_of(record: NumberInsightRecord) -> Signup:
    """Return what the rules may know of the signup behind `record`."""
    return Signup(
        at=timezone.localtime(record.created_at or timezone.now()),
        number=record.number,
        ip=record.ip_address,
        ip_country=local_ip_country(record.ip_address),
        country=record.declared_country or None,
        name=record.declared_name or None,
        number_seen=_others(record, _same_number(record.number)),
        ip_seen=_others(record, Q(ip_address=record.ip_address)) if record.ip_address else 0,
    )


def _same_number(number: str) -> Q:
    """Return what finds the records of `number`, and those of them that were erased."""
    return Q(number=number) | Q(number_hash__in=fingerprints(number))


def _others(record: NumberInsightRecord, same: Q) -> int:
    rows = NumberInsightRecord.objects.filter(same, subject_type__isnull=False)
    if record.pk is not None:
        rows = rows.filter(pk__lt=record.pk)
    if record.subject_id:
        rows = rows.exclude(subject_type=record.subject_type_id, subject_id=record.subject_id)
    found = rows.order_by().values_list("subject_type", "subject_id").distinct()
    return len(found[:MOST_COUNTED])


def local_ip_country(ip: str | None) -> str | None:
    """Return the country of `ip` as ``IP_COUNTRY`` knows it; its faults are logged, not raised."""
    find = app_settings.IP_COUNTRY
    if find is None or not ip:
        return None
    try:
        return find(ip) or None
    except Exception as error:  # the project's own callable: its fault must not cost a verdict
        logger.error(
            "NUMBER_INSIGHT['IP_COUNTRY'] raised %s; the country is unknown.", place(error)
        )
        return None


def consider(record: NumberInsightRecord, grounds: Grounds) -> tuple[Judgement, Insight]:
    """Return what the active rules make of `record`, and the insight as it concerns its IP."""
    signup = signup_of(record)
    insight = _for_this_ip(grounds, signup)
    told = grounds.signals - {"ip_match"}
    if insight.ip.match != UNKNOWN or insight.ip.country:
        told |= {"ip_match"}
    judgement = judge(
        loading.rules(), insight, signup, signals=told, thresholds=app_settings.THRESHOLDS
    )
    return judgement, insight


def _for_this_ip(grounds: Grounds, signup: Signup) -> Insight:
    """Return the insight with the IP match of this signup: another visitor's is none of it."""
    insight, sent = _completed(grounds.insight, signup.number), _ip_sent(grounds)
    if insight.ip.match != UNKNOWN and sent and sent == signup.ip:
        return insight
    country = signup.ip_country
    match = UNKNOWN
    if country and insight.country:
        same = country == insight.country or numbers.shares_calling_code(country, insight.country)
        match = "country" if same else "mismatch"
    return replace(insight, ip=IPMatch(address=signup.ip, match=match, country=country))


def _completed(insight: Insight, number: str) -> Insight:
    """Return `insight` with the country from libphonenumber, where an answer left it out."""
    if insight.country:
        return insight
    local = numbers.local_insight(number)
    return replace(insight, country=local.country, country_prefix=local.country_prefix)


def _ip_sent(grounds: Grounds) -> str | None:
    return grounds.lookup.ip_address if grounds.lookup else None


def settle(record: NumberInsightRecord, grounds: Grounds) -> None:
    """Judge `record` on `grounds`, and write facts, flags and verdict."""
    judgement, insight = consider(record, grounds)
    verdict = severer(judgement.verdict, _least(grounds.basis))
    _write_facts(record, insight if app_settings.STORE_LIVE else insight.without_live())
    record.state = RecordState.FAILED if grounds.basis in _WITHOUT_ANSWER else RecordState.SCREENED
    record.basis, record.lane = grounds.basis, _lane(grounds.basis, judgement)
    record.verdict, record.score, record.note = verdict, judgement.score, grounds.note
    record.not_evaluable = list(judgement.not_evaluable)
    record.raised_rules = list(judgement.raised)
    judged_before, record.screened_at = record.screened_at, timezone.now()
    if grounds.lookup is not None:
        record.lookup, record.level = grounds.lookup, grounds.lookup.level
    record.save(update_fields=WRITTEN)
    if judged_before:
        record.flags.all().delete()
    _write_flags(record, (*judgement.flags, *_extra_flags(record, grounds.basis)))
    transaction.on_commit(partial(announce, record.pk), robust=True)


_UNPAID = (Basis.BUDGET, Basis.LIMIT)
_WITHOUT_ANSWER = (Basis.NO_ANSWER, Basis.DISABLED, *_UNPAID)

WRITTEN = [
    "line_type",
    "carrier_name",
    "carrier_country",
    "original_carrier_name",
    "country",
    "ported",
    "valid_number",
    "reachable",
    "roaming_status",
    "roaming_country",
    "ip_match",
    "ip_country",
    "caller_name",
    "caller_type",
    "state",
    "basis",
    "lane",
    "verdict",
    "score",
    "note",
    "not_evaluable",
    "raised_rules",
    "screened_at",
    "lookup",
    "level",
    "cost",
]
"""The columns that `settle` may write; a decision is not among them."""


def _least(basis: str) -> str:
    """Return the verdict that the lack of an answer calls for."""
    if basis in _UNPAID:
        return app_settings.ON_BUDGET
    if basis in _WITHOUT_ANSWER:
        return app_settings.ON_NO_ANSWER
    return Verdict.ALLOW.value


def _lane(basis: str, judgement: Judgement) -> str:
    if judgement.raised:
        return Lane.FAULT
    if basis in _UNPAID:
        return Lane.BUDGET
    if basis in _WITHOUT_ANSWER and judgement.verdict == Verdict.ALLOW:
        return Lane.NO_ANSWER
    return Lane.RISK


def _write_facts(record: NumberInsightRecord, insight: Insight) -> None:
    carrier, original = insight.current_carrier, insight.original_carrier
    record.line_type, record.ported = insight.line_type, insight.ported
    record.valid_number, record.reachable = insight.valid_number, insight.reachable
    record.country = insight.country or ""
    record.carrier_name = (carrier and carrier.name or "")[:200]
    record.carrier_country = (carrier and carrier.country) or ""
    record.original_carrier_name = (original and original.name or "")[:200]
    record.roaming_status = insight.roaming.status
    record.roaming_country = insight.roaming.country or ""
    record.ip_match, record.ip_country = insight.ip.match, insight.ip.country or ""
    record.caller_name = (insight.caller and insight.caller.name or "")[:200]
    record.caller_type = insight.caller.type if insight.caller else UNKNOWN


def _extra_flags(record: NumberInsightRecord, basis: str) -> Iterable[Flag]:
    if basis == Basis.COUNTRY:
        country = record.country or "?"
        yield Flag(
            code="country_not_screened",
            weight=0,
            message=COUNTRY_MESSAGE,
            params={"country": country},
        )


def _write_flags(record: NumberInsightRecord, flags: Iterable[Flag]) -> None:
    kept = flags if app_settings.STORE_LIVE else without_live(flags)
    RiskFlag.objects.bulk_create([_row(record, flag) for flag in kept])


def _row(record: NumberInsightRecord, flag: Flag) -> RiskFlag:
    return RiskFlag(
        record=record,
        code=flag.code[:50],
        group=flag.group[:50],
        weight=flag.weight,
        counted=flag.counted,
        message=flag.message[:300],
        evidence=dict(flag.params),
    )


def announce(record_id: int) -> None:
    """Tell the receivers a verdict that they do not know yet, and note that they were told."""
    record = NumberInsightRecord.objects.filter(pk=record_id).first()
    if record is None or record.verdict == record.announced_verdict:
        return
    previous = record.announced_verdict
    if previous == Verdict.PENDING:
        send(signals.record_screened, record=record, source=record.source)
    send(signals.verdict_changed, record=record, previous=previous, source=record.source)
    NumberInsightRecord.objects.filter(pk=record.pk).update(announced_verdict=record.verdict)


def send(signal: Any, **told: Any) -> None:
    """Send `signal` robustly; what a receiver raises is logged."""
    for receiver, answer in signal.send_robust(NumberInsightRecord, **told):
        if isinstance(answer, Exception):
            logger.error(
                "Receiver %r raised %s; it is not told again.", receiver, type(answer).__name__
            )


def cost_of(lookup: Lookup, record: NumberInsightRecord) -> Decimal:
    """Return what `record` cost: the first that waited bears the price, the others nothing."""
    first = NumberInsightRecord.objects.filter(lookup=lookup).order_by("pk").first()
    return lookup.cost if first is not None and first.pk == record.pk else Decimal(0)
