"""The data-out register: the personal data that leaves the site under the active settings.

It is made of settings and of the providers' own attributes alone: no option's value but a host name
is shown, since options hold secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from number_insight import doorbells, loading
from number_insight.conf import app_settings
from number_insight.loading import DEFAULT_PROVIDER
from number_insight.providers.base import Provider
from number_insight.providers.http import host_of, is_loopback

NUMBER = "phone number"
VISITOR_IP = "visitor's IP address"
CALLER_NAME = "request for the caller name"
PARAMETERS = "parameters of %s"
CALLBACK = "callback address"
KEY = "primary key of a record"

UNKNOWN = "not stated"
HERE = "this machine"
BY_HAND = "by hand only"
LEVELS_MAY_DIFFER = (
    "A validator, a call of screen() or a person who asks by hand may name another level than "
    "LEVEL."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One kind of data on its way to one recipient."""

    field: str
    provider: str
    """The name in ``PROVIDERS``, or "IP_COUNTRY" or "broker"."""
    role: str
    """When the recipient is asked: as default, fallback, share or shadow."""
    vendor: str
    host: str
    region: str
    purpose: str
    condition: str = ""
    """The signups that it concerns; empty means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All flows, and sentences on what they leave open."""

    flows: tuple[Flow, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {"flows": [asdict(flow) for flow in self.flows], "notes": list(self.notes)}


def register() -> Register:
    """Return the data-out register under the active settings."""
    flows: list[Flow] = []
    notes: list[str] = [] if app_settings.ENABLED else ["ENABLED is off, so nothing is asked now."]
    for name in sorted(app_settings.PROVIDERS, key=lambda name: (name != DEFAULT_PROVIDER, name)):
        try:
            flows += _of_provider(name, loading.provider(name))
        except ImproperlyConfigured:  # its text may quote an option
            notes.append(f"Provider {name!r} cannot be loaded; `manage.py check` says why.")
    if not any(flow.field == VISITOR_IP for flow in flows):
        notes.append("The visitor's IP address is sent to no provider.")
    flows += [*_of_ip_country(), *_of_queue()]
    return Register(flows=tuple(flows), notes=(*notes, LEVELS_MAY_DIFFER))


def _of_provider(name: str, provider: Provider) -> Iterator[Flow]:
    host, levels = provider.destination(), _levels(provider)
    number = Flow(
        field=NUMBER,
        provider=name,
        role=_role(name),
        vendor=provider.vendor or f"{type(provider).__module__}.{type(provider).__qualname__}",
        host=host or UNKNOWN,
        region=provider.regions.get(host) or _region(host),
        purpose=_purpose(provider, levels),
        condition=_countries(),
    )
    yield number
    highest = levels[-1]
    if app_settings.SEND_IP and provider.supports_ip and "advanced" in levels:
        purpose = "compare its country with that of the number"
        yield replace(number, field=VISITOR_IP, purpose=purpose, condition="level advanced")
    if app_settings.CNAM and provider.supports_cnam and highest != "basic":
        condition = "numbers of the US, levels above basic"
        yield replace(number, field=CALLER_NAME, purpose="learn the name", condition=condition)
    for part, parameters in provider.parts(highest).items():
        if parameters:
            purpose, told = f"ask for {part}", f"{', '.join(parameters)}; level {highest}"
            yield replace(number, field=PARAMETERS % part, purpose=purpose, condition=told)
    is_async = app_settings.DELIVERY == "async" and provider.supports_callback
    if is_async and "advanced" in levels:
        posted = host_of(app_settings.CALLBACK_BASE_URL) or "this site"
        purpose = f"post the answer to {posted}; it holds a signed token and no number"
        yield replace(number, field=CALLBACK, purpose=purpose, condition="level advanced")


def _levels(provider: Provider) -> tuple[str, ...]:
    """Return the levels that may be asked, the highest one last."""
    if app_settings.LEVEL == "auto":
        return provider.levels
    return (app_settings.LEVEL if app_settings.LEVEL in provider.levels else provider.levels[-1],)


def _purpose(provider: Provider, levels: tuple[str, ...]) -> str:
    """Return the levels that may be asked, and all that they tell."""
    signals = frozenset[str]().union(*(provider.signals.get(level, ()) for level in levels))
    if not app_settings.CNAM:
        signals -= {"caller"}
    if not app_settings.SEND_IP:
        signals -= {"ip_match"}
    words = ", ".join(sorted(signal.replace("_", " ") for signal in signals)) or "nothing"
    return f"screen a signup ({', '.join(levels)}): {words}"


def _role(name: str) -> str:
    """Return when the provider `name` is asked."""
    shares = {
        other: percent
        for other, percent in app_settings.SHARES.items()
        if other in app_settings.PROVIDERS and isinstance(percent, int | float)
    }
    roles = []
    if name == DEFAULT_PROVIDER:
        rest = 100 - sum(percent for other, percent in shares.items() if other != name)
        roles.append(f"default, {max(rest, 0):g} %" if shares else "default")
    elif name in shares:
        roles.append(f"share {shares[name]:g} %")
    fallbacks = list(app_settings.FALLBACKS)
    if name in fallbacks:
        roles.append(f"fallback {fallbacks.index(name) + 1}")
    shadow = app_settings.SHADOW or {}
    if shadow.get("provider") == name:
        roles.append(f"shadow {shadow.get('percent', 0)} %")
    return "; ".join(roles) or BY_HAND


def _countries() -> str:
    chosen = app_settings.COUNTRIES
    return "" if chosen is None else f"numbers of {', '.join(sorted(chosen)) or 'no country'}"


def _of_ip_country() -> Iterator[Flow]:
    """Yield the local match of the IP, which is a callable of the project's choice."""
    path = app_settings.given.get("IP_COUNTRY")
    if path is None:
        return
    name = path if isinstance(path, str) else getattr(path, "__qualname__", type(path).__name__)
    yield Flow(
        field=VISITOR_IP,
        provider="IP_COUNTRY",
        role="callable here",
        vendor=name,
        host=HERE,
        region=HERE,
        purpose="compare its country with that of the number",
        condition="a callable of your own may pass it on" if not _is_ours(name) else "",
    )


def _is_ours(path: str) -> bool:
    return path.startswith("number_insight.ip_country.")


def _of_queue() -> Iterator[Flow]:
    """Yield the messages to the queue of ``DOORBELL``, which hold a key alone."""
    try:
        doorbell = doorbells.current()
    except (KeyError, ImportError):  # reported by the checks
        return
    if doorbell is None:
        return
    queue = Flow(
        field=KEY,
        provider="broker",
        role="every signup",
        vendor=f"your queue ({doorbell.label})",
        host=UNKNOWN,
        region=UNKNOWN,
        purpose="wake a worker; neither number nor IP is in the message",
    )
    for url in doorbell.urls:
        host, vendor = host_of(url), f"your broker ({_scheme(url)})"
        yield replace(queue, vendor=vendor, host=host or UNKNOWN, region=_region(host))
    if doorbell.has_broker and not doorbell.urls:
        yield queue


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme or UNKNOWN
    except ValueError:
        return UNKNOWN


def _region(host: str) -> str:
    return HERE if is_loopback(host) else UNKNOWN
