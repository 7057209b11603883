"""Checks of ``BUDGET``: its shape, its amounts, and the currencies that it bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage

from number_insight import loading
from number_insight.amounts import is_amount
from number_insight.checks.messages import error
from number_insight.conf import PERIODS, app_settings
from number_insight.exceptions import did_you_mean
from number_insight.providers.base import Provider

CURRENCY = re.compile("[A-Z]{3}")
SHAPE = 'Write {"day": "10.00"}, or {"EUR": {"day": "10.00"}, "USD": {"month": "50.00"}}.'


def check_budget(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Check the shape of ``BUDGET`` in the settings `given`."""
    yield from check_bounds("BUDGET", given.get("BUDGET") or {})


def check_bounds(name: str, budget: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    """Check periods with their amounts, or currencies with such mappings, of the setting `name`."""
    if not _is_by_currency(budget):
        yield from check_periods(name, budget, also=loading.currencies())
        return
    for key, periods in budget.items():
        if not (isinstance(key, str) and CURRENCY.fullmatch(key)):
            yield _no_currency(name, key)
        elif periods is None:
            continue  # unlimited
        elif isinstance(periods, Mapping):
            yield from check_periods(f"{name}.{key}", periods)
        else:
            message = f"NUMBER_INSIGHT {name}.{key} is {periods!r}, and no dict of periods."
            yield error("E002", message, SHAPE)


def _is_by_currency(budget: Mapping[Any, Any]) -> bool:
    names = (isinstance(key, str) and CURRENCY.fullmatch(key) for key in budget)
    parts = (isinstance(value, Mapping) for value in budget.values())
    return PERIODS.isdisjoint(budget) and (any(names) or any(parts))


def _no_currency(name: str, key: Any) -> CheckMessage:
    message = f"NUMBER_INSIGHT{_path(name)} has no key {key!r}."
    return error("E001", message, did_you_mean(str(key).upper(), loading.currencies()))


def check_periods(
    name: str, periods: Mapping[Any, Any], *, also: tuple[str, ...] = ()
) -> Iterator[CheckMessage]:
    """Check periods with their amounts; `also` are other keys that may have been meant."""
    for period, amount in periods.items():
        if isinstance(period, str) and CURRENCY.fullmatch(period) and also:
            message = f"NUMBER_INSIGHT {name} mixes periods and currencies: {period!r}."
            yield error("E002", message, SHAPE)
        elif period not in PERIODS:
            message = f"NUMBER_INSIGHT{_path(name)} has no key {period!r}."
            yield error("E001", message, did_you_mean(str(period), [*sorted(PERIODS), *also]))
        elif amount is not None and not is_amount(amount):
            message = f"NUMBER_INSIGHT {name}.{period} is not an amount: {amount!r}."
            yield error("E004", message, 'Write it as a string, "10.00", or None for unlimited.')


def _path(name: str) -> str:
    return "".join(f"[{part!r}]" for part in name.split("."))


def check_currency(name: str, provider: Provider) -> Iterator[CheckMessage]:
    """Check that ``BUDGET``, and that of ``SHADOW``, bound the currency of the provider `name`."""
    yield from _check_bounded("BUDGET", app_settings.BUDGET, name, provider.currency)
    shadow = app_settings.SHADOW or {}
    if shadow.get("provider") == name and isinstance(shadow.get("budget"), Mapping):
        yield from _check_bounded("SHADOW.budget", shadow["budget"], name, provider.currency)


def _check_bounded(
    setting: str, budget: Mapping[Any, Any], name: str, currency: str
) -> Iterator[CheckMessage]:
    if any(check_bounds(setting, budget)):
        return  # reported already
    if _is_by_currency(budget) and currency not in budget:
        bounded = ", ".join(map(str, budget))
        message = (
            f"Provider {name!r} charges {currency}, which NUMBER_INSIGHT{_path(setting)} does not "
            f"bound: it names {bounded}. So nothing is bought there."
        )
        hint = f'Add "{currency}": {{"day": "10.00"}}, or "{currency}": None for unlimited.'
        yield error("E032", message, hint)
