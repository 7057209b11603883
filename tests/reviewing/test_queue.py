"""The queue of several reviewers: its index, their claims, and their second looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from number_insight import reviewing, signals
from number_insight.models import NumberInsightRecord
from number_insight.overview import review_queue
from number_insight.privacy import live
from number_insight.reviewing import agreement
from number_insight.testing import RecordFactory
from tests.models import Customer
from tests.support.stage import asking, heard
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd() -> None:
    """Many records that are done with, and a few that wait."""
    allowed = RecordFactory.build_batch(3000, verdict="allow")
    waiting = RecordFactory.build_batch(30, verdict="review", score=40)
    NumberInsightRecord.objects.bulk_create([*allowed, *waiting])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plan_of(rows: Any) -> str:
    return str(rows.explain())


def is_of_the_queue(plan: str) -> bool:
    """Whether the rows are found by an index of the queue; of a few either is as good."""
    return "ni_record_queue" in plan or "ni_record_waiting" in plan


def test_the_next_case_of_a_lane_is_found_by_the_index(crowd: None) -> None:
    user = User.objects.create_user("ana")
    rows = reviewing.available(user, "risk").order_by("-score", "pk")[:1]
    assert "ni_record_queue" in plan_of(rows)


def test_the_oldest_case_is_found_by_an_index_however_many_are_decided(crowd: None) -> None:
    user = User.objects.create_user("ana")
    decided = RecordFactory.build_batch(3000, verdict="review", decision="released")
    NumberInsightRecord.objects.bulk_create(decided)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for rows in (reviewing.available(user, "risk"), NumberInsightRecord.objects.awaiting_review()):
        assert is_of_the_queue(plan_of(rows.order_by("pk")[:1]))


def counting() -> str:
    """Return the query that counts the queue."""
    with CaptureQueriesContext(connection) as captured:
        review_queue.examine()
    (query,) = captured.captured_queries
    return str(query["sql"])


def test_the_lanes_are_counted_by_the_index(crowd: None) -> None:
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {counting()}")
        assert is_of_the_queue(str(cursor.fetchall()))


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_postgresql_counts_the_queue_without_reading_a_row() -> None:
    done = RecordFactory.build_batch(3000, verdict="allow")
    waiting = RecordFactory.build_batch(1000, verdict="review")
    NumberInsightRecord.objects.bulk_create([*done, *waiting])
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {NumberInsightRecord._meta.db_table}")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {counting()}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using ni_record_queue" in plan
    assert "Heap Fetches: 0" in plan


def test_each_lane_is_counted_with_the_age_of_the_oldest() -> None:
    old, _new, _later = waiting(lane="budget"), waiting(), waiting()
    ago = timezone.now() - timedelta(days=3)
    NumberInsightRecord.objects.filter(pk=old.pk).update(created_at=ago)
    abandoned = RecordFactory(verdict="review", lane="fault", subject=None)
    NumberInsightRecord.objects.filter(pk=abandoned.pk).update(created_at=ago - timedelta(days=1))
    found = review_queue.examine()
    assert found.by_lane == {"risk": 2, "no_answer": 0, "budget": 1, "fault": 0}
    assert (found.count, found.oldest_since) == (3, ago)


def test_the_sweep_finds_by_indexes_what_is_over(crowd: None) -> None:
    user = User.objects.create_user("ana")
    assert "ni_record_second" in plan_of(reviewing.second_looks(user)[:1])
    assert live.merge_due() == 0
    over = NumberInsightRecord.objects.filter(live_until__lte="2026-01-01T00:00Z")
    assert "ni_record_live" in plan_of(over.order_by("live_until").values_list("pk")[:500])


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
