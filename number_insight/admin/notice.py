"""The notice above the records: the conditions that keep signups from being screened as usual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import BigIntegerField, F, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from number_insight import health, loading
from number_insight.admin import display, links, naming, sentences
from number_insight.conf import app_settings
from number_insight.health import Pause
from number_insight.lookups import approvals, budget, retirement, switches
from number_insight.lookups.retirement import Retirement
from number_insight.models import Circuit, Heartbeat, Spending, Switch
from number_insight.screening.sweeps import SWEEP

SEPARATOR = "\n"
"""A sign that no name of a provider holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The conditions that keep signups from being screened as usual."""

    has_swept: bool
    has_provider: bool
    lookups_on: bool
    pauses: tuple[Pause, ...]
    """The providers with an open circuit."""
    retirements: tuple[Retirement, ...]
    """The providers that were switched off by their vendors, or will be soon."""
    unapproved: Mapping[str, str]
    """The signals for which the account at a provider lacks an approval, by provider."""
    spent: tuple[tuple[str, str], ...]
    """Periods ("day", "month") and currencies without budget left."""


def summarise() -> Summary:
    """Return the present `Summary`, in a query on small tables, and one more for open circuits."""
    rows = list(_summary_rows())
    kinds = {kind for kind, _text, _amount in rows}
    return Summary(
        has_swept="sweep" in kinds,
        has_provider=bool(app_settings.PROVIDERS),
        lookups_on=app_settings.ENABLED and "switch" not in kinds,
        pauses=tuple(health.open_circuits()) if "circuit" in kinds else (),
        retirements=tuple(retirement.announced()),
        unapproved=approvals.by_provider(
            _part(text) for kind, text, _amount in rows if kind == "approval"
        ),
        spent=tuple(_spent({key: amount for _kind, key, amount in rows})),
    )


def _summary_rows() -> Iterable[tuple[str, str, int]]:
    """Return (kind, text, amount) from five tables at once."""
    empty = Value("")
    zero, used = Value(0), F("spent") + F("reserved")
    books = Concat("period", Value(" "), "currency")
    answers = Concat("provider", Value(SEPARATOR), "missing", output_field=TextField())
    current = Spending.objects.filter(period__in=budget.current_periods().values())
    return _select("sweep", Heartbeat.objects.filter(name=SWEEP), empty, zero).union(
        _select("switch", Switch.objects.filter(name=switches.LOOKUPS, is_on=False), empty, zero),
        _select("circuit", Circuit.objects.filter(open_until__isnull=False), empty, zero),
        _select("money", current, books, used),
        _select("approval", approvals.latest(), answers, zero),
        all=True,
    )


def _select(kind: str, rows: QuerySet[Any], text: Combinable, amount: Combinable) -> QuerySet[Any]:
    columns = (Value(kind), Cast(text, TextField()), Cast(amount, BigIntegerField()))
    return rows.order_by().values_list(*columns)


def _part(text: str) -> tuple[str, str]:
    """Return the provider and what is missing from its answer, of a row in `text`."""
    provider, _separator, missing = text.partition(SEPARATOR)
    return provider, missing


def _spent(used: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the periods and currencies without budget left.

    `used` maps the key of a period and a currency to units of money.
    """
    with suppress(ArithmeticError, AttributeError):  # a broken BUDGET is reported by the checks
        for currency in loading.currencies():
            for period, cap in app_settings.budget_of(currency).items():
                key = f"{budget.current_periods()[period]} {currency}"
                if used.get(key, 0) * budget.UNIT >= cap:
                    yield period, currency


def context(request: HttpRequest, site: AdminSite) -> dict[str, Any]:
    """Return the context of the notice above the records; it costs one query."""
    notices = list(_sentences(summarise()))
    return {
        "notices": notices,
        "health_url": links.permitted_health_url(site, request) if notices else None,
    }


def _sentences(found: Summary) -> Iterator[str]:
    if not found.has_swept:
        yield gettext("The sweep has never run, so signups may be left waiting.")
    if not found.has_provider:
        yield gettext(
            "No provider is named in the settings (PROVIDERS), so nothing is looked up: signups "
            "are judged by free facts and your lists alone."
        )
    if not found.lookups_on:
        yield gettext("Lookups are switched off.")
    yield from map(_retirement, found.retirements)
    for provider, signals in found.unapproved.items():
        message = gettext("The account at %(provider)s has no approval for: %(signals)s.")
        yield message % {"provider": naming.provider_name(provider), "signals": signals}
    yield from map(_pause, found.pauses)
    days = [currency for period, currency in found.spent if period == "day"]
    months = [currency for period, currency in found.spent if period == "month"]
    if days:
        message = gettext("Today's budget is spent (%(currencies)s).")
        yield message % {"currencies": display.comma().join(days)}
    if months:
        message = gettext("This month's budget is spent (%(currencies)s).")
        yield message % {"currencies": display.comma().join(months)}


def _pause(pause: Pause) -> str:
    """Return a sentence on a provider that is not asked: until when, and why."""
    if pause.until <= timezone.now():
        message = gettext("%(provider)s is asked again with the next lookup: %(reason)s")
    else:
        message = gettext("%(provider)s is not asked until %(until)s: %(reason)s")
    until = display.moment_text(pause.until)
    reason = (sentences.translated(pause.reason) or gettext("no reason is known")).rstrip(".")
    told = {"provider": naming.paused_name(pause), "until": until, "reason": f"{reason}."}
    return message % told


def _retirement(retired: Retirement) -> str:
    """Return a sentence on a provider that was switched off, or will be."""
    if retired.is_over:
        message = gettext("%(provider)s was switched off by its vendor on %(day)s.")
    else:
        message = gettext("%(provider)s will be switched off by its vendor on %(day)s.")
    name = naming.provider_name(retired.name)
    return message % {"provider": name, "day": date_format(retired.on)}
