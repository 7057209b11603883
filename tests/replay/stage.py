"""What the tests of replay and backfill do again and again."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.personas.answers import answer
from tests.models import Customer
from tests.support.stage import command

VIRTUAL = "number_insight.rules.line.Virtual"
MISMATCH = "number_insight.rules.place.IPMismatch"
UNDELIVERABLE = "number_insight.rules.validity.Undeliverable"


def rule(path: str, **options: Any) -> dict[str, Any]:
    return {"NAME": path, "OPTIONS": options}


def run(*arguments: Any, **options: Any) -> str:
    """Return what ``number_insight_replay`` prints."""
    return command("replay", *arguments, **options)


def replayed(*arguments: Any) -> dict[str, Any]:
    """Return the JSON that ``number_insight_replay`` prints."""
    document: dict[str, Any] = json.loads(run("--json", *arguments))
    return document


def rules_file(folder: Path, content: Any) -> str:
    path = folder / "rules.json"
    path.write_text(json.dumps(content))
    return str(path)


def seed(count: int, *, kept_live: bool = False, seed: int = 7) -> None:
    """Write `count` judged records with answers of all kinds, spread over some days."""
    dice = random.Random(seed)
    kind = ContentType.objects.get_for_model(Customer)
    begun = timezone.now() - timedelta(days=4)
    nets = 1 + count // 5000
    answers = [
        _insight(dice, index, net=8 + index % nets, kept_live=kept_live) for index in range(count)
    ]
    lookups = Lookup.objects.bulk_create(
        Lookup(
            number=number,
            level="advanced",
            provider="default",
            state="answered",
            insight=insight,
            ip_address=insight["ip"]["address"],
        )
        for number, insight in answers
    )
    column = NumberInsightRecord._meta.get_field("created_at")
    with mock.patch.object(column, "auto_now_add", False):
        records = [_record(dice, lookup, index, kind) for index, lookup in enumerate(lookups)]
        _spread(records, begun)
        NumberInsightRecord.objects.bulk_create(records, batch_size=1000)


def _insight(
    dice: random.Random, index: int, *, net: int, kept_live: bool
) -> tuple[str, dict[str, Any]]:
    """Return a number, out of few blocks so that some come twice, and an answer about it."""
    number = f"+4670{dice.randrange(1740000, 1740000 + max(100, index // 2 + 100)):07d}"
    ip = f"8.{net}.{dice.randrange(3)}.{dice.randrange(1, 60)}"
    insight = answer("+46701740605", "advanced", ip=ip).as_json()
    insight["number"] = number.removeprefix("+")
    insight["line_type"] = dice.choice(["mobile", "mobile", "virtual", "landline", "pager"])
    insight["valid_number"] = dice.choice(["valid", "valid", "not_valid", "unknown"])
    match, country = dice.choice([("country", "SE"), ("mismatch", "NG")])
    insight["ip"] = {"address": ip, "match": match, "country": country, "city": None}
    live = {"reachable": dice.choice(["reachable", "absent", "undeliverable"])}
    insight |= live if kept_live else {"reachable": "unknown", "real_time": None}
    insight["roaming"] = {**insight["roaming"], "status": "not_roaming" if kept_live else "unknown"}
    return number, insight


def _record(dice: random.Random, lookup: Lookup, index: int, kind: ContentType) -> Any:
    carrier = (lookup.insight or {}).get("current_carrier") or {}
    return NumberInsightRecord(
        number=lookup.number,
        lookup=lookup,
        level="advanced",
        state="screened",
        basis="answer",
        verdict="allow",
        announced_verdict="allow",
        source=dice.choice(["signup", "signup", "signup", "backfill"]),
        subject_type=kind if dice.random() < 0.9 else None,
        subject_id=str(index % 977) if dice.random() < 0.9 else "",
        ip_address=lookup.ip_address,
        ip_country=(lookup.insight or {})["ip"]["country"],
        carrier_name=carrier.get("name") or "",
        country="SE",
        decision=dice.choice(["", "", "", "", "released", "refused"]),
    )


def _spread(records: list[Any], begun: datetime) -> None:
    """Give the records times: in order, in bursts, and some decided a while later."""
    at, dice = begun, random.Random(11)
    for record in records:
        at += timedelta(seconds=dice.choice([1, 5, 60, 200]) * min(1.0, 2000 / len(records)))
        record.created_at = at
        record.decided_at = at + timedelta(minutes=dice.randrange(600)) if record.decision else None
