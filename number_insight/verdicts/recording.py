"""Recording: the writing of judgements to records, with facts, flags and verdicts.

All functions run inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN, Insight
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import FLAGGED, Basis, RecordState
from number_insight.models.records import LIVE_KEPT_FOR
from number_insight.rules.lists import decisive
from number_insight.rules.live import without_details, without_live
from number_insight.rules.scoring import Flag
from number_insight.transactions import after_commit, bulk_update
from number_insight.verdicts import announcing, judging, lists, rule_faults, rules_in_force
from number_insight.verdicts.grounds import WITHOUT_ANSWER, Case
from number_insight.verdicts.judging import Judged
from number_insight.wording import gettext_noop

COUNTRY_MESSAGE = gettext_noop("Numbers of %(country)s are not looked up in this project.")
FACTS = (
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
)
"""The columns for facts of an insight."""
WRITTEN = (
    *FACTS,
    "state",
    "basis",
    "lane",
    "verdict",
    "announced_verdict",
    "score",
    "note",
    "not_evaluable",
    "raised_rules",
    "rules_key",
    "history",
    "screened_at",
    "live_until",
    "lookup",
    "level",
    "cost",
)
"""The columns that a judgement may write; a decision is not among them."""


def judge(cases: Sequence[Case]) -> None:
    """Judge `cases`, whose records are locked, and write the judgements."""
    write(judging.judge(cases))


def write(judged: Sequence[Judged]) -> None:
    """Write facts, flags and verdict on the records of `judged`, which are locked."""
    if not judged:
        return
    judged_before = [one.record.pk for one in judged if one.record.screened_at]
    for one in judged:
        _count(one)
        _fill(one)
    records = [one.record for one in judged]
    announcing.announce_on_commit(records)
    bulk_update(records, WRITTEN)
    if judged_before:
        RiskFlag.objects.filter(record__in=judged_before).delete()
    write_flags((one.record, one.judgement.flags) for one in judged)
    after_commit(rules_in_force.remember)


def _count(one: Judged) -> None:
    """Count the deciding list entry and the rules that raised, on commit.

    An earlier write would hold rows that other transactions write too.
    """
    judgement, entry = one.judgement, decisive(one.signup.listed)
    is_first = one.record.screened_at is None
    decided = any(flag.group == "lists" and not flag.shadow for flag in judgement.flags)
    if is_first and decided and entry is not None and entry.entry_id is not None:
        after_commit(lists.count_hit, entry.entry_id)
    if judgement.raised or one.recovered:
        after_commit(rule_faults.note, judgement.raised, one.recovered, judgement.errors)


def _fill(one: Judged) -> None:
    """Set the columns of the record, without saving it."""
    case, judgement, record = one.case, one.judgement, one.record
    write_facts(record, one.insight if app_settings.keeps_live_data else one.insight.without_live())
    record.state = RecordState.FAILED if case.basis in WITHOUT_ANSWER else RecordState.SCREENED
    record.basis, record.lane, record.verdict = case.basis, one.lane, one.verdict
    record.score, record.note = judgement.score, case.note
    record.not_evaluable = list(judgement.not_evaluable)
    record.raised_rules = [*judgement.raised, *judgement.raised_in_shadow]
    record.rules_key = rules_in_force.key_of(loading.rules())
    record.history = {name: value for name, value in one.history.items() if name != "listed"}
    record.screened_at = timezone.now()
    is_kept = keeps_findings(record, one.verdict) and any(flag.live for flag in judgement.flags)
    record.live_until = record.screened_at + LIVE_KEPT_FOR if is_kept else None
    if case.lookup is not None:
        record.lookup, record.level = case.lookup, case.lookup.level


def write_facts(record: NumberInsightRecord, insight: Insight) -> None:
    """Set the columns of `record` for facts of `insight`, without saving it."""
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


def write_flags(flagged: Iterable[tuple[NumberInsightRecord, Iterable[Flag]]]) -> None:
    """Insert the flags of each record, as far as they may be stored."""
    rows = [
        row_of(record.pk, flag)
        for record, flags in flagged
        for flag in stored(record, record.verdict, flags)
    ]
    if rows:
        RiskFlag.objects.bulk_create(rows)


def stored(record: Any, verdict: str, flags: Iterable[Flag]) -> Iterable[Flag]:
    """Return the flags to store: without live data, and with one for an unscreened country.

    `record` is a `NumberInsightRecord`, or a row with its columns, that gets the `verdict`.
    """
    flags = list(flags)
    if record.basis == Basis.COUNTRY:
        params = {"country": record.country or "?"}
        flags.append(
            Flag(code="country_not_screened", weight=0, message=COUNTRY_MESSAGE, params=params)
        )
    if app_settings.keeps_live_data:
        return flags
    return without_details(flags) if keeps_findings(record, verdict) else without_live(flags)


def keeps_findings(record: Any, verdict: str) -> bool:
    """Return whether live flags keep code and text, since a person has to decide on them."""
    if app_settings.STORE_LIVE != "review" or verdict not in FLAGGED:
        return False
    return not record.decision and record.state != RecordState.REFUSED


def row_of(record_id: int, flag: Flag) -> RiskFlag:
    """Return `flag` as an unsaved row."""
    return RiskFlag(
        record_id=record_id,
        code=flag.code[:50],
        group=flag.group[:50],
        weight=flag.weight,
        counted=flag.counted,
        shadow=flag.shadow,
        live=flag.live,
        message=flag.message[:300],
        evidence=dict(flag.params),
    )
