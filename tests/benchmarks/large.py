"""A database with a million signups, and one with a page's worth."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from number_insight.verdicts import rules_in_force
from tests.benchmarks.models import ScreenedCustomer
from tests.benchmarks.seeding import Population
from tests.benchmarks.stand import Stand

LARGE, SMALL = "large", "small"
PAGE = 64
"""Signups of the small database: enough to fill the first page of each list."""


def make(stand: Stand, rows: int) -> None:
    """Make both databases, and let a superuser be logged in to each; a second time does nothing."""
    if stand.cookie:
        return
    stand.cookie = _log_in()
    rules_in_force.remember()
    connections.close_all()
    for name in (LARGE, SMALL):
        stand.database.create(name, "bench")
        connections.databases[name] = {**settings.DATABASES["default"], "NAME": name}
    for name, count in ((LARGE, rows), (SMALL, PAGE)):
        _fill(name, count)
        connections[name].close()


def _log_in() -> str:
    user: Any = get_user_model().objects.create_superuser("reviewer", "r@example.com", "reviewer")
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _fill(name: str, count: int) -> None:
    population = Population(ScreenedCustomer(name="Somebody"), "phone", using=name)
    for written in population.write(count):
        sys.stderr.write(f"\r  seeding the {name} database: {written:,} of {count:,} ")
    sys.stderr.write("\r\x1b[K")
