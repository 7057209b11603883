"""A receiver is told of each verdict after the commit, at least once, and harms nobody."""

from __future__ import annotations

import pytest

from number_insight import signals
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
