"""A reviewer sees whose number it is, whatever the project's own code does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.translation import gettext_lazy

from number_insight.models.summaries import Summary, summary
from tests.support.stage import asking, logged

HERE = "tests.reviewing.test_summaries"
HOSTILE = "<b>Ada</b>\u202e\n" + "x" * 300


class Nameless:
    """A subject whose ``str()`` fails."""

    def __str__(self) -> str:
        raise LookupError("no name")


def full(user: User) -> dict[str, Any]:
    return {
        "name": gettext_lazy("Ada"),
        "email": "ada@example.com",
        "state": "inactive",
        "url": "/users/1/",
        "shoe size": 38,
    }


def broken(user: User) -> dict[str, Any]:
    raise ValueError("+46701740605")


def pairs(user: User) -> list[str]:
    return ["Ada"]


def partial(user: User) -> dict[str, Any]:
    return {"name": None, "email": 7, "url": "javascript:alert(1)"}


def wrong_sql(user: User) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM there_is_no_such_table")
    return {}


def test_without_the_setting_it_is_the_str_of_the_subject() -> None:
    with asking():
        assert summary(User(username="ada")) == Summary(name="ada")
        assert summary(None) == Summary()


def test_the_project_says_who_it_is() -> None:
    with asking(SUBJECT_SUMMARY=f"{HERE}.full"):
        assert summary(User(username="ada")) == Summary(
            name="Ada", email="ada@example.com", state="inactive", url="/users/1/"
        )


def test_what_is_missing_is_empty_and_a_link_leads_to_a_page() -> None:
    with asking(SUBJECT_SUMMARY=f"{HERE}.partial"):
        assert summary(User(username="ada")) == Summary(name="ada", email="7")


@pytest.mark.parametrize("name", ["broken", "pairs", "missing"])
def test_a_fault_of_the_project_is_logged_and_the_name_is_shown(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with asking(SUBJECT_SUMMARY=f"{HERE}.{name}"):
        assert summary(User(username="ada")) == Summary(name="ada")
    (line,) = logged(caplog)
    assert line.startswith("NUMBER_INSIGHT['SUBJECT_SUMMARY'] r")
    assert "46701740605" not in line


@pytest.mark.django_db
def test_a_database_error_of_the_project_does_not_end_the_transaction() -> None:
    user = User.objects.create_user("ada")
    with asking(SUBJECT_SUMMARY=f"{HERE}.wrong_sql"):
        assert summary(user) == Summary(name="ada")
    assert User.objects.count() == 1


def test_a_subject_without_a_name_and_a_hostile_one_are_shown_as_far_as_they_go() -> None:
    with asking():
        assert summary(Nameless()) == Summary()
        name = summary(User(username=HOSTILE)).name
    assert (len(name), "\n" in name) == (200, False)
