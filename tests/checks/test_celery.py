"""``check --deploy`` reports settings of Celery that delay, lose or repeat work."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from celery import Celery
from django.core.checks import Warning
from django.db import connection
from django.test import override_settings

from number_insight.checks import check_deployment
from number_insight.checks.celery import check_celery
from tests.checks.stage import FAKE, LASTING, PROVIDERS, ids

REDIS = "redis://localhost"
TIMEOUTS = {"socket_timeout": 1, "socket_connect_timeout": 1}
SLOW = {"BACKEND": LASTING, "OPTIONS": {"timeout": 90}}


@pytest.fixture(autouse=True)
def app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    """The Celery app of a project that has nothing to be reported."""
    app = Celery("shop", broker=REDIS, set_as_current=False)
    app.conf.broker_transport_options = TIMEOUTS
    app.conf.beat_schedule = {"sweep": {"task": "number_insight.sweep", "schedule": 60}}
    app.conf.update(CELERY_DB_REUSE_MAX=1000)
    monkeypatch.setattr("number_insight.checks.celery.current_app", app)
    return app


def reported(providers: Any = PROVIDERS) -> list[str]:
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": providers}):
        return ids(check_celery())


def visible(seconds: Any) -> dict[str, Any]:
    return {"broker_transport_options": {**TIMEOUTS, "visibility_timeout": seconds}}


@pytest.mark.parametrize("url", [REDIS, "sqs://", "filesystem://"])
def test_a_default_never_warns(app: Celery, url: str) -> None:
    app.conf.broker_url = url
    assert reported() == []


def test_a_project_without_a_celery_app_is_told_of_that_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    default = Celery("default", set_as_current=False)
    default.conf.task_time_limit = 1
    monkeypatch.setattr("number_insight.checks.celery.current_app", default)
    assert reported() == ["W006"]


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ({"beat_schedule": {}}, ["W016"]),
        ({"beat_schedule": None}, ["W016"]),
        ({"result_extended": True, "task_ignore_result": False}, ["W012"]),
        ({"result_extended": True, "task_ignore_result": True}, []),
    ],
)
def test_a_missing_sweep_and_stored_arguments_are_reported(
    app: Celery, conf: dict[str, Any], expected: list[str]
) -> None:
    app.conf.update(conf)
    assert reported() == expected


def test_production_hears_of_eager_celery(app: Celery) -> None:
    app.conf.task_always_eager = True
    assert reported() == ["W007"]


@pytest.mark.parametrize("url", [REDIS, "rediss://localhost", "sentinel://localhost"])
@pytest.mark.parametrize("options", [None, {}, {"socket_timeout": 1}])
def test_redis_without_socket_timeouts_is_reported(app: Celery, url: str, options: Any) -> None:
    app.conf.update(broker_url=url, broker_transport_options=options)
    assert reported() == ["W008"]


@pytest.mark.parametrize(
    ("url", "expected"), [(REDIS, ["W019"]), ("sentinel://localhost", ["W019"]), ("sqs://", [])]
)
def test_a_broker_whose_client_is_not_installed_is_reported(
    app: Celery, monkeypatch: pytest.MonkeyPatch, url: str, expected: list[str]
) -> None:
    app.conf.broker_url = url
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setattr(sys, "path", [])
    assert reported() == expected


@pytest.mark.parametrize(
    ("options", "expected"), [(None, ["W014"]), ({}, ["W014"]), ({"confirm_publish": True}, [])]
)
def test_rabbitmq_that_drops_messages_silently_is_reported(
    app: Celery, options: Any, expected: list[str]
) -> None:
    app.conf.update(broker_url="amqp://localhost", broker_transport_options=options)
    assert reported() == expected


def test_a_connection_for_every_task_is_reported_where_it_costs_something(app: Celery) -> None:
    app.conf.update(CELERY_DB_REUSE_MAX=None)
    assert reported() == ([] if connection.vendor == "sqlite" else ["W009"])


def test_a_pool_of_connections_is_not_reported(
    app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.conf.update(CELERY_DB_REUSE_MAX=None)
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"pool": True})
    assert reported() == []


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        (visible(49), ["W017"]),
        (visible(50), []),
        (visible("soon"), []),
        ({**visible(49), "broker_url": "rediss://localhost"}, ["W017"]),
        ({**visible(49), "broker_url": "sentinel://localhost"}, ["W017"]),
        ({**visible(49), "broker_url": "sqs://localhost"}, []),
        ({**visible(100), "task_time_limit": 120}, ["W017"]),
        ({**visible(120), "task_time_limit": 120}, []),
    ],
)
def test_a_task_that_redis_would_hand_out_twice_is_reported(
    app: Celery, conf: dict[str, Any], expected: list[str]
) -> None:
    app.conf.update(conf)
    assert reported() == expected


@pytest.mark.parametrize("name", ["task_time_limit", "task_soft_time_limit"])
@pytest.mark.parametrize(("limit", "expected"), [(49, ["W018"]), (50, []), (None, [])])
def test_a_task_that_celery_would_end_in_mid_call_is_reported(
    app: Celery, name: str, limit: float | None, expected: list[str]
) -> None:
    app.conf.update({name: limit})
    assert reported() == expected


def test_the_slowest_provider_decides_how_long_a_task_may_take(app: Celery) -> None:
    app.conf.task_time_limit = 60
    assert reported() == []
    assert reported({"default": SLOW}) == ["W018"]
    assert reported({"default": {"BACKEND": FAKE}, "other": SLOW}) == ["W018"]


@pytest.mark.parametrize(
    "entry",
    [{"BACKEND": "no.such.Thing"}, {"BACKEND": LASTING, "OPTIONS": {"timeout": "soon"}}, {}],
)
def test_a_provider_that_cannot_be_loaded_breaks_no_check(app: Celery, entry: Any) -> None:
    app.conf.task_time_limit = 1
    assert reported({"default": entry}) == ["W018"]


def test_a_warning_has_its_hint_and_is_part_of_the_deployment_check(app: Celery) -> None:
    app.conf.update(visible(30))
    expected = Warning(
        "The broker's visibility_timeout is 30 s, and a task may take 50 s: it is given to a "
        "second worker while the first one works on it.",
        hint="Leave it out (an hour), or set it above every time limit.",
        id="number_insight.W017",
    )
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": PROVIDERS}):
        assert list(check_celery()) == [expected]
        assert expected in check_deployment()
