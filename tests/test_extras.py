"""Each extra of the wheel brings all that it takes, into an environment that holds nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.project import build_wheel
from tests.support.servers import Redis

pytestmark = pytest.mark.once

DJANGO = """
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "number_insight"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    SECRET_KEY="x",
    USE_TZ=True,
    NUMBER_INSIGHT={"PROVIDERS": {"default": {"BACKEND": "number_insight.providers.fake.Fake"}}},
)
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
USES = {
    "redis": """
from celery import Celery
app = Celery("shop", broker="{redis}", set_as_current=True)
from number_insight.screening import tasks
tasks.screen_record.apply_async((7,))
with app.connection_for_read() as connection:
    assert connection.default_channel.client.llen("celery") == 1
""",
    "postgres": """
import psycopg
from django.db.backends.postgresql.base import DatabaseWrapper
assert psycopg.pq.__impl__ in ("binary", "c")
""",
    "identity": """
import cryptography, jwt
from number_insight.providers.identity import IdentityInsights
assert "RS256" in jwt.algorithms.get_default_algorithms()
""",
    "geoip": """
from number_insight.ip_country import maxmind
""",
    "geoip-bundled": """
from number_insight.ip_country.bundled import country
assert country("8.8.8.8") == "US"
""",
    "health": """
from number_insight.contrib.health_check import Screenings
from health_check.exceptions import ServiceWarning
try:
    Screenings().run()
except ServiceWarning as warning:
    assert "The sweep has never run" in str(warning)
""",
    "prometheus": """
from prometheus_client import CollectorRegistry, generate_latest
from number_insight.contrib.prometheus import Collector
registry = CollectorRegistry()
registry.register(Collector())
assert b"number_insight_up 1.0" in generate_latest(registry)
""",
    "opentelemetry": """
from number_insight.contrib.opentelemetry import instrument
instrument()
from number_insight.screening import screen
assert screen("+46701740605").pk
""",
    "testing": """
from number_insight.testing import RecordFactory, screenings
from number_insight.screening import screen
with screenings() as found:
    found.answer("+46701740605", line_type="virtual")
    record = screen("+46 70 174 06 05")
    record.refresh_from_db()
    assert record.verdict == "review", record.verdict
    assert RecordFactory().verdict == "allow"
""",
}


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that installs the wheel with an extra, and returns the Python there."""
    directory = tmp_path_factory.mktemp("extras")
    wheel = build_wheel(directory)

    def make(extra: str) -> Path:
        environment = directory / extra
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
        python = environment / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
        options = ["--no-compile", "--disable-pip-version-check", f"{wheel}[{extra}]"]
        done = subprocess.run([*pip, *options], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return python

    return make


@pytest.mark.parametrize("extra", USES)
def test_an_extra_brings_what_it_takes(
    extra: str, install: Callable[[str], Path], redis_server: Redis
) -> None:
    code = DJANGO + USES[extra].replace("{redis}", redis_server.url.replace("/0", "/5"))
    python = install(extra)
    done = subprocess.run([python, "-c", code], cwd=python.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_extra_is_tried() -> None:
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    section = text.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    names = {line.split(" = ")[0] for line in section.splitlines() if " = " in line}
    assert names == set(USES)
