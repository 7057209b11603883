"""Recording: a judgement is written on its record, with facts, flags and verdict.

Everything here runs inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from number_insight import announcing, keeping, listing, loading, rule_faults, rules_in_force
from number_insight.choices import RecordState
from number_insight.commits import after_commit
from number_insight.conf import app_settings
from number_insight.judging import (
    WITHOUT_ANSWER,
    Consideration,
    Grounds,
    Sitting,
    lane_of,
    least,
)
from number_insight.locking import write
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.rules.lists import decisive
from number_insight.verdict import severer

Case = tuple[NumberInsightRecord, Grounds]
"""A record, and what it is judged on."""

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
    "announced_verdict",
    "score",
    "note",
    "not_evaluable",
    "raised_rules",
    "rules_key",
    "history",
    "screened_at",
    "lookup",
    "level",
    "cost",
]
"""The columns that `settle` may write; a decision is not among them."""


def settle(cases: Sequence[Case], sitting: Sitting | None = None) -> None:
    """Judge the records of `cases`, which are locked, and write facts, flags and verdicts."""
    sitting = sitting or Sitting()
    sitting.look_back(cases)
    judged = [(record, grounds, sitting.consider(record, grounds)) for record, grounds in cases]
    again = [record.pk for record, _grounds in cases if record.screened_at]
    for record, grounds, considered in judged:
        _remember(considered, is_first=record.screened_at is None)
        _fill(record, grounds, considered)
    records = [record for record, _grounds in cases]
    announcing.announce_on_commit(records)
    write(records, WRITTEN)
    if again:
        RiskFlag.objects.filter(record__in=again).delete()
    keeping.write_flags(
        (record, (*considered.judgement.flags, *keeping.extra_flags(record, grounds.basis)))
        for record, grounds, considered in judged
    )
    after_commit(rules_in_force.remember)


def _fill(record: NumberInsightRecord, grounds: Grounds, considered: Consideration) -> None:
    """Put what was found into the columns of `record`, without saving it."""
    judgement, insight = considered.judgement, considered.insight
    keeping.write_facts(record, insight if app_settings.STORE_LIVE else insight.without_live())
    record.state = RecordState.FAILED if grounds.basis in WITHOUT_ANSWER else RecordState.SCREENED
    record.basis, record.lane = grounds.basis, lane_of(grounds.basis, judgement)
    record.verdict = severer(judgement.verdict, least(grounds.basis))
    record.score, record.note = judgement.score, grounds.note
    record.not_evaluable = list(judgement.not_evaluable)
    record.raised_rules = [*judgement.raised, *judgement.raised_in_shadow]
    record.rules_key = rules_in_force.key_of(loading.rules())
    record.history = {name: it for name, it in considered.past.items() if name != "listed"}
    record.screened_at = timezone.now()
    if grounds.lookup is not None:
        record.lookup, record.level = grounds.lookup, grounds.lookup.level


def _remember(considered: Consideration, *, is_first: bool) -> None:
    """Count on commit which entry decided and which rules raised: others write these rows too."""
    judgement, entry = considered.judgement, decisive(considered.signup.listed)
    decided = any(flag.group == "lists" and not flag.shadow for flag in judgement.flags)
    if is_first and decided and entry is not None and entry.entry_id is not None:
        after_commit(listing.count_hit, entry.entry_id)
    if judgement.raised or considered.recovered:
        after_commit(rule_faults.note, judgement.raised, considered.recovered)
