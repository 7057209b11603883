"""Two reviewers do not work on one case without knowing of each other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import NumberInsightRecord
from number_insight.testing import RecordFactory
from tests.models import Customer
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db


def waiting(**fields: object) -> NumberInsightRecord:
    record: NumberInsightRecord = RecordFactory(
        verdict="review", subject=Customer.objects.create(name="Ada"), **fields
    )
    return record


def loaded(record: NumberInsightRecord) -> NumberInsightRecord:
    return NumberInsightRecord.objects.get(pk=record.pk)


def test_a_claimed_case_is_left_alone_by_others_and_they_see_whose_it_is(
    ana: User, ben: User
) -> None:
    record = waiting()
    assert reviewing.claim(record, ana)
    assert not reviewing.claim(loaded(record), ben)
    assert reviewing.claimant(loaded(record), ben) == ana
    assert reviewing.claimant(loaded(record), ana) is None
    assert list(reviewing.available(ben)) == []
    assert list(reviewing.available(ana)) == [record]


def test_a_claim_is_renewed_by_its_owner_and_over_after_ten_minutes(ana: User, ben: User) -> None:
    record = waiting()
    reviewing.claim(record, ana)
    assert reviewing.claim(record, ana)
    ago = timezone.now() - timedelta(minutes=10, seconds=1)
    NumberInsightRecord.objects.update(claimed_at=ago)
    assert reviewing.claimant(loaded(record), ben) is None
    assert list(reviewing.available(ben)) == [record]
    assert reviewing.claim(record, ben)
    assert loaded(record).claimed_by == ben


def test_a_case_may_be_taken_over_and_let_go(ana: User, ben: User) -> None:
    record = waiting()
    reviewing.claim(record, ana)
    assert reviewing.take_over(record, ben)
    assert reviewing.claimant(loaded(record), ana) == ben
    assert not reviewing.let_go(record, ana)
    assert reviewing.let_go(record, ben)
    assert reviewing.claim(record, ana)


def test_a_decision_ends_the_claim(ana: User, ben: User) -> None:
    record = waiting()
    reviewing.claim(record, ana)
    reviewing.refuse(record, user=ana)
    assert (record.claimed_by, record.claimed_at) == (None, None)
    reviewing.undo(record, user=ana)
    assert list(reviewing.available(ben, "risk")) == [record]


@pytest.mark.django_db(transaction=True)
def test_of_ten_reviewers_at_once_one_has_the_case() -> None:
    record = waiting()
    people = [User.objects.create_user(f"reviewer {index}") for index in range(10)]
    claimed = at_once(10, lambda index: reviewing.claim(loaded(record), people[index]))
    assert sum(claimed) == 1
    assert loaded(record).claimed_by == people[claimed.index(True)]


def test_a_form_that_is_older_than_the_judgement_is_told_what_has_changed() -> None:
    record = waiting(score=40)
    record.flags.create(code="virtual", weight=30)
    made = reviewing.version(record)
    assert reviewing.changes_since(loaded(record), made) is None
    record.flags.all().delete()
    record.flags.create(code="premium", weight=80)
    NumberInsightRecord.objects.update(verdict="deny", score=80, screened_at=timezone.now())
    changes = reviewing.changes_since(loaded(record), made)
    assert changes is not None
    assert (changes.verdict_before, changes.verdict) == ("review", "deny")
    assert (changes.score_before, changes.score) == (40, 80)
    assert (changes.added, changes.removed) == (("premium",), ("virtual",))
    assert changes.text.startswith("Judged anew meanwhile: deny with a score of 80")


def test_a_judgement_with_the_same_result_is_no_change() -> None:
    record = waiting(score=40)
    made = reviewing.version(record)
    NumberInsightRecord.objects.update(screened_at=timezone.now())
    assert reviewing.changes_since(loaded(record), made) is None


@pytest.mark.parametrize(
    "made", ["", "nonsense", "[]", "{}", "null", '["", "review", "x", []]', "[" * 2000, "[1,2,3,4]"]
)
def test_what_is_no_version_of_ours_is_no_change(made: str) -> None:
    assert reviewing.changes_since(waiting(), made) is None
