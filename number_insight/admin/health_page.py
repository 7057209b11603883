"""The context of the health page: indicators with advice, budgets, and open circuits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from number_insight.admin import display, links, naming, sentences
from number_insight.health import RECORD_OVERDUE, SWEEP_OVERDUE, Health
from number_insight.lookups.budget import Balance
from number_insight.lookups.retirement import Retirement

OK, WARNING, CRITICAL = "allow", "review", "deny"
"""Statuses of an indicator, in the colours of the verdicts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One row of the health table: a value with its status and, if need be, advice and a link."""

    label: str
    value: str
    status: str = OK
    advice: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """The spending of one period in one currency; `percent` is None if there is no budget."""

    label: str
    spent: str
    reserved: str
    budget: str
    percent: int | None
    is_spent: bool


def context(request: HttpRequest, health: Health, site: AdminSite) -> dict[str, Any]:
    """Return the template context for `health`."""
    return {
        "indicators": [
            _lookups(health),
            _sweep(health),
            _records(health),
            _review_queue(health, links.review_url(site, request)),
            *([] if health.doorbell == "tasks" else [_broker(health)]),
            _uncertain(health, links.uncertain_url(site, request)),
            _rules(health, links.faults_url(site, request)),
            *(_retirement(one) for one in health.retirements),
            *(_unapproved(*one) for one in health.unapproved.items()),
        ],
        "budgets": [
            *(_budget_row(balance) for balance in health.budgets),
            *(_budget_row(balance, in_shadow=True) for balance in health.shadow_budgets),
        ],
        "pauses": [
            {
                "pause": pause,
                "name": naming.paused_name(pause),
                "reason": sentences.translated(pause.reason),
                "is_over": pause.until <= timezone.now(),
            }
            for pause in health.pauses
        ],
    }


def _lookups(health: Health) -> Indicator:
    if health.lookups_on:
        return Indicator(label=_("Lookups"), value=_("on"))
    if not health.has_provider:
        advice = _(
            "Name a provider in the settings (PROVIDERS). Until then nothing is looked up: signups "
            "are judged by free facts and your lists alone."
        )
        value = _("no provider is named")
        return Indicator(label=_("Lookups"), value=value, status=CRITICAL, advice=advice)
    advice = _("Nothing is bought: signups are judged by free facts and your lists alone.")
    return Indicator(label=_("Lookups"), value=_("off"), status=CRITICAL, advice=advice)


def _sweep(health: Health) -> Indicator:
    label = _("Sweep")
    if health.sweep_ran_at is None:
        advice = _(
            "Put number_insight.sweep into the beat schedule, and run beat and a worker of its "
            "queue. Without the sweep a signup waits for ever if the message about it was lost."
        )
        return Indicator(label=label, value=_("has never run"), status=CRITICAL, advice=advice)
    value = _("ran %(age)s ago") % {"age": display.duration(timezone.now() - health.sweep_ran_at)}
    if timezone.now() - health.sweep_ran_at <= SWEEP_OVERDUE:
        return Indicator(label=label, value=value)
    advice = _("It should run every minute or so. Is beat running, and a worker?")
    return Indicator(label=label, value=value, status=CRITICAL, advice=advice)


def _records(health: Health) -> Indicator:
    label = _("Unfinished records")
    if health.oldest_due_since is None:
        return Indicator(label=label, value=_("none"))
    text = ngettext(
        "%(count)s, waiting for %(age)s",
        "%(count)s, the oldest waiting for %(age)s",
        health.unfinished,
    )
    age = display.duration(timezone.now() - health.oldest_due_since)
    value = text % {"count": health.unfinished, "age": age}
    if timezone.now() - health.oldest_due_since <= RECORD_OVERDUE:
        return Indicator(label=label, value=value)
    return Indicator(label=label, value=value, status=CRITICAL, advice=_("Is a worker running?"))


def _review_queue(health: Health, url: str | None) -> Indicator:
    label, age = _("Review queue"), health.review_queue.age
    if age is None:
        return Indicator(label=label, value=_("empty"))
    text = ngettext(
        "%(count)s, waiting for %(age)s",
        "%(count)s, the oldest waiting for %(age)s",
        health.awaiting_review,
    )
    value = text % {"count": health.awaiting_review, "age": display.duration(age)}
    if not health.review_queue.is_overdue:
        return Indicator(label=label, value=value, url=url)
    advice = _("It should be decided within %(target)s (REVIEW_TARGET).")
    target = display.duration(health.review_target)
    return Indicator(
        label=label, value=value, status=WARNING, advice=advice % {"target": target}, url=url
    )


def _broker(health: Health) -> Indicator:
    label = _("Broker")
    rings = health.doorbell is not None
    if rings and not health.broker:
        return Indicator(label=label, value=_("reachable"))
    if not rings or not health.has_broker:
        advice = _("The sweep does the work; let number_insight_sweep run with --inline.")
        return Indicator(label=label, value=_("none is configured"), advice=advice)
    value = _("not reachable (%(why)s)") % {"why": health.broker}
    advice = _(
        "Signups go on. What waits is screened once it can be reached, or by "
        "number_insight_sweep --inline."
    )
    return Indicator(label=label, value=value, status=CRITICAL, advice=advice)


def _uncertain(health: Health, url: str | None) -> Indicator:
    label = _("Uncertain lookups")
    if not health.uncertain:
        return Indicator(label=label, value=_("none"))
    money = display.amounts(health.uncertain_held)
    value = _("%(count)s, %(money)s held") % {"count": health.uncertain, "money": money}
    advice = _(
        "Sent and not answered: each may have been paid, so its price stays reserved. Compare "
        "them with the provider's bill, or look the numbers up again."
    )
    return Indicator(label=label, value=value, status=WARNING, advice=advice, url=url)


def _rules(health: Health, url: str | None) -> Indicator:
    label, failing = _("Rules"), health.failing_rules
    if not failing:
        return Indicator(label=label, value=_("none has failed"))
    names = ", ".join(display.flag_label(code) for code in failing)
    value = _("%(rules)s: errors") % {"rules": names}
    if not any(failing.values()):
        advice = _(
            "The other rules have judged. Repair it; after 20 errors in a row it counts no more."
        )
        return Indicator(label=label, value=value, status=WARNING, advice=advice, url=url)
    advice = _("What raised 20 errors in a row counts no more. Repair it, then let it count again.")
    return Indicator(label=label, value=value, status=CRITICAL, advice=advice, url=url)


def _retirement(retirement: Retirement) -> Indicator:
    day = date_format(retirement.on)
    text = (
        _("switched off on %(day)s") if retirement.is_over else _("to be switched off on %(day)s")
    )
    advice = _("Its vendor ends the service. Move to another provider, or name one in FALLBACKS.")
    status = CRITICAL if retirement.is_over else WARNING
    return Indicator(
        label=naming.provider_name(retirement.name),
        value=text % {"day": day},
        status=status,
        advice=advice,
    )


def _unapproved(provider: str, signals: str) -> Indicator:
    value = _("no approval for: %(signals)s") % {"signals": signals}
    advice = _("Ask its vendor to allow it to your account, or leave it out of OPTIONS.")
    return Indicator(
        label=naming.provider_name(provider), value=value, status=WARNING, advice=advice
    )


def _budget_row(balance: Balance, *, in_shadow: bool = False) -> BudgetRow:
    currency, budget = balance.currency, balance.budget
    used = balance.spent + balance.reserved
    label = _("Today") if balance.period == "day" else pgettext("budget", "This month")
    return BudgetRow(
        label=_("%(period)s, in shadow") % {"period": label} if in_shadow else label,
        spent=display.money(balance.spent, currency),
        reserved=display.money(balance.reserved, currency),
        budget=_("no limit") if budget is None else display.money(budget, currency),
        percent=None if budget is None else _percent(used, budget),
        is_spent=balance.is_spent,
    )


def _percent(used: Decimal, budget: Decimal) -> int:
    """Return the share in per cent, rounded down: it is 100 only once the budget is spent."""
    return 100 if used >= budget else int(100 * used / budget)
