"""A share of the decided cases is judged twice, and the second word changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from number_insight import reviewing, signals
from number_insight.models import NumberInsightRecord
from number_insight.reviewing import agreement
from number_insight.testing import RecordFactory
from tests.support.stage import asking, heard
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db


def decided(user: User | None, share: float = 1, **fields: Any) -> NumberInsightRecord:
    record: NumberInsightRecord = RecordFactory(**{"verdict": "review", **fields})
    with asking(SECOND_LOOK=share):
        reviewing.release(record, user=user)
    return record


def test_a_decided_case_comes_once_to_another_reviewer(ana: User, ben: User) -> None:
    record = decided(ana)
    assert list(reviewing.second_looks(ben)) == [record]
    assert list(reviewing.second_looks(ana)) == []
    assert not reviewing.second_word(record, user=ana, refuse=True)
    assert reviewing.second_word(record, user=ben, refuse=True, reason=" no ", reason_code="x")
    assert not reviewing.second_word(record, user=ben, refuse=True)
    assert list(reviewing.second_looks(User.objects.create_user("cy"))) == []
    event = record.events.get(act="second_refuse")
    assert (event.user, event.reason, event.reason_code, event.previous) == (
        ben,
        "no",
        "x",
        "released",
    )


def test_the_second_word_changes_nothing_and_is_told_to_nobody(
    ana: User, ben: User, django_capture_on_commit_callbacks: Any
) -> None:
    record = decided(ana)
    with heard(signals.decision_made) as told, django_capture_on_commit_callbacks(execute=True):
        reviewing.second_word(record, user=ben, refuse=True)
    record.refresh_from_db()
    assert (record.decision, record.decided_by, told) == ("released", ana, [])


def test_disagreement_is_found_until_the_case_is_decided_as_the_second_word_says(
    ana: User, ben: User
) -> None:
    apart, agreed = decided(ana), decided(ana)
    reviewing.second_word(apart, user=ben, refuse=True)
    reviewing.second_word(agreed, user=ben, refuse=False)
    assert list(reviewing.disagreements()) == [apart]
    reviewing.reopen(apart)
    assert list(reviewing.disagreements()) == []
    reviewing.refuse(apart)
    assert list(reviewing.disagreements()) == []


def test_what_is_undone_is_not_looked_at_twice_until_it_is_decided_again(
    ana: User, ben: User
) -> None:
    record = decided(ana)
    reviewing.undo(record, user=ana)
    assert list(reviewing.second_looks(ben)) == []
    with asking(SECOND_LOOK=1):
        reviewing.refuse(record, user=ana)
        assert list(reviewing.second_looks(ben)) == [record]
        reviewing.second_word(record, user=ben, refuse=True)
        reviewing.reopen(record)
        reviewing.release(record, user=ana)
    assert list(reviewing.second_looks(ben)) == []


def test_by_default_and_in_the_form_nothing_is_looked_at_twice(ana: User, ben: User) -> None:
    decided(ana, share=0)
    decided(ana, state="refused")
    assert list(reviewing.second_looks(ben)) == []


def test_a_keyed_hash_chooses_about_the_share(settings: Any) -> None:
    records = [RecordFactory.build(pk=pk) for pk in range(1, 2001)]

    def chosen(key: str) -> list[int]:
        settings.NUMBER_INSIGHT = {"SECOND_LOOK": 0.1, "FINGERPRINT_KEYS": [key]}
        return [record.pk for record in records if agreement.is_chosen(record)]

    one, other = chosen("one"), chosen("other")
    assert 140 <= len(one) <= 260
    assert one == chosen("one")
    assert one != other


@pytest.mark.django_db(transaction=True)
def test_of_ten_second_words_at_once_one_is_kept(ana: User) -> None:
    record = decided(ana)
    people = [User.objects.create_user(f"reviewer {index}") for index in range(10)]

    def say(index: int) -> bool:
        mine = NumberInsightRecord.objects.get(pk=record.pk)
        return reviewing.second_word(mine, user=people[index], refuse=bool(index % 2))

    assert sum(at_once(10, say)) == 1
    assert record.events.filter(act__startswith="second_").count() == 1
