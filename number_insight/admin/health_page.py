"""What the operator's page tells, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from number_insight.admin import display, links
from number_insight.health import RECORD_OVERDUE, SWEEP_OVERDUE, Health

WELL, WATCH, WRONG = "allow", "review", "deny"
"""How a fact is coloured: as the verdicts are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing to know: in a word, and where it is not well what it means and what to do."""

    label: str
    word: str
    colour: str = WELL
    advice: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is gone of the budget of one period; `percent` is None where there is no budget."""

    label: str
    spent: str
    reserved: str
    budget: str
    percent: int | None
    is_spent: bool


def context(request: HttpRequest, health: Health, site: AdminSite) -> dict[str, Any]:
    """Return what the template shows of `health`."""
    return {
        "facts": [
            _lookups(health),
            _sweep(health),
            _records(health),
            _broker(health),
            _uncertain(health, links.uncertain_url(site, request)),
        ],
        "accounts": list(_accounts(health)),
        "pauses": [
            {"pause": pause, "is_over": pause.until <= timezone.now()} for pause in health.pauses
        ],
    }


def _lookups(health: Health) -> Fact:
    if health.lookups_on:
        return Fact(label=_("Lookups"), word=_("on"))
    advice = _("Nothing is bought: signups are judged by free facts and your lists alone.")
    return Fact(label=_("Lookups"), word=_("off"), colour=WRONG, advice=advice)


def _sweep(health: Health) -> Fact:
    label = _("Sweep")
    if health.sweep_ran_at is None:
        advice = _(
            "Put number_insight.sweep into the beat schedule. Without it a signup waits for ever "
            "if the message about it was lost."
        )
        return Fact(label=label, word=_("has never run"), colour=WRONG, advice=advice)
    word = _("ran %(age)s ago") % {"age": timesince(health.sweep_ran_at, depth=1)}
    if timezone.now() - health.sweep_ran_at <= SWEEP_OVERDUE:
        return Fact(label=label, word=word)
    advice = _("It should run every minute or so. Is beat running, and a worker?")
    return Fact(label=label, word=word, colour=WRONG, advice=advice)


def _records(health: Health) -> Fact:
    label = _("Unfinished records")
    if health.oldest_due_since is None:
        return Fact(label=label, word=_("none"))
    told = ngettext(
        "%(count)s, waiting for %(age)s",
        "%(count)s, the oldest waiting for %(age)s",
        health.unfinished,
    )
    age = timesince(health.oldest_due_since, depth=1)
    word = told % {"count": health.unfinished, "age": age}
    if timezone.now() - health.oldest_due_since <= RECORD_OVERDUE:
        return Fact(label=label, word=word)
    return Fact(label=label, word=word, colour=WRONG, advice=_("Is a worker running?"))


def _broker(health: Health) -> Fact:
    if not health.broker:
        return Fact(label=_("Broker"), word=_("reachable"))
    if not health.has_broker:
        advice = _("The sweep does the work; let number_insight_sweep run with --inline.")
        return Fact(label=_("Broker"), word=_("none is configured"), advice=advice)
    word = _("not reachable (%(why)s)") % {"why": health.broker}
    advice = _("Signups go on; the sweep screens them, a little later.")
    return Fact(label=_("Broker"), word=word, colour=WRONG, advice=advice)


def _uncertain(health: Health, url: str | None) -> Fact:
    label = _("Uncertain lookups")
    if not health.uncertain:
        return Fact(label=label, word=_("none"))
    money = display.money(health.uncertain_held, display.account_currency())
    word = _("%(count)s, %(money)s held") % {"count": health.uncertain, "money": money}
    advice = _(
        "Sent and not answered: each may have been paid, so its price stays reserved. Compare "
        "them with the provider's bill, or look the numbers up again."
    )
    return Fact(label=label, word=word, colour=WATCH, advice=advice, url=url)


def _accounts(health: Health) -> Iterator[Account]:
    yield _account(_("Today"), health.spent_today, health.reserved_today, health.budget_today)
    yield _account(_("This month"), health.spent_month, health.reserved_month, health.budget_month)


def _account(label: str, spent: Decimal, reserved: Decimal, budget: Decimal | None) -> Account:
    currency, gone = display.account_currency(), spent + reserved
    return Account(
        label=label,
        spent=display.money(spent, currency),
        reserved=display.money(reserved, currency),
        budget=_("no limit") if budget is None else display.money(budget, currency),
        percent=None if budget is None else _percent(gone, budget),
        is_spent=budget is not None and gone >= budget,
    )


def _percent(gone: Decimal, budget: Decimal) -> int:
    """Return the share in whole per cent, rounded down: 100 only where nothing is left."""
    return 100 if gone >= budget else int(100 * gone / budget)
