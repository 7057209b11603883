"""Writing: the differing outcomes of a replay replace verdicts, scores and flags."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import Decision
from number_insight.models.records import LIVE_KEPT_FOR
from number_insight.replay.report import Outcome
from number_insight.replay.rulesets import RuleSet
from number_insight.rules.scoring import Flag
from number_insight.transactions import retry_deadlock
from number_insight.verdicts import judging, recording, rules_in_force


def write(rule_set: RuleSet, outcomes: Iterable[Outcome]) -> int:
    """Write the differing outcomes in one transaction; return their number."""
    rules_in_force.remember(rule_set.rules)
    changes: dict[_Change, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if _differs(outcome):
            changes[_change(outcome)].append(outcome)
    if not changes:
        return 0
    return _write(changes, rules_in_force.key_of(rule_set.rules))


@retry_deadlock
def _write(changes: Mapping[_Change, Sequence[Outcome]], key: str) -> int:
    with transaction.atomic():
        written = [
            outcome for change, same in changes.items() for outcome in _rewrite(change, same, key)
        ]
        RiskFlag.objects.filter(record__in=[one.case.record.pk for one in written]).delete()
        RiskFlag.objects.bulk_create(
            recording.row_of(one.case.record.pk, flag) for one in written for flag in one.flags
        )
        _limit_live_flags(written)
    return len(written)


def _limit_live_flags(written: Iterable[Outcome]) -> None:
    """Let live flags that were stored for good, under another setting, be merged one day."""
    if app_settings.keeps_live_data:
        return
    keys = [one.case.record.pk for one in written if any(flag.live for flag in one.flags)]
    if keys:
        lasting = NumberInsightRecord.objects.filter(pk__in=keys, live_until=None)
        lasting.update(live_until=timezone.now() + LIVE_KEPT_FOR)


def _differs(outcome: Outcome) -> bool:
    if outcome.judgement is None or outcome.case.record.decision:
        return False
    if outcome.is_changed or outcome.judgement.score != outcome.case.record.score:
        return True
    before, now = outcome.case.flags, outcome.flags
    return bool(before or now) and _written(now) != _written(before)


def _written(flags: Iterable[Flag]) -> Counter[tuple[Any, ...]]:
    return Counter(
        (f.code, f.group, f.weight, f.counted, f.shadow, f.message, _plain(f)) for f in flags
    )


def _plain(flag: Flag) -> str:
    return json.dumps(dict(flag.params), sort_keys=True, default=str)


class _Change(NamedTuple):
    """The stored and the new columns of a record: mostly the same for several of a batch."""

    state: str
    old_verdict: str
    old_score: int
    old_announced: str
    verdict: str
    score: int
    announced: str
    lane: str
    not_evaluable: tuple[str, ...]
    raised: tuple[str, ...]


def _change(outcome: Outcome) -> _Change:
    record, judgement = outcome.case.record, outcome.judgement
    assert judgement is not None
    # Who was told the old verdict is not told the new one: what a replay finds is for people.
    was_told = record.announced_verdict == record.verdict
    return _Change(
        state=record.state,
        old_verdict=record.verdict,
        old_score=record.score,
        old_announced=record.announced_verdict,
        verdict=outcome.verdict,
        score=judgement.score,
        announced=outcome.verdict if was_told else record.announced_verdict,
        lane=judging.lane_of(record.basis, judgement),
        not_evaluable=judgement.not_evaluable,
        raised=(*judgement.raised, *judgement.raised_in_shadow),
    )


def _rewrite(change: _Change, outcomes: Sequence[Outcome], key: str) -> Sequence[Outcome]:
    """Write `change` on those records that nobody has decided or judged meanwhile; return them."""
    keys = [outcome.case.record.pk for outcome in outcomes]
    undecided = NumberInsightRecord.objects.filter(pk__in=keys, decision=Decision.NONE)
    written = undecided.filter(
        state=change.state,
        verdict=change.old_verdict,
        score=change.old_score,
        announced_verdict=change.old_announced,
    ).update(
        announced_verdict=change.announced,
        verdict=change.verdict,
        score=change.score,
        lane=change.lane,
        not_evaluable=list(change.not_evaluable),
        raised_rules=list(change.raised),
        rules_key=key,
    )
    if written == len(keys):
        return outcomes
    now = undecided.filter(verdict=change.verdict, score=change.score, rules_key=key)
    ours = set(now.values_list("pk", flat=True))
    return [outcome for outcome in outcomes if outcome.case.record.pk in ours]
