"""Databases with a million signups, with a thousand, and with a page's worth."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from number_insight.verdicts import rules_in_force
from tests.benchmarks.models import ScreenedCustomer
from tests.benchmarks.multiplying import Multiplier
from tests.benchmarks.seeding import SPAN, Population
from tests.benchmarks.stand import Stand

LARGE, THOUSAND, SMALL = "large", "thousand", "small"
PAGE = 64
"""Signups of the small database: enough to fill the first page of each list."""
TIMES, TIMES_OF_FEW = 50, 2
"""The copies that SQL makes of each signup of the large database, and of a smaller one."""
ENOUGH = 100_000
"""The rows from which on a fiftieth of them is varied enough."""


def make(stand: Stand, rows: int) -> None:
    """Make the databases, and let a superuser be logged in to each; a second time does nothing."""
    if stand.cookie:
        return
    assert stand.database is not None
    stand.clear()
    stand.cookie = _log_in()
    rules_in_force.remember()
    connections.close_all()
    for name in (LARGE, THOUSAND, SMALL):
        stand.database.create(name, "bench")
        connections.databases[name] = {**settings.DATABASES["default"], "NAME": name}
    for name, count in ((SMALL, PAGE), (THOUSAND, 1000), (LARGE, rows)):
        _fill(name, count)


def _log_in() -> str:
    user: Any = get_user_model().objects.create_superuser("reviewer", "r@example.com", "reviewer")
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _fill(name: str, count: int) -> None:
    """Write `count` signups, of a large database one in fifty, which SQL multiplies."""
    sys.stderr.write(f"  seeding the {name} database: {count:,} signups\n")
    times = TIMES if count >= ENOUGH else TIMES_OF_FEW if name == LARGE else 1
    assert count % times == 0, f"{count} rows cannot be made of {times} copies each"
    population = Population(ScreenedCustomer(name="Somebody"), "phone", using=name)
    for _written in population.write(count // times):
        pass
    if times > 1:
        gap = SPAN.total_seconds() / count
        Multiplier(ScreenedCustomer, "phone", times, gap).run(connections[name])
    with connections[name].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would, but not beside the rows
        cursor.execute("CHECKPOINT")
    connections[name].close()
