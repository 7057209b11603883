"""A site chooses what rings for its workers, and imports nothing of the others."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import django
import pytest
from django.test import override_settings

from number_insight import health
from number_insight.checks import check_deployment, check_settings
from number_insight.models import NumberInsightRecord
from number_insight.screening import sweeps
from number_insight.screening.bell import bell
from tests.support.stage import CLEAN, asking, command, fake, sign_up

SITE = """
import sys
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "number_insight"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    SECRET_KEY="x",
    USE_TZ=True,
    SILENCED_SYSTEM_CHECKS=["number_insight.E017"],
    NUMBER_INSIGHT={
        "DOORBELL": DOORBELL,
        "PROVIDERS": {"default": {"BACKEND": "number_insight.providers.fake.Fake"}},
    },
)
django.setup()
from django.core.management import call_command

call_command("migrate", verbosity=0)
call_command("check", deploy=True)
from number_insight import health
from number_insight.screening import screen

record = screen("+46701740605")
call_command("number_insight_sweep", verbosity=0)
record.refresh_from_db()
assert record.verdict == "allow", record.verdict
assert health.examine().problems == [], health.examine().problems
known = {name.partition(".")[0] for name in sys.modules}
assert not known & {"celery", "kombu", "billiard"}
"""
HAS_TASKS = django.VERSION >= (6, 0)
WITHOUT_CELERY = [None, "tasks"] if HAS_TASKS else [None]


@pytest.mark.once
@pytest.mark.parametrize("name", WITHOUT_CELERY)
def test_a_site_without_celery_screens_a_signup_and_never_imports_it(name: str | None) -> None:
    code = SITE.replace("DOORBELL,", f"{name!r},")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


@pytest.mark.django_db(transaction=True)
def test_without_a_doorbell_a_signup_rings_nothing_and_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "number_insight")
    with asking(DOORBELL=None):
        customer = sign_up(CLEAN)
        assert bell.ring(customer.get_phone_record().pk) is False
    assert [r for r in caplog.records if r.name.startswith("number_insight")] == []
    assert customer.get_phone_record().state == "queued"


@pytest.mark.django_db(transaction=True)
def test_without_a_doorbell_each_sweep_does_the_work_itself() -> None:
    with asking(DOORBELL=None):
        first, second = sign_up(CLEAN), sign_up(CLEAN)
        out = command("sweep")
        third = sign_up(CLEAN)
        assert sweeps.sweep() == 1
    assert out == "2 records screened.\n"
    verdicts = [each.get_phone_record().verdict for each in (first, second, third)]
    assert "pending" not in verdicts


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", WITHOUT_CELERY)
def test_health_asks_no_broker_where_celery_does_not_ring(name: str | None) -> None:
    with asking(DOORBELL=name):
        sweeps.sweep()
        found = health.examine()
    assert (found.doorbell, found.broker, found.has_broker) == (name, "", False)
    assert found.problems == []


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_never_ran_is_told_in_the_words_of_the_doorbell() -> None:
    with asking(DOORBELL=None):
        (problem,) = health.examine().problems
    assert problem.endswith("let number_insight_sweep run every minute, by --loop or cron.")


def found_by(check: Any, name: object) -> dict[str, str]:
    with override_settings(NUMBER_INSIGHT=fake(DOORBELL=name)):
        return {str(each.id).partition(".")[2]: str(each.msg) for each in check()}


@pytest.mark.parametrize("name", ["tsks", "", 1, [], {"celery": 1}])
def test_a_doorbell_that_does_not_exist_is_reported(name: object) -> None:
    assert found_by(check_settings, name)["E002"] == f"NUMBER_INSIGHT['DOORBELL'] is {name!r}."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["tsks", "", 1, [], {"celery": 1}])
def test_a_doorbell_that_does_not_exist_breaks_no_signup(
    name: object, caplog: pytest.LogCaptureFixture
) -> None:
    with asking(DOORBELL=name):
        sign_up(CLEAN)
        sign_up(CLEAN)
    assert NumberInsightRecord.objects.filter(state="queued").count() == 2
    (logged,) = (r for r in caplog.records if r.name == "number_insight.screening.bell")
    assert logged.getMessage().startswith("The doorbell could not be rung (KeyError)")


@pytest.mark.parametrize("name", ["celery", *WITHOUT_CELERY])
def test_a_doorbell_that_can_be_loaded_is_not_reported(name: str | None) -> None:
    assert not {"E002", "E050"} & set(found_by(check_settings, name))


def test_celery_is_checked_only_where_it_rings() -> None:
    ours = {"W006", "W007", "W008", "W009", "W012", "W014", "W016", "W017", "W018", "W019"}
    assert ours & set(found_by(check_deployment, "celery"))
    assert not ours & set(found_by(check_deployment, None))


@pytest.mark.skipif(HAS_TASKS, reason="tests.screening.test_django_tasks is for this Django")
def test_djangos_tasks_before_django_6_are_reported_in_a_sentence() -> None:
    told = found_by(check_settings, "tasks")["E050"]
    assert told == (
        f"NUMBER_INSIGHT['DOORBELL'] is 'tasks', and Django {django.get_version()} has no "
        "django.tasks."
    )
    assert not {"W050", "W051"} & set(found_by(check_deployment, "tasks"))
