"""A replay of a changed rule set comes to what judging every record anew comes to.

``NI_EQUALITY_RECORDS`` says how many records are seeded; docs/reliability.md names the command.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from number_insight.insight import Insight
from number_insight.models import ListEntry, NumberInsightRecord, RiskFlag
from number_insight.rules.live import LIVE_CODE
from number_insight.screening.batch import BATCH_SIZE
from number_insight.verdicts import grounds, judging
from number_insight.verdicts.grounds import Case
from tests.benchmarks.seeding import Population
from tests.models import Customer
from tests.replay.stage import seed
from tests.support.stage import fake

pytestmark = [pytest.mark.bench, pytest.mark.django_db]

RECORDS = int(os.environ.get("NI_EQUALITY_RECORDS", "1000"))
CHANGED: dict[str, Any] = {
    "WEIGHTS": {"virtual": 80, "toll_free": 10, "ip_volume": 60, "number_reused": 45},
    "THRESHOLDS": {"review": 25, "deny": 75},
}
CHUNK = 1000

Found = tuple[str, int, tuple[tuple[Any, ...], ...]]
"""A verdict, its score and its flags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """What judging one by one has come to: each record's old verdict, and what it is now."""

    before: dict[int, str]
    now: dict[int, Found]

    @property
    def matrix(self) -> dict[str, int]:
        pairs = ((self.before[pk], found[0]) for pk, found in self.now.items())
        return dict(sorted(Counter(f"{old}->{new}" for old, new in pairs).items()))


def seed_kept() -> None:
    """Seed records of a busy week: numbers that return, bursts, lists, and live facts kept."""
    seed(RECORDS, kept_live=True)


def seed_forgotten() -> None:
    """Seed a likely mix of signups, with live facts forgotten, as sites do.

    It writes records as if nothing had happened before them, so their stored history is dropped.
    Where something was found in them, nobody can judge anew.
    """
    for _ in Population(Customer(name="Somebody"), "phone").write(RECORDS):
        pass
    NumberInsightRecord.objects.filter(flags__code=LIVE_CODE).delete()
    NumberInsightRecord.objects.update(history={})


def judged_anew() -> Anew:
    """Judge as a worker does, batch by batch: each record on the answer to its lookup."""
    anew = Anew(before={}, now={})
    for records in batches():
        for one in judging.judge([_case(record) for record in records]):
            record, judgement = one.case.record, one.judgement
            flags = ((f.code, f.weight, f.counted, f.shadow) for f in judgement.flags)
            anew.before[record.pk] = record.verdict
            anew.now[record.pk] = (one.verdict, judgement.score, tuple(sorted(flags)))
    return anew


def _case(record: NumberInsightRecord) -> Case:
    insight = Insight.from_json(record.lookup.insight)
    return grounds.answered(record, record.lookup, insight, record.basis)


def batches() -> Iterator[list[NumberInsightRecord]]:
    records = NumberInsightRecord.objects.select_related("lookup").order_by("pk")
    waiting = records.iterator(chunk_size=CHUNK)
    while batch := list(islice(waiting, BATCH_SIZE)):
        yield batch


def stored() -> dict[int, Found]:
    """Return what is written on each record now."""
    flags: dict[int, list[tuple[Any, ...]]] = {}
    columns = ("record_id", "code", "weight", "counted", "shadow")
    for pk, *flag in RiskFlag.objects.values_list(*columns):
        flags.setdefault(pk, []).append(tuple(flag))
    rows = NumberInsightRecord.objects.values_list("pk", "verdict", "score")
    return {pk: (verdict, score, tuple(sorted(flags.get(pk, ())))) for pk, verdict, score in rows}


def replayed(rules: Path, *words: str) -> dict[str, Any]:
    """Return the JSON that ``number_insight_replay`` prints."""
    out = StringIO()
    asked = ("--json", "--rules", str(rules), *words)
    call_command("number_insight_replay", *asked, stdout=out, stderr=StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def undecided() -> set[int]:
    return set(NumberInsightRecord.objects.filter(decision="").values_list("pk", flat=True))


@pytest.mark.parametrize(("sow", "keeps_live"), [(seed_kept, True), (seed_forgotten, False)])
def test_a_replay_gives_the_verdicts_of_judging_anew(
    sow: Callable[[], None], keeps_live: bool, tmp_path: Path
) -> None:
    rules = tmp_path / "changed.json"
    rules.write_text(json.dumps(CHANGED))
    with override_settings(NUMBER_INSIGHT=fake(STORE_LIVE=keeps_live)):
        sow()
        ListEntry.objects.create(action="deny", match="prefix", value="+46701740")
        ListEntry.objects.create(action="allow", match="ip", value="81.2.64.0/20")
        told = replayed(rules)
    with override_settings(NUMBER_INSIGHT=fake(STORE_LIVE=keeps_live, **CHANGED)):
        anew = judged_anew()
    assert told["records"] == len(anew.now) > 0.9 * RECORDS
    assert (told["matrix"], told["cannot_tell"]) == (anew.matrix, 0)
    assert told["changed"] > RECORDS / 100, "the other rules change too little to be a test"
    with override_settings(NUMBER_INSIGHT=fake(STORE_LIVE=keeps_live)):
        replayed(rules, "--apply")
    written, open_ones = stored(), undecided()
    assert len(open_ones) > RECORDS / 2
    assert {pk: written[pk] for pk in open_ones} == {pk: anew.now[pk] for pk in open_ones}
