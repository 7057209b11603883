"""``check --deploy`` names the limits of Celery that would end, or double, a paid call."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from django.core.checks import Warning as CheckWarning
from django.test import override_settings

from number_insight.checks import check_deployment
from number_insight.checks.celery import check_task_times
from tests.service.stage import FAKE, VONAGE

REDIS = "redis://localhost"
SLOW = {"default": {"BACKEND": VONAGE, "OPTIONS": {"timeout": 90}}}


@pytest.fixture(autouse=True)
def app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    """A project's Celery app that nothing is to be said of."""
    app = Celery("shop", broker=REDIS, set_as_current=False)
    monkeypatch.setattr("number_insight.checks.celery.current_app", app)
    return app


def ids(providers: Any = None) -> list[str]:
    given = {"PROVIDERS": providers or {"default": {"BACKEND": VONAGE}}}
    with override_settings(NUMBER_INSIGHT=given):
        return [str(message.id).rpartition(".")[2] for message in check_task_times()]


def visible(seconds: float) -> dict[str, Any]:
    return {"broker_transport_options": {"visibility_timeout": seconds}}


@pytest.mark.parametrize("url", [REDIS, "amqp://localhost", "sqs://"])
def test_a_default_never_warns(app: Celery, url: str) -> None:
    app.conf.broker_url = url
    assert ids() == []


@pytest.mark.parametrize(
    ("conf", "found"),
    [
        (visible(49), ["W017"]),
        (visible(50), []),
        ({"broker_transport_options": {"visibility_timeout": "soon"}}, []),
        ({"broker_transport_options": None}, []),
        ({**visible(49), "broker_url": "rediss://localhost"}, ["W017"]),
        ({**visible(49), "broker_url": "sentinel://localhost"}, ["W017"]),
        ({**visible(49), "broker_url": "amqp://localhost"}, []),
        ({**visible(100), "task_time_limit": 120}, ["W017"]),
        ({**visible(120), "task_time_limit": 120}, []),
    ],
)
def test_a_task_that_redis_would_hand_out_twice(
    app: Celery, conf: dict[str, Any], found: list[str]
) -> None:
    app.conf.update(conf)
    assert ids() == found


@pytest.mark.parametrize("name", ["task_time_limit", "task_soft_time_limit"])
@pytest.mark.parametrize(("limit", "found"), [(49, ["W018"]), (50, []), (None, [])])
def test_a_task_that_celery_would_end_in_mid_call(
    app: Celery, name: str, limit: float | None, found: list[str]
) -> None:
    app.conf.update({name: limit})
    assert ids() == found


def test_the_slowest_provider_decides(app: Celery) -> None:
    app.conf.task_time_limit = 60
    assert ids() == []
    assert ids(SLOW) == ["W018"]
    assert ids({"default": {"BACKEND": FAKE}, "other": SLOW["default"]}) == ["W018"]


@pytest.mark.parametrize(
    "entry",
    [{"BACKEND": "no.such.Thing"}, {"BACKEND": VONAGE, "OPTIONS": {"timeout": "soon"}}, {}],
)
def test_a_provider_that_cannot_be_asked_breaks_no_check(app: Celery, entry: Any) -> None:
    app.conf.task_time_limit = 1
    assert ids({"default": entry}) == ["W018"]


def test_a_warning_is_whole_and_part_of_the_deployment(app: Celery) -> None:
    app.conf.update(visible(30))
    expected = CheckWarning(
        "The broker's visibility_timeout is 30 s, and a task may take 50 s: it is given to a "
        "second worker while the first one works on it.",
        hint="Leave it out (an hour), or set it above every time limit.",
        id="number_insight.W017",
    )
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": {"default": {"BACKEND": VONAGE}}}):
        assert list(check_task_times()) == [expected]
        assert expected in check_deployment()


def test_without_an_app_of_the_projects_there_is_nothing_to_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Celery("default", set_as_current=False)
    app.conf.task_time_limit = 1
    monkeypatch.setattr("number_insight.checks.celery.current_app", app)
    assert ids() == []
