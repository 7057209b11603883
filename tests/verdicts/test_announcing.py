"""A receiver is told of each verdict after the commit, at least once, and harms nobody."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType

from number_insight import signals
from number_insight.models import NumberInsightRecord
from number_insight.screening import attach
from number_insight.screening.signup import screened_before
from number_insight.verdicts import announcing
from tests.support.stage import CLEAN, VIRTUAL, asking, heard, logged, screened, sweep

pytestmark = pytest.mark.django_db(transaction=True)


def fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError(CLEAN)


@pytest.mark.django_db
def test_receivers_are_told_what_they_have_missed_and_told_once() -> None:
    with heard(signals.verdict_changed) as told, asking():
        screened(VIRTUAL)  # on_commit never comes inside a test's own transaction
        assert told == []
        sweep()
        sweep()
    assert [(given["previous"], given["record"].verdict) for given in told] == [
        ("pending", "review")
    ]


def test_a_receiver_that_fails_keeps_no_other_from_being_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    signals.record_screened.connect(fail)
    try:
        with heard(signals.record_screened) as told, asking():
            record = screened(source="signup")
    finally:
        signals.record_screened.disconnect(fail)
    record.refresh_from_db()
    assert [given["source"] for given in told] == ["signup"]
    assert (record.verdict, record.announced_verdict) == ("allow", "allow")
    (line,) = logged(caplog)
    assert "raised ZeroDivisionError; it is not told again." in line
    assert CLEAN[1:] not in line


def test_an_announcement_that_fails_costs_no_verdict_and_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(announcing, "announce", fail)
    with heard(signals.verdict_changed) as told, asking():
        record = screened(CLEAN)
        assert (record.verdict, record.announced_verdict) == ("allow", "pending")
        monkeypatch.undo()
        sweep()
    record.refresh_from_db()
    assert record.announced_verdict == "allow"
    assert [given["record"].verdict for given in told] == ["allow"]


def test_where_nobody_listens_a_verdict_counts_as_told() -> None:
    record = screened(CLEAN, under=asking())
    assert (record.verdict, record.announced_verdict) == ("allow", "allow")


def test_a_verdict_that_came_before_its_subject_is_told_again_with_it_and_once() -> None:
    with heard(signals.verdict_changed) as told, asking():
        record = screened(CLEAN)
        assert [given["record"].subject for given in told] == [None]
        ada = get_user_model().objects.create(username="ada")
        attach(ada, record=record)
        attach(ada, record=record)
        sweep()
    assert [given["record"].subject for given in told] == [None, ada]
    assert [given["previous"] for given in told] == ["pending", "pending"]


def test_a_receiver_may_link_the_record_itself_and_is_told_once_more() -> None:
    ada = get_user_model().objects.create(username="ada")
    subjects: list[object] = []

    def link(record: NumberInsightRecord, **_: object) -> None:
        subjects.append(record.subject)
        if len(subjects) < 5:
            attach(ada, record=record)

    signals.verdict_changed.connect(link)
    try:
        record = screened(CLEAN, under=asking())
        with asking():
            sweep()
    finally:
        signals.verdict_changed.disconnect(link)
    record.refresh_from_db()
    assert (subjects, record.announced_verdict) == ([None, ada], "allow")


def test_a_record_that_is_completed_without_a_subject_is_not_told_of_again() -> None:
    with heard(signals.verdict_changed) as told, asking():
        record = screened(CLEAN)
        typed = NumberInsightRecord(number=record.number, level=record.level, source="signup")
        assert screened_before(typed, [record]) is record
        sweep()
    assert (record.source, len(told)) == ("signup", 1)


def test_a_subject_that_comes_while_receivers_are_told_is_told_of_by_the_sweep() -> None:
    ada = get_user_model().objects.create(username="ada")

    def link_elsewhere(record: NumberInsightRecord, **_: object) -> None:
        if record.subject is None:  # as another process does it, which cannot tell yet
            columns = {"subject_type": ContentType.objects.get_for_model(ada)}
            rows = NumberInsightRecord.objects.filter(pk=record.pk)
            rows.update(**columns, subject_id=str(ada.pk), announced_verdict="pending")

    signals.verdict_changed.connect(link_elsewhere)
    try:
        with heard(signals.verdict_changed) as told, asking():
            screened(CLEAN)
            sweep()
    finally:
        signals.verdict_changed.disconnect(link_elsewhere)
    assert [given["record"].subject for given in told] == [None, ada]


def test_where_nobody_listens_a_subject_costs_no_announcement() -> None:
    record = screened(CLEAN, under=asking())
    attach(get_user_model().objects.create(username="ada"), record=record)
    record.refresh_from_db()
    assert (record.subject_id != "", record.announced_verdict) == (True, "allow")
