"""Checks of the keys and values in ``NUMBER_INSIGHT``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from number_insight.addresses import TrustedProxies
from number_insight.checks.budgets import check_budget
from number_insight.checks.desk import check_desk
from number_insight.checks.doorbell import check_doorbell
from number_insight.checks.messages import error, warning
from number_insight.checks.routing import check_routing
from number_insight.conf import app_settings
from number_insight.defaults import DEFAULTS
from number_insight.exceptions import did_you_mean
from number_insight.insight import LEVELS
from number_insight.lookups import callbacks, limits
from number_insight.numbers import REGIONS
from number_insight.providers.http import url_trouble

CHOICES: dict[str, tuple[str, ...]] = {
    "LEVEL": (*LEVELS, "auto"),
    "DELIVERY": ("sync", "async"),
    "ENFORCEMENT": ("observe", "enforce"),
    "ON_NO_ANSWER": ("allow", "review", "deny"),
    "ON_BUDGET": ("allow", "review", "deny"),
}
"""The values that a key may have."""
PARTS: dict[str, tuple[str, ...]] = {
    "CLIENT_IP": ("PROXY_COUNT", "PROXY_LIST", "HEADER"),
    "THRESHOLDS": ("review", "deny"),
    "FRESHNESS": ("carrier", "live"),
    "MESSAGES": ("required", "too_long", "characters", "invalid", "refused"),
    "LIMITS": ("ip", "network", "block", "number"),
}
"""The keys that a dict may have."""
IP_COUNTRY_EXTRAS = {"geoip2": "geoip", "iptocc": "geoip-bundled"}
"""The package that is missing -> the extra that brings it."""
SWITCHES = ("ENABLED", "SEND_IP", "CNAM", "FALLBACK_ON_NO_COVERAGE", "STORE_RAW")
"""The keys that are True or False; their default may be None besides."""
SHAPES: dict[str, str] = {
    "PROVIDERS": '{"default": {"BACKEND": "...", "OPTIONS": {...}}}',
    "WEIGHTS": '{"virtual": 15}',
    "BUDGET": '{"day": "10.00"}',
    "SHARES": '{"identity": 10}',
    "SHADOW": '{"provider": "identity", "percent": 5, "budget": {"day": "1.00"}}',
    "SUBJECT_SEARCH": '{"auth.User": ["username", "email"]}',
    "CLIENT_IP": '{"PROXY_COUNT": 1}',
    "THRESHOLDS": '{"review": 30, "deny": 80}',
    "FRESHNESS": '{"carrier": timedelta(days=30)}',
    "MESSAGES": '{"refused": "..."}',
    "LIMITS": '{"ip": "20/day"}',
    "RULES": '[{"NAME": "..."}]',
    "EXTRA_RULES": '[{"NAME": "..."}]',
    "FALLBACKS": '["identity"]',
    "REASONS": '[("known", "Known customer")]',
}
"""An example of each key that holds a dict or a list."""


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Check the keys and values in ``NUMBER_INSIGHT``, without loading a provider or a rule."""
    given = getattr(settings, "NUMBER_INSIGHT", {})
    if not isinstance(given, Mapping):
        return [
            error(
                "E001",
                f"NUMBER_INSIGHT is a {type(given).__name__}, not a dict.",
                'Write NUMBER_INSIGHT = {"PROVIDERS": {...}}.',
            )
        ]
    found = [*_check_keys(given), *_check_types(given)]
    if found:
        return found  # the other checks read the values
    parts: Sequence[Callable[[Mapping[str, Any]], Iterator[CheckMessage]]] = (
        _check_choices,
        _check_switches,
        _check_retries,
        _check_parts,
        _check_durations,
        _check_wait,
        _check_fingerprint_keys,
        check_budget,
        check_routing,
        _check_limits,
        _check_weights,
        _check_thresholds,
        _check_client_ip,
        _check_callback_url,
        _check_ip_country,
        _check_countries,
        check_desk,
        check_doorbell,
    )
    return [message for part in parts for message in part(given)]


def is_readable() -> bool:
    """Whether ``NUMBER_INSIGHT`` and its values have the types that reading them takes."""
    given = getattr(settings, "NUMBER_INSIGHT", {})
    return isinstance(given, Mapping) and not any(_check_types(given))


def _check_keys(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key in map(str, given):
        if key not in DEFAULTS:
            yield error("E001", f"NUMBER_INSIGHT has no key {key!r}.", did_you_mean(key, DEFAULTS))


def _check_types(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key, shape in SHAPES.items():
        name, expected = ("dict", Mapping) if shape[0] == "{" else ("list", (list, tuple))
        value = given.get(key)
        if value is not None and not isinstance(value, expected):
            message = f"NUMBER_INSIGHT[{key!r}] is a {type(value).__name__}, not a {name}."
            yield error("E002", message, f"Write it as {shape}.")


def _check_choices(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key, choices in CHOICES.items():
        if key in given and given[key] not in choices:
            message = f"NUMBER_INSIGHT[{key!r}] is {given[key]!r}."
            yield error("E002", message, did_you_mean(str(given[key]), choices))


def _check_switches(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key in SWITCHES:
        value = given.get(key, DEFAULTS[key])
        if value is not DEFAULTS[key] and value not in (True, False):
            message = f"NUMBER_INSIGHT[{key!r}] is {value!r}, neither True nor False."
            hint = "Write True or False; text, from the environment say, counts as False."
            yield error("E002", message, hint)


def _check_retries(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    count = given.get("RETRY_UNCERTAIN", 0)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        message = f"NUMBER_INSIGHT['RETRY_UNCERTAIN'] is no number of attempts: {count!r}."
        yield error("E002", message, "Write a whole number; 0 never pays twice.")


def _check_parts(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key, parts in PARTS.items():
        for part in given.get(key) or ():
            if part not in parts:
                message = f"NUMBER_INSIGHT[{key!r}] has no key {part!r}."
                yield error("E001", message, did_you_mean(str(part), parts))


def _check_wait(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    atomic = [name for name, db in settings.DATABASES.items() if db.get("ATOMIC_REQUESTS")]
    if given.get("WAIT") and given.get("ENFORCEMENT") == "enforce" and atomic:
        message = "NUMBER_INSIGHT['WAIT'] is zero under ATOMIC_REQUESTS: no worker sees the record."
        yield warning("W001", message, "Leave WAIT out, or exempt the signup's view.")


def _check_durations(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    named = {f"FRESHNESS.{part}": value for part, value in (given.get("FRESHNESS") or {}).items()}
    named |= {"RING_TIMEOUT": given["RING_TIMEOUT"]} if "RING_TIMEOUT" in given else {}
    # None is allowed: no waiting, data that is kept for ever, a queue that is never overdue.
    allowed = ("WAIT", "RETENTION", "REVIEW_TARGET")
    named |= {key: given[key] for key in allowed if given.get(key) is not None}
    for name, value in named.items():
        if not isinstance(value, timedelta) or value < timedelta(0):
            message = f"NUMBER_INSIGHT {name} is not a duration: {value!r}."
            example = "seconds=1" if name in ("WAIT", "RING_TIMEOUT") else "days=30"
            hint = f"Write it as a timedelta, for example timedelta({example})."
            yield error("E003", message, hint)


def _check_fingerprint_keys(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    keys = given.get("FINGERPRINT_KEYS")
    if keys is None:
        return
    is_list = isinstance(keys, (list, tuple))
    if not is_list or not keys or not all(isinstance(key, str) and key for key in keys):
        message = "NUMBER_INSIGHT['FINGERPRINT_KEYS'] is not a list of keys."
        yield error("E002", message, "Write a list of secret texts; the first one signs.")


def _check_limits(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for kind, limit in (given.get("LIMITS") or {}).items():
        try:
            limits.parse(str(limit))
        except ValueError as exc:
            message = f"NUMBER_INSIGHT LIMITS.{kind}: {exc}"
            yield error("E018", message, "The periods are minute, hour and day.")
    rate = given.get("THROUGHPUT", 1)
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or rate <= 0:
        message = f"NUMBER_INSIGHT['THROUGHPUT'] is no number of requests a second: {rate!r}."
        yield error("E018", message, "Write a number above zero, for example 30.")


def _check_weights(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key in ("WEIGHTS", "THRESHOLDS"):
        for name, value in (given.get(key) or {}).items():
            if isinstance(value, bool) or not isinstance(value, int):
                message = f"NUMBER_INSIGHT {key}.{name} is not a whole number: {value!r}."
                yield error("E005", message, "Weights and thresholds are whole numbers.")


def _check_thresholds(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    review, deny = (app_settings.THRESHOLDS[verdict] for verdict in ("review", "deny"))
    if isinstance(review, int) and isinstance(deny, int) and review > deny:
        message = f"NUMBER_INSIGHT THRESHOLDS: review ({review}) lies above deny ({deny})."
        yield error("E005", message, "A signup is denied before it is reviewed; swap them.")


def _check_client_ip(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    try:
        TrustedProxies.of(given.get("CLIENT_IP") or {})
    except ValueError as exc:
        message = f"NUMBER_INSIGHT['CLIENT_IP']: {exc} So no visitor's IP is known."
        hint = 'Write it as {"PROXY_COUNT": 1} or {"PROXY_LIST": ["10.0.0.0/8"]}.'
        yield error("E020", message, hint)


def _check_callback_url(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    url, is_async = given.get("CALLBACK_BASE_URL"), given.get("DELIVERY") == "async"
    if is_async and not _has_webhook():
        add = 'path("number-insight/", include("number_insight.urls"))'
        hint = f'DELIVERY is "async": add {add} to ROOT_URLCONF.'
        yield error("E027", callbacks.NO_WEBHOOK, hint)
    if url is None and is_async:
        hint = 'DELIVERY is "async": say where the webhook is, "https://www.example.com".'
        yield error("E006", callbacks.NO_ORIGIN, hint)
    problem = None if url is None else url_trouble(url)
    if url is not None and problem is None and urlsplit(url).path not in ("", "/"):
        problem = "must hold no path, since the URLconf gives that of the webhook"
    if problem:
        message = f"NUMBER_INSIGHT['CALLBACK_BASE_URL'] {problem}."
        yield error("E006", message, 'Write the origin alone: "https://www.example.com".')


def _has_webhook() -> bool:
    return bool(getattr(settings, "ROOT_URLCONF", "")) and callbacks.has_webhook()


def _check_ip_country(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    hint = "Give the dotted path of a callable: ip -> 'GB' or None."
    try:
        find: object = app_settings.IP_COUNTRY
    except ImportError as exc:
        extra = IP_COUNTRY_EXTRAS.get(exc.name or "")
        hint = f"Install it: pip install 'django-number-insight[{extra}]'." if extra else hint
        yield error("E007", f"NUMBER_INSIGHT['IP_COUNTRY'] cannot be imported: {exc}.", hint)
        return
    if find is not None and not callable(find):
        yield error("E007", "NUMBER_INSIGHT['IP_COUNTRY'] is not callable.", hint)


def _check_countries(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    countries = given.get("COUNTRIES")
    if countries is not None:
        is_list = isinstance(countries, (list, tuple, set, frozenset))
        wrong = [c for c in countries if not _is_region(c)] if is_list else countries
        if wrong or not is_list:
            message = f"NUMBER_INSIGHT['COUNTRIES'] holds what is no country: {wrong!r}."
            yield error("E008", message, 'Give a list of alpha-2 codes: ["GB", "SE"].')
    region = app_settings.default_region
    if region and not _is_region(region):
        message = f"PHONENUMBER_DEFAULT_REGION is no country: {region!r}."
        yield error("E008", message, 'Give its alpha-2 code: "GB".')


def _is_region(value: object) -> bool:
    return isinstance(value, str) and value in REGIONS
