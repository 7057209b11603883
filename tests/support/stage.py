"""Signups, the worker's and the sweep's work on them, and the money and messages they leave."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.dispatch import Signal
from django.test import override_settings

from number_insight.lookups import budget
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from number_insight.screening import screen, sweeps, worker
from tests.celery import app
from tests.models import Customer
from tests.support import keys
from tests.support.identity import LIVE, PRICES, PURPOSE
from tests.support.servers import Redis

CLEAN = "+46701740605"
VIRTUAL = "+46701740611"
PREMIUM = "+46701740612"
RESERVED = "+447700900000"
IMPOSSIBLE = "12345678901234567890"
PRICE = "0.03"
"""The price of Advanced in the sandbox, in EUR."""
IDENTITY = "number_insight.providers.identity.IdentityInsights"
VONAGE = "number_insight.providers.vonage.NumberInsight"
FAKE = settings.FAKE
IS_IDENTITY = settings.PROVIDER == "identity"
"""Whether the suite runs in the words of Identity Insights."""
HAS_WEBHOOK = not IS_IDENTITY
"""Whether the fake provider can post its answers; without that, it gives them at once."""


def vonage(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """Return ``NUMBER_INSIGHT`` with the sandbox as the provider."""
    options: dict[str, Any] = {"api_key": "key", "api_secret": "secret"}
    options["base_url"] = f"{sandbox.url}/ni"
    options |= {"prices": {"advanced": PRICE}, "timeout": settings.pop("timeout", 10)}
    return {"PROVIDERS": {"default": {"BACKEND": VONAGE, "OPTIONS": options}}, **settings}


def identity(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """Return ``NUMBER_INSIGHT`` with the sandbox as Identity Insights, as dear as `vonage`."""
    options: dict[str, Any] = {"application_id": keys.APPLICATION, "base_url": sandbox.identity_url}
    options |= {"private_key": keys.private_key(), "purpose": PURPOSE, "insights": LIVE}
    options |= {"prices": PRICES, "timeout": settings.pop("timeout", 10)}
    return {"PROVIDERS": {"default": {"BACKEND": IDENTITY, "OPTIONS": options}}, **settings}


at = identity if IS_IDENTITY else vonage
"""Return ``NUMBER_INSIGHT`` with the sandbox as the provider of this run."""


def fake(answers: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """Return ``NUMBER_INSIGHT`` with the fake provider and its `answers`."""
    options = {"answers": {} if answers is None else answers}
    return {"PROVIDERS": {"default": {"BACKEND": FAKE, "OPTIONS": options}}, **settings}


@contextmanager
def asking(answers: dict[str, Any] | None = None, **settings: Any) -> Iterator[None]:
    """Ask the fake provider with `answers` inside the block."""
    with override_settings(NUMBER_INSIGHT=fake(answers, **settings)):
        yield


@contextmanager
def celery_with(**options: Any) -> Iterator[None]:
    """Have Celery configured so inside the block; in 5.5 Django's settings overrule `app.conf`."""
    kept = {name: app.conf[name] for name in options}
    with override_settings(**{f"CELERY_{name.upper()}": options[name] for name in options}):
        app.conf.update(options)
        try:
            yield
        finally:
            app.conf.update(kept)


@contextmanager
def two_currencies(budget: dict[str, Any], **settings: Any) -> Iterator[None]:
    """Have a default provider that charges EUR, and one called "spare" that charges USD."""
    spare = {"BACKEND": "tests.support.providers.Dollars", "OPTIONS": {}}
    given = fake(BUDGET=budget, **settings)
    given["PROVIDERS"]["spare"] = spare
    with override_settings(NUMBER_INSIGHT=given):
        yield


def record_of(number: str = CLEAN, **options: Any) -> NumberInsightRecord:
    """Return a fresh record of `number`, about which nobody was asked."""
    return screen(number, **options)


def work_off(record_id: int) -> None:
    """Screen one record as a worker does, until nothing is due soon."""
    due = worker.screen(record_id)
    for _ in range(10):
        soon = [item for item in due if item.after.total_seconds() < 2]
        if not soon:
            return
        time.sleep(max(0.0, *(item.after.total_seconds() for item in soon)))
        due = [later for item in soon for later in worker.screen(item.record_id)]


def screened(
    number: str = CLEAN, *, under: AbstractContextManager[Any] | None = None, **options: Any
) -> NumberInsightRecord:
    """Return a record of `number` that a worker's task took as far as it goes `under` settings."""
    with under or nullcontext():
        record = record_of(number, **options)
        worker.screen(record.pk)
    record.refresh_from_db()
    return record


def sign_up(number: str = CLEAN, name: str = "Ada") -> Customer:
    """Save a customer in a transaction of their own."""
    with transaction.atomic():
        return Customer.objects.create(name=name, phone=number)


def sweep() -> int:
    """Sweep as a small site without a broker does."""
    return sweeps.sweep(inline=True)


def command(name: str, *words: Any, **options: Any) -> str:
    """Run a command of ours; return its output."""
    out = StringIO()
    call_command(f"number_insight_{name}", *words, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def money() -> tuple[str, str]:
    """Return the amounts spent and reserved today."""
    spent, reserved = budget.spent()
    return f"{spent.normalize():f}", f"{reserved.normalize():f}"


def the_lookup() -> Lookup:
    """Return the only lookup there is."""
    return Lookup.objects.get()


def messages(server: Redis) -> list[dict[str, Any]]:
    """Return the messages that wait for a worker, headers and all."""
    with server.client() as client:
        raw = client.lrange("celery", 0, -1)
    found = [json.loads(message) for message in reversed(raw)]
    for message in found:
        message["body"] = json.loads(base64.b64decode(message["body"]))
    return found


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages of our own loggers."""
    return [r.getMessage() for r in caplog.records if r.name.startswith("number_insight")]


@contextmanager
def heard(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """Yield the arguments of each call of a receiver of `signal` inside the block."""
    found: list[dict[str, Any]] = []

    def receive(**given: Any) -> None:
        found.append(given)

    signal.connect(receive)
    try:
        yield found
    finally:
        signal.disconnect(receive)
