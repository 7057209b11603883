"""The how-to pages name existing tasks and statuses, and their figures are the source's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from celery import current_app

from number_insight import views
from number_insight.conf import app_settings
from number_insight.lookups import budget, callbacks, outcomes
from number_insight.screening import bell, sweeps
from tests.support.pages import blocks, named, quoted, read, rows, section
from tests.support.project import Project


def test_every_task_is_on_the_page_on_celery_and_the_other_way_round():
    current_app.loader.import_default_modules()
    own = {name for name in current_app.tasks if name.startswith("number_insight.")}
    assert set(named(section("docs/celery.md", "With Celery"))) == own


@pytest.mark.parametrize(
    ("page", "words", "figure"),
    [
        ("celery", "after a failure a process rings no more for 30 seconds", bell.SILENCE),
        ("celery", "it leaves records of the last 30 seconds", sweeps.GRACE),
        ("async", "after 25 hours the sweep gives the lookup up", outcomes.CALLBACK_PATIENCE),
        ("states", "within 25 hours", outcomes.CALLBACK_PATIENCE),
        ("states", "with a growing back-off, for 24 hours", outcomes.GIVE_UP_AFTER),
        ("states", "for 24 hours nobody else asks", outcomes.UNCERTAIN_HOLD),
        ("forms", "the line and its carrier for 30 days", app_settings.FRESHNESS["carrier"]),
        ("forms", "for 15 minutes, and longer", app_settings.FRESHNESS["live"]),
    ],
)
def test_a_figure_on_a_page_is_the_sources(page: str, words: str, figure: timedelta):
    assert words in read(f"docs/{page}.md").replace("\n", " ").lower()
    (number,) = (int(word) for word in words.split() if word.isdigit())
    units = ("seconds", "minutes", "hours", "days")
    assert figure in [timedelta(**{unit: number}) for unit in units]


def test_every_answer_of_the_webhook_is_on_its_page_and_the_other_way_round():
    told = named(section("docs/async.md", "What it answers"))
    assert {int(status) for status in told} == set(views._TEXTS)
    assert f"{views.MAX_BODY // 1024} KiB" in read("docs/async.md")


def test_the_address_of_the_webhook_is_the_one_on_its_page(settings):
    settings.NUMBER_INSIGHT = {"CALLBACK_BASE_URL": "https://www.example.com"}
    address = callbacks.url_for(1).removeprefix("https://www.example.com")
    (told,) = (word for word in quoted(read("docs/async.md")) if "<token>" in word)
    assert told.replace("<token>", callbacks.token_for(1)) == address


def test_the_shares_of_the_budget_that_are_told_are_on_the_page():
    (told,) = (row[1] for row in rows(read("docs/reference.md")) if "`budget_alert`" in row)
    assert [int(number) for number in re.findall(r"\d+", told)] == sorted(budget.ALERTS)


def test_accounts_are_held_until_the_verdict_and_opened_by_a_release(shop: Project, sandbox: None):
    told = section("docs/admin.md", "Hold accounts until the verdict")
    for block in blocks("docs/admin.md", "python"):
        if block.text in told:
            shop.write(block)
    with shop.running("python manage.py runserver"):
        for name, number in {"ada": "+46 70 174 06 05", "bob": "+46 70 174 06 11"}.items():
            assert shop.sign_up(name, number).endswith("/welcome/")
        assert shop.sign_up("eve", "").endswith("/signup/")
    assert opened(shop) == []
    shop.run("python manage.py number_insight_sweep --inline")
    assert opened(shop) == ["ada"]
    shop.execute(RELEASE)
    assert opened(shop) == ["ada", "bob"]


RELEASE = """
from number_insight.reviewing import release
from signup.models import User

assert release(User.objects.get(username="bob").get_phone_record(), user=None)
"""
OPEN = """
from signup.models import User

visitors = User.objects.filter(is_active=True, is_staff=False)
print("OPEN", *visitors.values_list("username", flat=True))
"""


def opened(shop: Project) -> list[str]:
    """Return the names of the accounts that are open."""
    (line,) = (line for line in shop.execute(OPEN).splitlines() if line.startswith("OPEN"))
    return sorted(line.split()[1:])
