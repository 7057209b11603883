"""Checks of the providers and the rules: each has to load, and each provider checks itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from number_insight import loading
from number_insight.checks.budgets import check_currency
from number_insight.checks.messages import error, info, warning
from number_insight.checks.settings import is_readable
from number_insight.conf import app_settings
from number_insight.exceptions import did_you_mean
from number_insight.lookups import retirement, switches
from number_insight.providers import trust

FREE_SIGNALS = frozenset({"country", "line_type"})
"""The signals that libphonenumber tells, though not of every number."""
DJANGO_ITSELF = ("django", "__main__.py")
"""The end of the path of ``python -m django``."""
LONGEST_NAME = 50
"""The length of the column for a provider's name."""
NAMING = f"Give it a name of letters, digits, spaces and signs, {LONGEST_NAME} at most."
NOTICE = timedelta(days=180)
"""The time before the retirement of a provider in which a check warns of it."""


def check_plugins(**_kwargs: Any) -> list[CheckMessage]:
    """Check that providers and rules can be loaded, with options that fit."""
    if not is_readable():
        return []
    return [
        *check_providers(deploy=False),
        *_check_trust(),
        *_check_rules(),
        *_check_signals(),
    ]


def check_providers(*, deploy: bool) -> Iterator[CheckMessage]:
    """Yield the faults of the providers; with `deploy` only the ones that matter in production."""
    if not app_settings.PROVIDERS and not deploy:
        message = f"{switches.NO_PROVIDER} Signups are judged by free facts and ON_NO_ANSWER."
        hint = (
            'Write "PROVIDERS": {"default": {"BACKEND": ...}}; for development there is '
            "number_insight.providers.fake.Fake, whose answers are made up."
        )
        yield warning("W024", message, hint)
    elif loading.DEFAULT_PROVIDER not in app_settings.PROVIDERS and not deploy:
        message = "NUMBER_INSIGHT['PROVIDERS'] has no 'default', and that is who is asked."
        yield error("E009", message, 'Write "PROVIDERS": {"default": {"BACKEND": ...}}.')
    for name in app_settings.PROVIDERS:
        if not is_name(name):
            if not deploy:
                message = f"NUMBER_INSIGHT['PROVIDERS'] names a provider {name!r}."
                yield error("E009", message, NAMING)
            continue
        try:
            provider = loading.provider(name)
        except ImproperlyConfigured as exc:
            if not deploy:
                yield error("E009", str(exc), "See the providers page of the docs.")
            continue
        for fault in provider.check():
            if fault.deploy == deploy:
                report = warning if fault.id.startswith("W") else error
                yield report(fault.id, f"Provider {name!r}: {fault.message}", fault.hint)
        yield from _check_retirement(name, deploy=deploy)
        if not deploy:
            yield from check_currency(name, provider)


def is_name(name: object) -> bool:
    """Return whether a provider may have this name, which is stored with every lookup."""
    return isinstance(name, str) and name.isprintable() and 0 < len(name) <= LONGEST_NAME


def _check_trust() -> Iterator[CheckMessage]:
    try:
        trust.context()
    except trust.BundleUnreadable as exc:
        hint = "Install certifi anew; until then no provider is asked over https."
        yield error("E028", f"The bundle of trusted certificates {exc}", hint)


def _check_retirement(name: str, *, deploy: bool) -> Iterator[CheckMessage]:
    """Warn of the retirement: before it in production, after it everywhere.

    It is never an error, for that would stop migrations and sweeps.
    """
    announced = retirement.of(name)
    if announced and announced.is_within(NOTICE) and deploy is not announced.is_over:
        yield warning("W002", announced.sentence, retirement.MOVE)


def _check_signals() -> Iterator[CheckMessage]:
    """Name the rules whose signals no provider can tell, in one message.

    Only ``check`` says it: nothing is wrong, and every other command runs the checks as well.
    """
    if _is_another_command():
        return
    try:
        told, rules = loading.told_by_any() | FREE_SIGNALS, loading.rules()
        told |= {"ip_match"} if app_settings.IP_COUNTRY else frozenset()
    except (ImportError, ImproperlyConfigured):  # reported elsewhere
        return
    lacking = {rule.code: sorted(set(rule.needs or ()) - told) for rule in rules}
    named = [f"{code} ({', '.join(signals)})" for code, signals in lacking.items() if signals]
    if named and app_settings.PROVIDERS:
        message = f"No provider in PROVIDERS tells what these rules need: {', '.join(named)}."
        hint = (
            'Records show them as "cannot be told here", neither for nor against a signup. Add a '
            "provider that tells it, or name the RULES that you want."
        )
        yield info("I001", message, hint)


def _is_another_command() -> bool:
    """Return whether this process runs a management command other than ``check``."""
    program, *arguments = (*sys.argv, "")
    parts = Path(program).parts[-2:]
    is_manager = parts[-1:] in (("manage.py",), ("django-admin",)) or parts == DJANGO_ITSELF
    return is_manager and arguments[0] != "check"


def _check_rules() -> Iterator[CheckMessage]:
    codes: dict[str, str] = {}
    for entry in loading.rule_entries():
        try:
            rule = loading.make_rule(entry)
        except ImproperlyConfigured as exc:
            yield error("E015", str(exc), "See the rules page of the docs.")
            continue
        name = str(entry["NAME"])
        if rule.code in codes:
            message = f"Two rules have the code {rule.code!r}: {codes[rule.code]} and {name}."
            yield error("E016", message, "Give one of them another code, or leave one out.")
        codes[rule.code] = name
    for code in app_settings.WEIGHTS:
        if code not in codes:
            message = f"NUMBER_INSIGHT WEIGHTS has a weight for {code!r}, which is no active rule."
            yield error("E016", message, did_you_mean(str(code), codes))
