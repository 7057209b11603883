"""A provider that its vendor has switched off is asked no more, and breaks nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone

from number_insight import clock, health
from number_insight.lookups import spent
from number_insight.models import Lookup
from number_insight.providers.fake import Fake
from number_insight.screening import sweeps, worker
from tests.admin.builders import HEALTH, LIST
from tests.support.stage import CLEAN, FAKE, record_of, screened, sweep
from tests.webhook.callbacks import ASYNC, body_of, post

pytestmark = pytest.mark.django_db

RETIRING = {"BACKEND": "tests.support.providers.Retiring"}
OVER = "The provider was switched off by its vendor (default, 2027-02-04)."


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that sets the clock to a time of ``TIME_ZONE``."""

    def set_clock(*moment: int) -> None:
        now = datetime(*moment, tzinfo=clock.local().tzinfo)  # type: ignore[arg-type,misc]
        monkeypatch.setattr(timezone, "now", lambda: now)

    return set_clock


def asking_one_that_ends(**settings: Any) -> Any:
    """Ask a provider that is switched off on 2027-02-04, and a spare one if it is named."""
    providers = {"default": RETIRING, "spare": {"BACKEND": FAKE}}
    return override_settings(NUMBER_INSIGHT={"PROVIDERS": providers, "LIMITS": {}, **settings})


def test_it_is_asked_up_to_the_last_day(at: Callable[..., None]) -> None:
    at(2027, 2, 3, 23, 59)
    with asking_one_that_ends():
        assert screened().basis == "answer"


@pytest.mark.parametrize("verdict", ["allow", "review", "deny"])
def test_afterwards_there_is_no_answer_at_once_and_nothing_is_paid(
    at: Callable[..., None], verdict: str
) -> None:
    at(2027, 2, 4, 0, 0)
    with asking_one_that_ends(ON_NO_ANSWER=verdict):
        record = screened()
        assert (record.state, record.basis, record.verdict) == ("failed", "no_answer", verdict)
        assert spent() == (0, 0)
    assert Fake.asked == []
    assert Lookup.objects.get().error == OVER


def test_afterwards_the_fallback_is_asked(at: Callable[..., None]) -> None:
    at(2027, 6, 1)
    with asking_one_that_ends(FALLBACKS=["spare"]):
        record = screened()
    assert record.basis == "answer"
    assert record.lookup is not None and record.lookup.provider == "spare"
    assert Lookup.objects.count() == 1


def test_an_answer_of_before_is_still_reused(at: Callable[..., None]) -> None:
    at(2027, 2, 3, 23, 55)
    with asking_one_that_ends():
        screened()
        Lookup.objects.update(answered_at=timezone.now())
        at(2027, 2, 4, 0, 5)
        assert screened().basis == "reused"


def test_what_waits_for_it_is_judged_or_goes_on(at: Callable[..., None]) -> None:
    at(2027, 2, 3)
    with asking_one_that_ends():
        record = record_of()
        Lookup.objects.create(
            provider="default", number=CLEAN, level="advanced", next_try_at=timezone.now()
        )
        record.state, record.lookup = "waiting", Lookup.objects.get()
        record.save()
        at(2027, 2, 5)
        worker.screen(record.pk)
        record.refresh_from_db()
        assert (record.state, record.basis) == ("failed", "no_answer")
        Lookup.objects.update(state="queued", next_try_at=timezone.now())
        record.state, record.verdict = "waiting", "pending"
        record.save()
    with asking_one_that_ends(FALLBACKS=["spare"]):
        sweep()
        record.refresh_from_db()
    assert record.basis == "answer"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("moment", "status"),
    [((2027, 2, 4, 23, 59), 200), ((2027, 2, 5, 0, 0), 410), ((2027, 9, 1), 410)],
)
def test_its_webhook_answers_for_a_day_more(
    at: Callable[..., None], moment: tuple[int, ...], status: int
) -> None:
    with asking_one_that_ends(**ASYNC):
        screened()
        at(*moment)
        assert post(body_of()).status_code == status
    assert Lookup.objects.get().state == ("answered" if status == 200 else "submitted")


@pytest.mark.parametrize(
    ("moment", "notices", "problems"),
    [
        ((2026, 11, 5), 0, 0),
        ((2026, 11, 6), 1, 0),
        ((2027, 2, 3), 1, 0),
        ((2027, 2, 4), 0, 1),
        ((2028, 2, 4), 0, 1),
    ],
)
def test_health_and_the_admin_tell_of_it_from_90_days_before(
    at: Callable[..., None],
    client: Client,
    admin_user: Any,
    moment: tuple[int, ...],
    notices: int,
    problems: int,
) -> None:
    at(*moment)
    client.force_login(admin_user)
    sweeps.sweep()
    with asking_one_that_ends():
        document = health.examine().as_json()
        told = [sentence for sentence in document["problems"] if "vendor" in sentence]
        assert (len(document["notices"]), len(told)) == (notices, problems)
        page = client.get(LIST).content.decode()
        assert ("switched off by its vendor on" in page) is bool(notices + problems)
        page = client.get(HEALTH).content.decode()
        assert ("Its vendor ends the service" in page) is bool(notices + problems)
    assert all("Move to another provider" in each for each in (*document["notices"], *told))


def test_the_command_prints_the_notice_and_is_not_in_alarm_before_the_day(
    at: Callable[..., None],
) -> None:
    at(2027, 1, 1)
    with asking_one_that_ends():
        out = StringIO()
        with suppress(SystemExit):  # for want of a sweep, and of a broker
            call_command("number_insight_health", stdout=out)
    notice = "* Provider 'default' is switched off by its vendor on 2027-02-04. Move to another"
    assert notice in out.getvalue()


@pytest.mark.parametrize("command", ["check", "migrate", "number_insight_sweep"])
def test_it_stops_no_command(at: Callable[..., None], command: str) -> None:
    at(2027, 2, 5)
    with asking_one_that_ends():
        call_command(command, stdout=StringIO(), stderr=StringIO())


def test_the_json_of_health_holds_the_day(at: Callable[..., None]) -> None:
    at(2027, 1, 1)
    with asking_one_that_ends():
        document = json.loads(json.dumps(health.examine().as_json()))
    assert document["retirements"] == {"default": "2027-02-04"}
