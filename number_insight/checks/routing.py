"""Checks of the settings that name several providers: ``FALLBACKS``, ``SHARES``, ``SHADOW``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage

from number_insight.amounts import is_percentage
from number_insight.checks.budgets import check_bounds
from number_insight.checks.messages import error
from number_insight.exceptions import did_you_mean
from number_insight.loading import DEFAULT_PROVIDER

SHADOW_KEYS = ("provider", "percent", "budget")
SHADOW = 'Write {"provider": "identity", "percent": 5, "budget": {"day": "1.00"}}.'
SHARE = 'Write the per cent of numbers for each provider: {"identity": 10}.'


def check_routing(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Check that the providers that are asked besides the default one are there."""
    fallbacks, shares = given.get("FALLBACKS") or (), given.get("SHARES") or {}
    yield from _check_names(given, "FALLBACKS", fallbacks)
    if DEFAULT_PROVIDER in fallbacks:
        message = "NUMBER_INSIGHT['FALLBACKS'] names 'default', which is asked first as it is."
        yield error("E033", message, "Leave it out.")
    for name in _once(name for name in fallbacks if fallbacks.count(name) > 1):
        message = f"NUMBER_INSIGHT['FALLBACKS'] names {name!r} more than once."
        yield error("E033", message, "Name it once: each provider is asked once at most.")
    yield from _check_names(given, "SHARES", shares)
    yield from _check_shares(shares)
    if given.get("SHADOW") is not None:
        yield from _check_shadow(given, given["SHADOW"])
        yield from _check_shadow_differs(shares, given["SHADOW"])


def _check_shadow_differs(
    shares: Mapping[Any, Any], shadow: Mapping[Any, Any]
) -> Iterator[CheckMessage]:
    """Check that the provider in shadow is not the only one that is asked first."""
    if shadow.get("provider") == DEFAULT_PROVIDER and not shares:
        message = "NUMBER_INSIGHT['SHADOW'] names 'default', which gives the verdict as it is."
        yield error("E033", message, "Name the provider that you want to compare with it.")


def _check_shadow(given: Mapping[str, Any], shadow: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for key in shadow:
        if key not in SHADOW_KEYS:
            message = f"NUMBER_INSIGHT['SHADOW'] has no key {key!r}."
            yield error("E001", message, did_you_mean(str(key), SHADOW_KEYS))
    missing = [key for key in SHADOW_KEYS if key not in shadow]
    if missing:
        message = f"NUMBER_INSIGHT['SHADOW'] lacks {' and '.join(map(repr, missing))}."
        yield error("E033", message, SHADOW)
    if "provider" in shadow:
        yield from _check_names(given, "SHADOW", [shadow["provider"]])
    if "percent" in shadow and not is_percentage(shadow["percent"]):
        message = f"NUMBER_INSIGHT SHADOW.percent is no per cent: {shadow['percent']!r}."
        yield error("E033", message, SHADOW)
    budget = shadow.get("budget")
    if isinstance(budget, Mapping):
        yield from check_bounds("SHADOW.budget", budget)
    elif budget is not None:
        message = f"NUMBER_INSIGHT SHADOW.budget is {budget!r}, and no dict of periods."
        yield error("E002", message, SHADOW)


def _check_names(given: Mapping[str, Any], key: str, names: Any) -> Iterator[CheckMessage]:
    known = [str(name) for name in given.get("PROVIDERS") or {}]
    for name in _once(names):
        if name not in known and name != DEFAULT_PROVIDER:
            message = f"NUMBER_INSIGHT[{key!r}] names {name!r}, which is not in PROVIDERS."
            yield error("E033", message, did_you_mean(str(name), known))


def _once(names: Iterable[Any]) -> list[Any]:
    """Return `names`, of any type, without those that are there already."""
    found: list[Any] = []
    for name in names:
        if name not in found:
            found.append(name)
    return found


def _check_shares(shares: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    wrong = {name: share for name, share in shares.items() if not is_percentage(share)}
    for name, share in wrong.items():
        message = f"NUMBER_INSIGHT SHARES.{name} is no per cent of numbers: {share!r}."
        yield error("E033", message, SHARE)
    total = 0 if wrong else sum(map(float, shares.values()))
    if total > 100:
        message = f"NUMBER_INSIGHT['SHARES'] are {total:g} per cent together."
        yield error("E033", message, "Make them 100 at most; the rest is asked at 'default'.")
