"""A person's decision stands, and no machine touches it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from number_insight import exceptions, reviewing, signals
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
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
    with asking():
        record = screened(VIRTUAL)
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
    with asking():
        record = screened(VIRTUAL, source="signup")
    reviewing.release(record, user=reviewer)
    (given,) = told
    assert (given["record"], given["user"], given["source"]) == (record, reviewer, "signup")
    assert given["record"].decision == "released"


@pytest.mark.django_db(transaction=True)
def test_of_ten_decisions_at_once_one_stands(told: list[dict[str, Any]]) -> None:
    with asking():
        record = screened(VIRTUAL)

    def decide(index: int) -> bool:
        mine = NumberInsightRecord.objects.get(pk=record.pk)
        return (reviewing.release if index % 2 else reviewing.refuse)(mine)

    assert sum(at_once(10, decide)) == 1
    assert len(told) == 1


def test_a_decided_record_leaves_the_queue() -> None:
    with asking():
        record = screened(VIRTUAL)
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
        ("nonsense", {}, "nothing that could be bought would change the verdict"),
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
