"""System checks: what is misconfigured, with an id, a hint, and no touch of network or tables.

Providers check themselves; this module loops over them. What only matters in production is
reported under ``check --deploy``: a build without secrets must still migrate.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from celery import current_app
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags
from django.core.exceptions import ImproperlyConfigured

from number_insight import loading
from number_insight.conf import DEFAULTS, RESERVED, app_settings
from number_insight.insight import LEVELS
from number_insight.providers.fake import Fake
from number_insight.providers.http import url_trouble

CHOICES: dict[str, tuple[str, ...]] = {
    "LEVEL": (*LEVELS, "auto"),
    "DELIVERY": ("sync", "async"),
    "ENFORCEMENT": ("observe", "enforce"),
    "ON_NO_ANSWER": ("allow", "review", "deny"),
    "ON_BUDGET": ("allow", "review", "deny"),
}
PARTS: dict[str, tuple[str, ...]] = {
    "CLIENT_IP": ("PROXY_COUNT", "PROXY_LIST", "HEADER"),
    "THRESHOLDS": ("review", "deny"),
    "FRESHNESS": ("carrier", "live"),
    "BUDGET": ("day", "month"),
}
MIDDLEWARE = "number_insight.middleware.ScreeningMiddleware"
NOTICE = timedelta(days=180)


def error(number: str, message: str, hint: str) -> CheckMessage:
    """Return an error with the id ``number_insight.<number>``."""
    return checks.Error(message, hint=hint, id=f"number_insight.{number}")


def warning(number: str, message: str, hint: str) -> CheckMessage:
    """Return a warning with the id ``number_insight.<number>``."""
    return checks.Warning(message, hint=hint, id=f"number_insight.{number}")


def register() -> None:
    """Register the checks."""
    checks.register(check_settings, "number_insight")
    checks.register(check_plug_ins, "number_insight")
    checks.register(check_deployment, Tags.security, deploy=True)


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Check what is written in ``NUMBER_INSIGHT`` itself."""
    given = getattr(settings, "NUMBER_INSIGHT", {})
    if not isinstance(given, Mapping):
        return [
            error(
                "E001",
                f"NUMBER_INSIGHT is a {type(given).__name__}, not a dict.",
                'Write NUMBER_INSIGHT = {"PROVIDERS": {...}}.',
            )
        ]
    found = [message for key in given for message in _check_key(str(key))]
    if found:
        return found
    parts: Sequence[Callable[[Mapping[str, Any]], Iterator[CheckMessage]]] = (
        _check_choices,
        _check_parts,
        _check_durations,
        _check_amounts,
        _check_weights,
        _check_callback_url,
        _check_ip_country,
        _check_countries,
    )
    return [message for part in parts for message in part(given)]


def _check_key(key: str) -> Iterator[CheckMessage]:
    if key in RESERVED:
        yield warning(
            "W001",
            f"NUMBER_INSIGHT[{key!r}] has no effect in this version.",
            "Leave it out until the changelog says that it has a meaning.",
        )
    elif key not in DEFAULTS:
        yield error("E001", f"NUMBER_INSIGHT has no key {key!r}.", _did_you_mean(key, DEFAULTS))


def _did_you_mean(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(word.upper() if word.isupper() else word, list(known), n=1)
    listed = ", ".join(known)
    return f"Did you mean {close[0]!r}?" if close else f"Known are: {listed}."


def _check_choices(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key, choices in CHOICES.items():
        if key in given and given[key] not in choices:
            message = f"NUMBER_INSIGHT[{key!r}] is {given[key]!r}."
            yield error("E002", message, _did_you_mean(str(given[key]), choices))


def _check_parts(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key, parts in PARTS.items():
        value = given.get(key)
        if value is None:
            continue
        if not isinstance(value, Mapping):
            yield error("E002", f"NUMBER_INSIGHT[{key!r}] is not a dict.", f"Keys: {parts}.")
            continue
        for part in value:
            if part not in parts:
                message = f"NUMBER_INSIGHT[{key!r}] has no key {part!r}."
                yield error("E001", message, _did_you_mean(str(part), parts))


def _check_durations(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    named = {f"FRESHNESS.{part}": value for part, value in _items(given, "FRESHNESS")}
    if "RING_TIMEOUT" in given:
        named["RING_TIMEOUT"] = given["RING_TIMEOUT"]
    for name, value in named.items():
        if not isinstance(value, timedelta) or value < timedelta(0):
            message = f"NUMBER_INSIGHT {name} is not a duration: {value!r}."
            yield error("E003", message, "Write it as a timedelta, for example timedelta(days=30).")


def _check_amounts(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for period, amount in _items(given, "BUDGET"):
        if amount is not None and not _is_amount(amount):
            message = f"NUMBER_INSIGHT BUDGET.{period} is not an amount: {amount!r}."
            yield error("E004", message, 'Write it as a string, "10.00", or None for unlimited.')


def _is_amount(value: Any) -> bool:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0


def _check_weights(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key in ("WEIGHTS", "THRESHOLDS"):
        for name, value in _items(given, key):
            if isinstance(value, bool) or not isinstance(value, int):
                message = f"NUMBER_INSIGHT {key}.{name} is not a whole number: {value!r}."
                yield error("E005", message, "Weights and thresholds are whole numbers.")


def _items(given: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    value = given.get(key)
    return list(value.items()) if isinstance(value, Mapping) else []


def _check_callback_url(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    url = given.get("CALLBACK_BASE_URL")
    if url is None:
        if given.get("DELIVERY") == "async":
            message = "NUMBER_INSIGHT['CALLBACK_BASE_URL'] is not set, and DELIVERY is 'async'."
            yield error("E006", message, 'Say where the webhook is: "https://www.example.com".')
        return
    trouble = url_trouble(url)
    if trouble:
        message = f"NUMBER_INSIGHT['CALLBACK_BASE_URL'] {trouble}."
        yield error("E006", message, 'Write the origin alone: "https://www.example.com".')


def _check_ip_country(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    try:
        find: object = app_settings.IP_COUNTRY
    except ImportError as exc:
        message = f"NUMBER_INSIGHT['IP_COUNTRY'] cannot be imported: {exc}."
        yield error("E007", message, "Give the dotted path of a callable: ip -> 'GB' or None.")
        return
    if find is not None and not callable(find):
        message = "NUMBER_INSIGHT['IP_COUNTRY'] is not callable."
        yield error("E007", message, "Give the dotted path of a callable: ip -> 'GB' or None.")


def _check_countries(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    countries = given.get("COUNTRIES")
    wrong = [c for c in countries or () if not (isinstance(c, str) and c.isupper() and len(c) == 2)]
    if isinstance(countries, str) or wrong:
        message = f"NUMBER_INSIGHT['COUNTRIES'] holds what is no country: {wrong or countries!r}."
        yield error("E008", message, 'Give a list of alpha-2 codes: ["GB", "SE"].')


def check_plug_ins(**_kwargs: Any) -> list[CheckMessage]:
    """Check that providers and rules can be made, and let the providers check themselves."""
    if not isinstance(getattr(settings, "NUMBER_INSIGHT", {}), Mapping):
        return []
    return [*_check_providers(deploy=False), *_check_rules()]


def _check_providers(*, deploy: bool) -> Iterator[CheckMessage]:
    if loading.DEFAULT_PROVIDER not in app_settings.PROVIDERS and not deploy:
        message = "NUMBER_INSIGHT['PROVIDERS'] has no 'default', and that is who is asked."
        yield error("E009", message, 'Write "PROVIDERS": {"default": {"BACKEND": ...}}.')
    for name in app_settings.PROVIDERS:
        try:
            provider = loading.provider(name)
        except ImproperlyConfigured as exc:
            if not deploy:
                yield error("E009", str(exc), "See the providers page of the docs.")
            continue
        for fault in provider.check():
            if fault.deploy == deploy:
                yield error(fault.id, f"Provider {name!r}: {fault.message}", fault.hint)
        yield from _check_retirement(name, provider.retires_on, deploy=deploy)


def _check_retirement(name: str, day: date | None, *, deploy: bool) -> Iterator[CheckMessage]:
    if day is None:
        return
    left = day - date.today()  # the vendor's day has no time zone either
    hint = "Move to another provider; the providers page of the docs shows how."
    if left <= timedelta(0) and not deploy:
        yield error("E014", f"Provider {name!r} was switched off by its vendor on {day}.", hint)
    elif timedelta(0) < left <= NOTICE and deploy:
        yield warning("W002", f"Provider {name!r} is switched off by its vendor on {day}.", hint)


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
            yield error("E016", message, _did_you_mean(str(code), codes))


def check_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """Check what only matters in production."""
    if not isinstance(getattr(settings, "NUMBER_INSIGHT", {}), Mapping):
        return []
    parts = (_check_providers(deploy=True), _check_fake(), _check_budget(), _check_surroundings())
    return [message for part in parts for message in part]


def _check_fake() -> Iterator[CheckMessage]:
    try:
        provider = loading.provider()
    except ImproperlyConfigured:
        return
    if isinstance(provider, Fake):
        message = "The default provider is the fake one: its answers are made up."
        yield error("E017", message, "Set NUMBER_INSIGHT['PROVIDERS'] to a real provider.")


def _check_budget() -> Iterator[CheckMessage]:
    if not app_settings.BUDGET:
        message = "NUMBER_INSIGHT['BUDGET'] is unlimited: whoever signs up decides what you pay."
        yield warning("W003", message, 'Set it, for example to {"day": "10.00"}.')


def _check_surroundings() -> Iterator[CheckMessage]:
    if MIDDLEWARE not in settings.MIDDLEWARE:
        message = f"{MIDDLEWARE} is not in MIDDLEWARE, so no visitor's IP is known."
        yield warning("W004", message, "Add it, after the authentication middleware.")
    behind_proxy = settings.USE_X_FORWARDED_HOST or settings.SECURE_PROXY_SSL_HEADER
    trusted = app_settings.CLIENT_IP
    if behind_proxy and not trusted.get("PROXY_COUNT") and not trusted.get("PROXY_LIST"):
        message = "The site is behind a proxy, and NUMBER_INSIGHT['CLIENT_IP'] trusts none."
        yield warning("W005", message, 'Set it, for example to {"PROXY_COUNT": 1}.')
    if current_app.main == "default":
        message = "No Celery app is imported, so messages go to amqp://localhost."
        hint = "Import your Celery app in the project's __init__.py, or sweep with --inline."
        yield warning("W006", message, hint)
    elif current_app.conf.task_always_eager:
        message = "CELERY_TASK_ALWAYS_EAGER is on: the visitor waits for the provider."
        yield warning("W007", message, "Run a worker, and leave it off.")
