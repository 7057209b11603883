"""A site with a hundred thousand signups of 0.1.0 is read, judged and shown as before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Count, Sum
from django.test import Client

from number_insight import reviewing, screening
from number_insight.models import DecisionEvent, Lookup, NumberInsightRecord, RiskFlag, Spending
from number_insight.screening import sweeps
from tests.replay.stage import replayed, rules_file
from tests.upgrades.site import COUNT, EVENTS, FLAGS, USERS, Site

pytestmark = pytest.mark.django_db

STATES = ("state", "basis", "verdict", "score", "lane", "decision", "fraud")
LOOKED_AT = range(0, COUNT, 1009)
REPLAYED = 10_000
"""The records that are judged again, which are hundreds of each kind."""


def read(row: models.Model, stored: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the columns of `row` that read otherwise than they were `stored`, with both values."""
    fields = {field.attname: field for field in row._meta.concrete_fields}
    pairs = {name: (getattr(row, name), _value(fields[name], stored[name])) for name in stored}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _value(field: models.Field[Any, Any], stored: Any) -> Any:
    """Return the value that a column reads as, whose text is `stored`."""
    if stored is None:
        return None
    if isinstance(field, models.JSONField):
        return json.loads(stored)
    if isinstance(field, models.DecimalField):
        return Decimal(str(stored))
    value = field.to_python(stored)
    is_moment = isinstance(field, models.DateTimeField)
    return value.replace(tzinfo=timezone.utc) if is_moment else value


def test_no_row_is_lost(site: Site) -> None:
    assert NumberInsightRecord.objects.count() == COUNT
    assert Lookup.objects.count() == COUNT - site.counted(lambda row: row["lookup_id"])[None]
    copies = site.counted(lambda row: row["id"])
    for model, table in ((RiskFlag, FLAGS), (DecisionEvent, EVENTS)):
        rows = site.tables[table]
        assert model.objects.count() == sum(copies[row["record_id"]] for row in rows)
    for table, rows in site.rest():
        model = next(each for each in apps.get_models() if each._meta.db_table == table)
        assert model._base_manager.count() == len(rows) > 0, table


def test_verdicts_and_decisions_are_those_of_before(site: Site) -> None:
    rows = NumberInsightRecord.objects.order_by().values_list(*STATES).annotate(Count("pk"))
    found = Counter({tuple(row[:-1]): row[-1] for row in rows})
    assert found == site.counted(lambda row: tuple(row[name] for name in STATES))
    assert {"allow", "review", "deny", "pending"} == {verdict for _, _, verdict, *_ in found}


def test_the_money_is_that_of_before(site: Site) -> None:
    costs = site.counted(lambda row: Decimal(str(row["cost"])))
    paid = sum((cost * many for cost, many in costs.items()), Decimal(0))
    found = NumberInsightRecord.objects.aggregate(Sum("cost"))["cost__sum"]
    assert round(found, 8) == paid > 0  # SQLite adds them as floating point numbers
    booked = [row["spent"] for row in site.tables["number_insight_spending"]]
    assert list(Spending.objects.order_by("pk").values_list("spent", flat=True)) == booked


def test_records_lookups_and_flags_read_as_they_were_written(site: Site) -> None:
    for nth in LOOKED_AT:
        record = NumberInsightRecord.objects.select_related("lookup").get(pk=nth + 1)
        stored = site.record(nth)
        del stored["subject_type_id"]
        assert read(record, stored) == {}
        assert record.subject == User.objects.get(pk=nth % USERS + 1)
        lookup = site.lookup(nth)
        assert (record.lookup is None) == (lookup is None)
        if record.lookup is not None and lookup is not None:
            assert read(record.lookup, lookup) == {}
        for found, kept in zip(record.flags.order_by("pk"), site.flags(nth), strict=True):
            assert read(found, kept | {"id": found.pk}) == {}
            assert found.text
        for event, kept in zip(record.events.order_by("pk"), site.events(nth), strict=True):
            assert read(event, kept | {"id": event.pk}) == {}


def test_the_rules_of_before_judge_what_is_stored_as_before(site: Site, tmp_path: Path) -> None:
    rules = rules_file(tmp_path, site.rules)
    told = replayed("--rules", rules, "--to-key", REPLAYED)
    judged = [row for row in map(site.sample, range(REPLAYED)) if row["verdict"] != "pending"]
    kept = [row["verdict"] for row in judged if row["number"]]  # nobody judges what is erased
    assert (told["records"], told["cannot_tell"]) == (len(judged), len(judged) - len(kept))
    assert told["matrix"] == Counter(f"{verdict}->{verdict}" for verdict in kept)


def test_the_admin_lists_and_shows_the_records(site: Site, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    listed = client.get("/admin/number_insight/numberinsightrecord/")
    assert (listed.status_code, f"{COUNT}" in listed.content.decode()) == (200, True)
    for nth in range(len(site.samples)):
        page = client.get(f"/admin/number_insight/numberinsightrecord/{nth + 1}/change/")
        assert page.status_code == 200


def test_people_and_workers_go_on(site: Site) -> None:
    waiting = reviewing.available(User.objects.get(pk=1))
    assert waiting.count() > 0
    assert reviewing.release(waiting[0], user=User.objects.get(pk=1))
    record = screening.screen("+46761740605", subject=User.objects.get(pk=2))
    sweeps.sweep(inline=True)
    record.refresh_from_db()
    assert (record.pk, record.verdict) == (COUNT + 1, "allow")
