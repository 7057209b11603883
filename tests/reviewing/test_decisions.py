"""A person's decision stands, and no machine touches it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from number_insight import exceptions, reviewing, signals
from number_insight.models import DecisionEvent, Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.testing import RecordFactory
from tests.models import Customer
from tests.support.stage import CLEAN, PRICE, VIRTUAL, asking, heard, money, screened, sweep
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> User:
    return User.objects.create_user("grace")


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    with heard(signals.decision_made) as found:
        yield found


@pytest.mark.parametrize(
    ("decide", "word"), [(reviewing.release, "released"), (reviewing.refuse, "refused")]
)
def test_a_decision_is_written_once_with_who_when_and_why(
    decide: Any, word: str, reviewer: User
) -> None:
    record = screened(VIRTUAL, under=asking())
    assert decide(record, user=reviewer, reason=" called back ")
    assert not reviewing.refuse(record, reason="too late")
    record.refresh_from_db()
    assert (record.decision, record.decided_by, record.decision_reason) == (
        word,
        reviewer,
        "called back",
    )
    assert record.decided_at is not None
    assert record.verdict == "review"


@pytest.mark.django_db(transaction=True)
def test_a_decision_is_told_after_the_commit(told: list[dict[str, Any]], reviewer: User) -> None:
    record = screened(VIRTUAL, source="signup", under=asking())
    reviewing.release(record, user=reviewer)
    (given,) = told
    assert (given["record"], given["user"], given["source"]) == (record, reviewer, "signup")
    assert given["record"].decision == "released"


@pytest.mark.django_db(transaction=True)
def test_of_ten_decisions_at_once_one_stands(told: list[dict[str, Any]]) -> None:
    record = screened(VIRTUAL, under=asking())

    def decide(index: int) -> bool:
        mine = NumberInsightRecord.objects.get(pk=record.pk)
        return (reviewing.release if index % 2 else reviewing.refuse)(mine)

    assert sum(at_once(10, decide)) == 1
    assert len(told) == 1


def test_a_release_and_its_undoing_are_told_with_what_stood_before(
    told: list[dict[str, Any]], reviewer: User, django_capture_on_commit_callbacks: Any
) -> None:
    record = RecordFactory(verdict="review")
    with django_capture_on_commit_callbacks(execute=True):
        reviewing.refuse(record, user=reviewer, reason_code="throwaway")
        reviewing.undo(record, user=reviewer)
    parts = ("previous", "reason_code", "undone", "user")
    assert [tuple(given[part] for part in parts) for given in told] == [
        ("", "throwaway", False, reviewer),
        ("refused", "", True, reviewer),
    ]


def test_a_decision_whose_process_died_before_it_was_told_is_told_by_the_sweep(
    told: list[dict[str, Any]], reviewer: User
) -> None:
    record = RecordFactory(verdict="review")
    reviewing.refuse(record, user=reviewer, reason_code="throwaway")
    reviewing.undo(record, user=reviewer)
    assert told == []  # what follows the commit does not run in this test
    sweep()
    parts = ("previous", "reason_code", "undone", "user", "record")
    assert [tuple(given[part] for part in parts) for given in told] == [
        ("", "throwaway", False, reviewer, record),
        ("refused", "", True, reviewer, record),
    ]
    sweep()
    assert len(told) == 2


def test_what_nobody_listens_for_is_never_due() -> None:
    reviewing.refuse(RecordFactory(verdict="review"))
    assert not DecisionEvent.objects.filter(unannounced=True).exists()


def test_what_is_undone_waits_again_as_if_nobody_had_decided(reviewer: User) -> None:
    record = RecordFactory(verdict="review", subject=Customer.objects.create(name="Ada"))
    reviewing.refuse(record, user=reviewer, reason="a slip", reason_code="throwaway")
    assert reviewing.can_undo(record, reviewer)
    assert reviewing.undo(record, user=reviewer)
    record.refresh_from_db()
    assert (record.decision, record.decided_by, record.decided_at) == ("", None, None)
    assert (record.reason_code, record.decision_reason) == ("", "")
    assert record in NumberInsightRecord.objects.awaiting_review()
    assert not reviewing.can_undo(record, reviewer)


def test_nobody_undoes_the_decision_of_another_or_of_code(reviewer: User) -> None:
    record, other = RecordFactory(verdict="review"), RecordFactory(verdict="review")
    reviewing.refuse(record, user=reviewer)
    reviewing.refuse(other)
    ada = User.objects.create_user("ada")
    for each, user in ((record, ada), (record, None), (other, None), (other, AnonymousUser())):
        assert not reviewing.can_undo(each, user)
        assert not reviewing.undo(each, user=user)
        each.refresh_from_db()
        assert each.decision == "refused"


def test_after_ten_minutes_a_decision_is_reopened_and_not_undone(reviewer: User) -> None:
    record = RecordFactory(verdict="review")
    reviewing.release(record, user=reviewer)
    longer_ago = timezone.now() - timedelta(minutes=10, seconds=1)
    NumberInsightRecord.objects.filter(pk=record.pk).update(decided_at=longer_ago)
    record.refresh_from_db()
    assert not reviewing.can_undo(record, reviewer)
    assert not reviewing.undo(record, user=reviewer)
    boss = User.objects.create_user("boss")
    assert reviewing.reopen(record, user=boss, reason=" A complaint. ")
    assert not reviewing.reopen(record, user=boss)
    assert record.decision == ""
    assert reviewing.refuse(record, user=boss)


def test_each_act_is_an_event_of_the_history(reviewer: User) -> None:
    record = RecordFactory(verdict="review")
    reviewing.refuse(record, user=reviewer, reason=" no ", reason_code="throwaway")
    reviewing.undo(record, user=reviewer)
    reviewing.release(record, reason="called")
    reviewing.reopen(record, user=reviewer, reason="again")
    parts = ("act", "user", "reason_code", "reason", "previous")
    assert [tuple(getattr(event, part) for part in parts) for event in record.events.all()] == [
        ("refuse", reviewer, "throwaway", "no", ""),
        ("undo", reviewer, "", "", "refused"),
        ("release", None, "", "called", ""),
        ("reopen", reviewer, "", "again", "released"),
    ]


def test_an_event_is_never_changed_nor_deleted(reviewer: User) -> None:
    record = RecordFactory(verdict="review")
    reviewing.refuse(record, user=reviewer, reason="no")
    event = record.events.get()
    event.reason = "yes"
    for change in (
        event.save,
        event.delete,
        lambda: record.events.update(reason="yes"),
        lambda: record.events.all().delete(),
        lambda: DecisionEvent.objects.bulk_update([event], ["reason"]),
    ):
        with pytest.raises(TypeError, match="never changed"):
            change()
    assert DecisionEvent.objects.get().reason == "no"


def test_the_history_outlives_its_reviewer_and_goes_with_its_record(reviewer: User) -> None:
    record = RecordFactory(verdict="review")
    reviewing.refuse(record, user=reviewer)
    reviewer.delete()
    assert record.events.get().user is None
    record.delete()
    assert not DecisionEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_ten_undoings_at_once_one_is_done(reviewer: User) -> None:
    record = RecordFactory(verdict="review")
    reviewing.refuse(record, user=reviewer)

    def undo(index: int) -> bool:
        mine = NumberInsightRecord.objects.get(pk=record.pk)
        return reviewing.undo(mine, user=reviewer)

    assert sum(at_once(10, undo)) == 1
    assert record.events.filter(act="undo").count() == 1


def test_no_machine_overwrites_a_decision_or_its_undoing(reviewer: User) -> None:
    with asking():
        record = screened(VIRTUAL)
        reviewing.refuse(record, user=reviewer, reason_code="throwaway")
        reviewing.look_up_again(record)
        sweep()
    record.refresh_from_db()
    assert (record.decision, record.reason_code, record.decided_by) == (
        "refused",
        "throwaway",
        reviewer,
    )


def test_a_decided_record_leaves_the_queue() -> None:
    record = screened(VIRTUAL, under=asking())
    assert list(NumberInsightRecord.objects.awaiting_review()) == [record]
    reviewing.release(record)
    assert list(NumberInsightRecord.objects.awaiting_review()) == []


def test_to_look_up_again_is_to_pay_again_and_supersedes_what_was_known() -> None:
    answers: dict[str, Any] = {}
    with asking(answers):
        record = screened(CLEAN)
        first = record.lookup
        answers[CLEAN] = {"line_type": "virtual"}
        reviewing.look_up_again(record)
        sweep()
    record.refresh_from_db()
    assert record.lookup.supersedes == first
    assert (record.verdict, record.state, len(Fake.asked)) == ("review", "screened", 2)
    assert [flag.code for flag in record.flags.all()] == ["virtual"]
    assert money() == ("0.06", "0")


def test_a_person_may_ask_again_after_an_uncertain_call() -> None:
    answers: dict[str, Any] = {CLEAN: exceptions.Uncertain("timeout")}
    with asking(answers):
        record = screened(CLEAN)
        del answers[CLEAN]
        reviewing.look_up_again(record)
        sweep()
    record.refresh_from_db()
    assert (record.verdict, record.state) == ("allow", "screened")
    assert money() == (PRICE, PRICE)
    assert Lookup.objects.filter(state="uncertain", open_key=None).count() == 1


def test_a_decision_outlives_a_lookup_that_comes_after_it() -> None:
    with asking():
        record = screened(VIRTUAL)
        reviewing.release(record)
        reviewing.look_up_again(record)
        sweep()
    record.refresh_from_db()
    assert (record.decision, record.state) == ("released", "screened")


def test_two_clicks_at_once_are_one_lookup() -> None:
    with asking():
        record = screened(CLEAN)
        one, other = reviewing.look_up_again(record), reviewing.look_up_again(record)
        assert one == other
        sweep()
    assert len(Fake.asked) == 2


@pytest.mark.parametrize(
    ("number", "settings", "reason"),
    [
        ("nonsense", {}, "no answer could have changed the verdict"),
        (CLEAN, {"ENABLED": False}, "Lookups are switched off"),
        (CLEAN, {"COUNTRIES": ["GB"]}, "numbers of this country are not looked up"),
    ],
)
def test_what_cannot_be_asked_is_said_with_the_reason(
    number: str, settings: dict[str, Any], reason: str
) -> None:
    with asking(**settings):
        record = screened(number)
        with pytest.raises(exceptions.Unsupported, match=reason):
            reviewing.look_up_again(record)
    assert Fake.asked == []
