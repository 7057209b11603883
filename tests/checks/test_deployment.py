"""``check --deploy`` names what a project's other settings do to the screenings."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from celery import Celery
from django.core.checks import Warning as CheckWarning
from django.test import override_settings

from number_insight.checks.deployment import check_surroundings

SWEPT = {"sweep": {"task": "number_insight.sweep", "schedule": 60}}


@pytest.fixture(autouse=True)
def app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    """A project's Celery app that nothing is to be said of."""
    app = Celery("shop", broker="redis://localhost", set_as_current=False)
    app.conf.beat_schedule = SWEPT
    monkeypatch.setattr("number_insight.checks.deployment.current_app", app)
    return app


def ids(**settings: Any) -> list[str]:
    with override_settings(NUMBER_INSIGHT=settings):
        return [str(message.id).rpartition(".")[2] for message in check_surroundings()]


def test_a_default_never_warns() -> None:
    assert ids() == []


def test_a_warning_is_whole() -> None:
    with override_settings(NUMBER_INSIGHT={"STORE_LIVE": True}):
        assert list(check_surroundings()) == [
            CheckWarning(
                "NUMBER_INSIGHT['STORE_LIVE'] keeps roaming and reachability.",
                hint="Some countries forbid that; leave it out, or silence this once you know.",
                id="number_insight.W010",
            )
        ]


@pytest.mark.parametrize(
    ("origin", "found"),
    [
        ("https://www.example.com", []),
        ("http://127.0.0.1:8000", ["W011"]),
        ("http://localhost", ["W011"]),
        ("https://10.0.0.7", ["W011"]),
        ("https://intranet", ["W011"]),
        ("http://[::1]:8000", ["W011"]),
    ],
)
def test_a_webhook_has_to_be_reached_from_outside(origin: str, found: list[str]) -> None:
    assert ids(DELIVERY="async", CALLBACK_BASE_URL=origin) == found
    assert ids(CALLBACK_BASE_URL=origin) == []


@pytest.mark.parametrize(
    ("conf", "found"),
    [
        ({"beat_schedule": {}}, ["W016"]),
        ({"result_extended": True, "task_ignore_result": False}, ["W012"]),
        ({"result_extended": True, "task_ignore_result": True}, []),
        ({"broker_url": "amqp://localhost"}, ["W014"]),
        (
            {
                "broker_url": "amqp://localhost",
                "broker_transport_options": {"confirm_publish": True},
            },
            [],
        ),
    ],
)
def test_what_celery_would_lose_or_keep(
    conf: dict[str, Any], found: list[str], app: Celery
) -> None:
    app.conf.update(conf)
    assert ids() == found


def test_a_logger_that_tells_too_much() -> None:
    logger = logging.getLogger("urllib3")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        assert ids() == ["W013"]
    finally:
        logger.setLevel(level)


def test_bodies_of_any_size() -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=None):
        assert ids() == ["W015"]
