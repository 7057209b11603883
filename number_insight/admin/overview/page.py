"""The context of the overview: tiles, figures, and the period that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from number_insight import clock
from number_insight.admin import charts, display, links, queue
from number_insight.admin.overview import flags, lookups, money, reviewers, signups
from number_insight.admin.overview.figure import Figure, number
from number_insight.conf import app_settings
from number_insight.lookups import budget
from number_insight.lookups.budget import Balance
from number_insight.models.tallies import TallyKind
from number_insight.overview import figures, review_queue
from number_insight.overview.figures import Decided, Period
from number_insight.overview.review_queue import Queue

RANGES = (7, 30, 90, 365)
"""Days that a page can be for."""
DEFAULT_RANGE = 30
DAYS = "days"
"""The parameter of the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One value at a glance, with the measure for it."""

    label: str
    value: str
    detail: str = ""
    url: str | None = None
    is_alarming: bool = False
    plot: SafeString | None = None


def period_of(request: HttpRequest) -> Period:
    """Return the period that the request asks for, by default the last 30 days."""
    asked = request.GET.get(DAYS, "")
    days = int(asked) if asked.isdecimal() and len(asked) < 4 else DEFAULT_RANGE
    return Period(days=days if days in RANGES else DEFAULT_RANGE)


def context(request: HttpRequest, site: AdminSite, *, with_money: bool) -> dict[str, Any]:
    """Return the template context; amounts are left out unless `with_money`."""
    period, waiting = period_of(request), review_queue.with_ages(queue.waiting(request))
    decided = figures.reviewers(period)
    tiles = [*_queue_tiles(waiting, links.review_url(site, request)), _decided_tile()]
    return {
        "tiles": [*tiles, *(_money_tiles(links.spending_url(site)) if with_money else ())],
        "figures": list(_figures(period, waiting, decided, with_money=with_money)),
        "ranges": [(_range_text(days), f"?{DAYS}={days}", days == period.days) for days in RANGES],
        "period": period,
        "kept_at": figures.kept_at(),
        "list_url": links.list_url(site),
    }


def _range_text(days: int) -> str:
    if days == RANGES[-1]:
        return _("a year")
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _figures(
    period: Period, waiting: Queue, decided: Sequence[Decided], *, with_money: bool
) -> Iterator[Figure]:
    yield signups.signups(period)
    if with_money:
        for currency, steps in figures.money(period).items():
            yield money.money(period, currency, steps, app_settings.budget_of(currency).get("day"))
    yield signups.waiting(waiting)
    yield flags.flags(period, TallyKind.FLAG)
    yield signups.places(period)
    yield lookups.lookups(period)
    yield reviewers.reviewers(_names(decided), decided)
    yield flags.flags(period, TallyKind.SHADOW)


def _names(decided: Sequence[Decided]) -> dict[Any, str]:
    """Return the names of the reviewers by their keys."""
    keys = [one.reviewer for one in decided if one.reviewer is not None]
    users = get_user_model()._default_manager.in_bulk(keys)
    return {key: user.get_username() for key, user in users.items()}


def _queue_tiles(waiting: Queue, url: str | None) -> Iterator[Tile]:
    yield Tile(label=_("wait for a decision"), value=number(waiting.count), url=url)
    target = app_settings.REVIEW_TARGET
    detail = _("target: %(target)s") % {"target": display.duration(target)} if target else ""
    yield Tile(
        label=_("the oldest waits"),
        value=display.duration(waiting.age),
        detail=_("overdue, %(detail)s") % {"detail": detail} if waiting.is_overdue else detail,
        is_alarming=waiting.is_overdue,
    )


def _decided_tile() -> Tile:
    """Return the decisions of today, as far as the sweep has counted them."""
    today = figures.reviewers(Period(days=1))
    (median,) = figures.quantiles([one.spread for one in today], 0.5)
    detail = _("median %(median)s") % {"median": display.duration(median)} if median else ""
    count = sum(one.count for one in today)
    return Tile(label=_("decided today"), value=number(count), detail=detail)


def _money_tiles(url: str | None) -> Iterator[Tile]:
    """Yield a tile for each budget, and one for a day without a budget."""
    for balance in budget.balances():
        if balance.budget is not None or balance.period == "day":
            yield _money_tile(balance, url)
    for balance in budget.shadow_balances():
        yield _money_tile(balance, url, in_shadow=True)


def _money_tile(balance: Balance, url: str | None, *, in_shadow: bool = False) -> Tile:
    is_day = balance.period == "day"
    label = _("spent and reserved today") if is_day else _("spent and reserved in this month")
    label = _("%(period)s, in shadow") % {"period": label} if in_shadow else label
    used, cap = balance.spent + balance.reserved, balance.budget
    value = display.money(used, balance.currency)
    if cap is None:
        return Tile(label=label, value=value, detail=_("no budget"), url=url)
    return Tile(
        label=label,
        value=value,
        url=url,
        detail=_("of %(budget)s") % {"budget": display.money(cap, balance.currency)},
        is_alarming=balance.is_spent,
        plot=charts.bar([("spent", float(used))], top=float(cap)),
    )


def file_name(period: Period) -> str:
    """Return the name of a file with the tallies of `period`, without its ending."""
    return f"number-insight-overview-{clock.today():%Y-%m-%d}-{period.days}-days"
