"""What would slow signups or workers down is said before it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from number_insight.checks import check_deployment
from tests.celery import app

TIMEOUTS = {"socket_timeout": 1, "socket_connect_timeout": 1}


@pytest.fixture
def celery() -> Iterator[Any]:
    """Celery's settings, which are as they were when the test is over."""
    kept = {name: app.conf.get(name) for name in ("broker_url", "broker_transport_options")}
    yield app.conf
    app.conf.update(kept, CELERY_DB_REUSE_MAX=None)


def reported() -> set[str]:
    return {message.id.rpartition(".")[2] for message in check_deployment() if message.id}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0"])
@pytest.mark.parametrize("options", [None, {}, {"socket_timeout": 1}])
def test_redis_without_timeouts_is_reported(celery: Any, url: str, options: Any) -> None:
    celery.update(broker_url=url, broker_transport_options=options)
    assert "W008" in reported()


@pytest.mark.parametrize(
    ("url", "options"),
    [("redis://127.0.0.1:1/0", TIMEOUTS), ("amqp://127.0.0.1:1", {}), ("filesystem://", None)],
)
def test_a_broker_that_cannot_hang_is_not_reported(celery: Any, url: str, options: Any) -> None:
    celery.update(broker_url=url, broker_transport_options=options)
    assert "W008" not in reported()


def test_a_connection_for_every_task_is_reported_where_it_costs_something(celery: Any) -> None:
    celery.update(CELERY_DB_REUSE_MAX=None)
    assert ("W009" in reported()) is (connection.vendor != "sqlite")


def test_reused_connections_are_not_reported(celery: Any) -> None:
    celery.update(CELERY_DB_REUSE_MAX=1000)
    assert "W009" not in reported()


def test_a_pool_is_not_reported(celery: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"pool": True})
    assert "W009" not in reported()
