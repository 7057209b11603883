"""An error after the commit is logged, and never reaches the visitor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import DatabaseError, OperationalError, transaction

from number_insight.transactions import after_commit, retry_deadlock

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+46701740605"


def fail(words: str) -> None:
    raise DatabaseError(f"Failing row contains ({words}).")


@pytest.mark.parametrize("work", [fail, partial(fail)], ids=["with a name", "without one"])
def test_what_fails_after_a_commit_is_logged_without_its_words(
    work: partial[None], caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    with transaction.atomic():
        after_commit(work, NUMBER)
        after_commit(done.append, "the next one")
    assert done == ["the next one"]
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("What was to follow a commit has failed: DatabaseError in ")
    assert NUMBER[1:] not in caplog.text


def test_what_is_rolled_back_is_followed_by_nothing() -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        after_commit(done.append, "never")
        raise ZeroDivisionError
    assert done == []


DEADLOCK = OperationalError(1213, "Deadlock found when trying to get lock")


def failing(times: int, error: Exception) -> Callable[[], str]:
    """Return a transaction that fails so many times, and then succeeds."""
    errors = [error] * times

    @retry_deadlock
    def work() -> str:
        with transaction.atomic():
            if errors:
                raise errors.pop()
            return "done"

    return work


def test_a_transaction_that_deadlocked_is_run_again() -> None:
    assert failing(3, DEADLOCK)() == "done"


def test_another_fault_of_the_database_is_raised_at_once() -> None:
    work = failing(1, OperationalError(2013, "Lost connection to server during query"))
    with pytest.raises(OperationalError):
        work()
    assert work() == "done"


def test_a_deadlock_inside_a_transaction_of_the_caller_is_the_callers() -> None:
    work = failing(1, DEADLOCK)
    with pytest.raises(OperationalError), transaction.atomic():
        work()


def test_without_a_transaction_it_is_done_at_once() -> None:
    done: list[str] = []
    after_commit(done.append, "now", using="default")
    assert done == ["now"]
