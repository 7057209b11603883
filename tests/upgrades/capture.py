"""The rows that a version writes, captured for the upgrade tests of later ones.

`main` screens signups of all kinds in a database in memory, lets people act on them, and writes
every row into `SITE`. It is run when a version is released; later versions read what it wrote::

    NI_TEST_DATABASE=sqlite DJANGO_SETTINGS_MODULE=tests.settings python -m django shell \
        --command "from tests.upgrades import capture; capture.main()"
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from number_insight import loading, reviewing, screening
from number_insight.exceptions import Uncertain
from number_insight.lookups import turn_lookups
from number_insight.models import ListEntry, NumberInsightRecord, RuleFault, ShadowComparison
from number_insight.overview import keeping
from number_insight.privacy import erase
from number_insight.rules import STANDARD
from number_insight.screening import sweeps

SITE = Path(__file__).with_name("site_0_1_0.json")
"""The rows that 0.1.0 has written, by table, and its standard rules."""
COUNTRIES = {"8.8.4.4": "SE", "8.8.8.8": "NL"}
AT_HOME, ABROAD = COUNTRIES
NUMBERS = {
    "clean": "+46701740605",
    "virtual": "+46701740711",
    "premium": "+46701740812",
    "landline": "+46701740914",
    "ported": "+46701741016",
    "roaming": "+46701741121",
    "abroad": "+46701741240",
    "dead": "+46701741342",
    "blacklisted": "+46701741433",
    "invalid": "+46701741534",
    "uncertain": "+46701741605",
    "listed": "+46761741705",
    "erased": "+46701741811",
    "again": "+46701741905",
}
OFF, NEW = "+46701742005", "+46701742105"


def country_of(ip: str) -> str | None:
    """Return the country of one of the addresses from which people sign up here."""
    return COUNTRIES.get(ip)


def main() -> None:
    """Write `SITE` anew."""
    failing = {NUMBERS["uncertain"]: Uncertain("The answer broke off.")}
    told = {
        "PROVIDERS": {"default": {"BACKEND": settings.FAKE, "OPTIONS": {"answers": failing}}},
        "IP_COUNTRY": f"{__name__}.country_of",
        "DOORBELL": None,
        "LIMITS": {"ip": "1000/day"},
    }
    call_command("migrate", run_syncdb=True, verbosity=0)
    with override_settings(NUMBER_INSIGHT=told):
        _sign_up()
        _act()
        _pause()
        keeping.keep()
    models = apps.get_app_config("number_insight").get_models(include_auto_created=True)
    tables = {table: list(_rows(table)) for table in {model._meta.db_table for model in models}}
    _write({"rules": _rules(), "tables": tables})


def _write(found: dict[str, Any]) -> None:
    text = json.dumps(found, indent=1, sort_keys=True, default=str)
    SITE.write_text(text + "\n", encoding="utf-8")


def _rules() -> list[dict[str, Any]]:
    """Return the standard rules in the shape of ``RULES``, with their weights."""
    named = zip(STANDARD, loading.rules(), strict=True)
    return [{**told, "OPTIONS": {"weight": rule.weight}} for told, rule in named]


def _sign_up() -> None:
    """Screen all `NUMBERS`, one of them again and from elsewhere."""
    ListEntry.objects.create(action="deny", match="number", value=NUMBERS["listed"])
    for kind, number in NUMBERS.items():
        ip = ABROAD if kind in ("abroad", "dead", "roaming") else AT_HOME
        _screen(number, kind, None if kind == "landline" else ip)
    sweeps.sweep(inline=True)
    _screen(NUMBERS["again"], "twice", ABROAD)
    sweeps.sweep(inline=True)


def _screen(number: str, name: str, ip: str | None) -> None:
    screening.screen(number, ip=ip, subject=User.objects.create(username=name), source="signup")


def _act() -> None:
    """Let people decide, claim, label and erase."""
    staff = User.objects.create(username="staff")
    premium, virtual, dead, abroad, blacklisted = (
        NumberInsightRecord.objects.for_number(NUMBERS[kind]).get()
        for kind in ("premium", "virtual", "dead", "abroad", "blacklisted")
    )
    reviewing.refuse(premium, user=staff, reason="A premium line.")
    reviewing.release(virtual, user=staff, reason="A mistake.")
    reviewing.undo(virtual, user=staff)
    reviewing.release(dead, user=staff, reason="Called back: 'ja', she said.\nTwice.")
    reviewing.claim(blacklisted, staff)
    screening.label(User.objects.get(username="premium"), fraud=True)
    erase(number=NUMBERS["erased"])
    RuleFault.objects.create(code="sunday", errors_in_row=1, error="KeyError in rules.py:9")
    ShadowComparison.objects.create(
        record=abroad, provider="other", lookup=abroad.lookup, verdict="allow", score=20,
        shadow_verdict="review", shadow_score=30, signals_gained=[], signals_lost=["roaming"],
        rules_gained=["virtual"], rules_lost=["ip_mismatch"],
    )  # fmt: skip


def _pause() -> None:
    """Let one sign up while lookups are off, and one whom nobody has screened yet."""
    turn_lookups(False, reason="A pause.")
    _screen(OFF, "off", AT_HOME)
    sweeps.sweep(inline=True)
    turn_lookups(True)
    _screen(NEW, "new", AT_HOME)


def _rows(table: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY "id"')
        names = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            yield dict(zip(names, row, strict=True))
