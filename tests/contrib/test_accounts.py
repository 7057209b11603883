"""The ready receiver opens and closes accounts, and takes back its own changes alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from number_insight import reviewing
from number_insight.contrib.accounts import set_is_active
from number_insight.models import NumberInsightRecord
from number_insight.signals import decision_made
from number_insight.testing import RecordFactory
from tests.models import Customer
from tests.support.stage import logged
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connected(django_capture_on_commit_callbacks: Any) -> Iterator[None]:
    decision_made.connect(set_is_active)
    yield
    decision_made.disconnect(set_is_active)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def reviewer() -> User:
    return User.objects.create_user("grace")


class Desk:
    """Decides about records, and sends what follows the commit."""

    def __init__(self, reviewer: User, on_commit: Any) -> None:
        self.reviewer, self.on_commit = reviewer, on_commit

    def __call__(self, act: Any, record: NumberInsightRecord) -> None:
        with self.on_commit(execute=True):
            assert act(record, user=self.reviewer)


@pytest.fixture
def desk(reviewer: User, django_capture_on_commit_callbacks: Any) -> Desk:
    return Desk(reviewer, django_capture_on_commit_callbacks)


def record_of(account: Any) -> NumberInsightRecord:
    record: NumberInsightRecord = RecordFactory(verdict="review", subject=account)
    return record


def is_active(account: User) -> bool:
    account.refresh_from_db()
    return account.is_active


def set_by_others(account: User, state: bool) -> None:
    User.objects.filter(pk=account.pk).update(is_active=state)


def acts(record: NumberInsightRecord) -> list[str]:
    return list(record.events.values_list("act", flat=True))


def test_refused_is_closed_and_released_is_opened(ada: User, desk: Desk) -> None:
    record = record_of(ada)
    desk(reviewing.refuse, record)
    assert not is_active(ada)
    desk(reviewing.reopen, record)
    desk(reviewing.release, record)
    assert is_active(ada)


@pytest.mark.parametrize("take_back", [reviewing.undo, reviewing.reopen])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("decide", [reviewing.release, reviewing.refuse])
def test_what_is_taken_back_leaves_the_account_as_it_was(
    decide: Any, before: bool, take_back: Any, ada: User, desk: Desk
) -> None:
    set_by_others(ada, before)
    record = record_of(ada)
    desk(decide, record)
    assert is_active(ada) == (decide == reviewing.release)
    desk(take_back, record)
    assert is_active(ada) == before


def test_each_change_is_in_the_history_of_the_record(ada: User, desk: Desk, reviewer: User) -> None:
    record = record_of(ada)
    desk(reviewing.refuse, record)
    desk(reviewing.undo, record)
    desk(reviewing.release, record)
    assert acts(record) == ["refuse", "deactivate", "undo", "activate", "release"]
    assert {event.user for event in record.events.all()} == {reviewer}


@pytest.mark.parametrize("others", [True, False])
def test_what_others_have_changed_in_between_is_theirs(others: bool, ada: User, desk: Desk) -> None:
    set_by_others(ada, others)
    record = record_of(ada)
    desk(reviewing.refuse if others else reviewing.release, record)
    set_by_others(ada, others)
    desk(reviewing.undo, record)
    assert is_active(ada) == others
    set_by_others(ada, not others)
    desk(reviewing.refuse if others else reviewing.release, record)
    desk(reviewing.undo, record)
    assert is_active(ada) == (not others)


@pytest.mark.parametrize("first", [0, 1])
def test_an_account_stays_closed_as_long_as_one_of_its_numbers_is_refused(
    first: int, ada: User, desk: Desk
) -> None:
    records = [record_of(ada), record_of(ada)]
    for record in records:
        desk(reviewing.refuse, record)
    desk(reviewing.undo, records[first])
    assert not is_active(ada)
    desk(reviewing.undo, records[1 - first])
    assert is_active(ada)


@pytest.mark.parametrize("first", [0, 1])
def test_the_later_of_two_decisions_counts_and_both_can_be_taken_back_in_any_order(
    first: int, ada: User, desk: Desk
) -> None:
    refused, released = record_of(ada), record_of(ada)
    desk(reviewing.refuse, refused)
    desk(reviewing.release, released)
    assert is_active(ada)
    desk(reviewing.undo, (refused, released)[first])
    assert is_active(ada) == (first == 0)
    desk(reviewing.undo, (released, refused)[first])
    assert is_active(ada)


def test_a_decision_from_before_the_word_of_others_is_not_brought_back(
    ada: User, desk: Desk
) -> None:
    early, late = record_of(ada), record_of(ada)
    desk(reviewing.refuse, early)
    set_by_others(ada, True)
    desk(reviewing.refuse, late)
    assert not is_active(ada)
    desk(reviewing.undo, late)
    assert is_active(ada)


def test_a_signal_that_comes_twice_or_late_does_no_harm(ada: User, desk: Desk) -> None:
    record = record_of(ada)
    desk(reviewing.refuse, record)
    set_by_others(ada, True)
    set_is_active(record=record)
    assert is_active(ada)
    stale = NumberInsightRecord.objects.get(pk=record.pk)
    desk(reviewing.undo, record)
    set_is_active(record=stale)
    assert is_active(ada)
    assert acts(record) == ["refuse", "deactivate", "leave", "undo"]


def test_without_an_account_or_its_switch_nothing_happens(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    customer = Customer.objects.create(name="Ada", phone="")
    nobody, switchless, gone = (
        record_of(None),
        record_of(customer),
        record_of(User.objects.create_user("gone")),
    )
    User.objects.filter(username="gone").delete()
    for record in (nobody, switchless, gone):
        desk(reviewing.refuse, record)
        assert acts(record) == ["refuse"]
    assert logged(caplog) == ["Customer has no field is_active to be set."]


def test_the_machine_and_the_second_word_touch_no_account(ada: User, desk: Desk) -> None:
    record = record_of(ada)
    desk(reviewing.release, record)
    NumberInsightRecord.objects.update(second_look=True)
    other = User.objects.create_user("other")
    with desk.on_commit(execute=True):
        assert reviewing.second_word(record, user=other, refuse=True)
    assert is_active(ada)


@pytest.mark.django_db(transaction=True)
def test_many_decisions_at_once_end_as_the_last_one_says(ada: User, reviewer: User) -> None:
    records = [record_of(ada) for _ in range(6)]

    def decide(index: int) -> bool:
        decide = reviewing.refuse if index % 2 else reviewing.release
        return decide(NumberInsightRecord.objects.get(pk=records[index].pk), user=reviewer)

    assert all(at_once(6, decide))
    last = NumberInsightRecord.objects.order_by("decided_at", "pk").last()
    assert is_active(ada) == (last.decision == "released")
    for record in records:
        assert reviewing.undo(record, user=reviewer)
    assert is_active(ada)
