"""The records of a batch stand or fall alone: the failure of one costs no other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, OperationalError
from django.utils import timezone

from number_insight import exceptions, loading, transactions
from number_insight.lookups import calls, outcomes
from number_insight.lookups.outcomes import Outcome
from number_insight.models import Circuit, Lookup, NumberInsightRecord
from number_insight.providers import threads
from number_insight.providers.fake import Fake
from number_insight.screening import planning, purchase, settlement, worker
from number_insight.verdicts.judging import Judged
from tests.support.stage import CLEAN, PRICE, VIRTUAL, asking, money, record_of

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = [f"+467017{last}0605" for last in range(10, 18)]
WHOLE: dict[str, Any] = {"LIMITS": {}, "LEVEL": "advanced", "THROUGHPUT": 1000}


def queue(numbers: list[str]) -> list[NumberInsightRecord]:
    """Return records that wait for a task."""
    return [record_of(number) for number in numbers]


def verdicts() -> list[str]:
    return list(NumberInsightRecord.objects.order_by("pk").values_list("verdict", flat=True))


def states() -> list[str]:
    return list(Lookup.objects.order_by("number").values_list("state", flat=True))


def cannot_be_saved(monkeypatch: pytest.MonkeyPatch, number: str, error: Exception) -> None:
    """Let `error` be raised where an outcome of `number` is saved."""
    keep = outcomes.keep

    def stumble(found: Sequence[Outcome]) -> Any:
        if any(outcome.lookup.number == number for outcome in found):
            raise error
        return keep(found)

    monkeypatch.setattr(outcomes, "keep", stumble)


def assess(record: NumberInsightRecord) -> list[purchase.Due]:
    return worker.screen(record.pk, limit=16)


def test_an_answer_that_cannot_be_saved_costs_no_other_its_answer(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    cannot_be_saved(monkeypatch, NUMBERS[2], DataError())
    with asking({NUMBERS[2]: {"request_id": "poisoned"}}, **WHOLE):
        records = queue(NUMBERS)
        with pytest.raises(DataError):
            assess(records[0])
    assert states() == ["answered", "answered", "calling", *["answered"] * 5]
    assert verdicts() == ["allow", "allow", "pending", *["allow"] * 5]
    (line,) = [r.getMessage() for r in caplog.records if r.levelname == "CRITICAL"]
    assert "poisoned" in line and "lookup" in line
    assert line.count("request") == 1


def test_a_failure_that_cannot_be_saved_costs_no_other_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cannot_be_saved(monkeypatch, NUMBERS[0], DataError())
    answers = {NUMBERS[0]: exceptions.NoAnswer("no"), NUMBERS[1]: exceptions.NoAnswer("no")}
    with asking(answers, **WHOLE):
        records = queue(NUMBERS)
        with pytest.raises(DataError):
            assess(records[0])
    assert states() == ["calling", "failed", *["answered"] * 6]


def test_a_call_under_way_is_saved_though_another_answer_could_not_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "GATHERING", 0.0)
    monkeypatch.setattr(transactions, "RETRY_PAUSES", ())
    keep, failures = outcomes.keep, [OperationalError()]

    def stumble(*args: Any, **kwargs: Any) -> Any:
        if failures:
            raise failures.pop()
        return keep(*args, **kwargs)

    monkeypatch.setattr(outcomes, "keep", stumble)
    monkeypatch.setattr(calls, "WIDEST_GAP", 0.05)
    with asking(**WHOLE | {"THROUGHPUT": 20}):
        records = queue(NUMBERS)
        with pytest.raises(OperationalError):
            assess(records[0])
    assert 0 < states().count("calling") < len(NUMBERS)
    assert states().count("answered") == len(NUMBERS) - states().count("calling")


@pytest.mark.parametrize("spare", [0, 3])
def test_a_machine_without_threads_asks_all_the_same(
    monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    start, left = threads.start, [None] * spare

    def stumble(work: threads.Work, *, name: str) -> None:
        if name == "number_insight-call":
            if not left:
                raise RuntimeError("can't start new thread")
            left.pop()
        start(work, name=name)

    monkeypatch.setattr(threads, "start", stumble)
    with asking(**WHOLE):
        records = queue(NUMBERS)
        assess(records[0])
    assert set(states()) == {"answered"}
    assert len(Fake.asked) == len(NUMBERS)


def test_a_record_that_cannot_be_planned_costs_no_other_its_verdict(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plans = planning.plans

    def stumble(judged: Sequence[Judged], **options: Any) -> Any:
        if any(one.case.record.number == NUMBERS[0] for one in judged):
            raise ImproperlyConfigured("The provider has no such option.")
        return plans(judged, **options)

    monkeypatch.setattr(planning, "plans", stumble)
    with asking(**WHOLE):
        records = queue(NUMBERS)
        for record in records:
            assess(record)
    assert verdicts() == ["pending", *["allow"] * 7]
    records[0].refresh_from_db()
    assert records[0].note == f"{loading.MISFIT} The provider has no such option."
    assert not any(number[1:] in caplog.text for number in NUMBERS)


def test_of_the_records_that_wait_for_a_postponed_lookup_one_is_due() -> None:
    Circuit.objects.create(
        provider="default", open_until=timezone.now() + timedelta(seconds=20), reason="Busy."
    )
    with asking(**WHOLE):
        records = queue([CLEAN, CLEAN, VIRTUAL, VIRTUAL])
        due = assess(records[1])
    assert sorted(item.record_id for item in due) == [records[0].pk, records[2].pk]
    assert set(NumberInsightRecord.objects.values_list("state", flat=True)) == {"waiting"}


def test_the_fault_of_one_record_is_not_noted_on_another_of_its_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advance = settlement.settle_waiting

    def stumble(lookup_id: int) -> list[int]:
        if Lookup.objects.get(pk=lookup_id).number == NUMBERS[1]:
            raise ValueError("a fault of ours")
        return advance(lookup_id)

    monkeypatch.setattr(settlement, "settle_waiting", stumble)
    with asking(BUDGET={"day": PRICE}, **WHOLE):
        records = queue(NUMBERS[:3])
        NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(days=2))
        assess(records[0])
    assert money() == (PRICE, "0")
    assert verdicts() == ["allow", "review", "review"]
    lanes = NumberInsightRecord.objects.order_by("pk").values_list("lane", "note")
    assert list(lanes)[0] == ("risk", "")
    assert [lane for lane, _note in lanes] == ["risk", "fault", "budget"]


def test_a_waiting_record_goes_on_though_another_of_its_batch_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with asking(BUDGET={"day": None}, **WHOLE):
        Circuit.objects.create(
            provider="default", open_until=timezone.now() + timedelta(seconds=20), reason="Busy."
        )
        records = queue(NUMBERS[:1])
        assess(records[0])
        Circuit.objects.all().delete()
        Lookup.objects.update(next_try_at=timezone.now())
        queue(NUMBERS[1:2])
        cannot_be_saved(monkeypatch, NUMBERS[1], ValueError("a fault of ours"))
        with pytest.raises(ValueError, match="a fault of ours"):
            assess(records[0])
    assert verdicts() == ["allow", "pending"]


def test_a_record_that_the_database_refuses_is_before_a_person_after_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(*_args: Any, **_options: Any) -> Any:
        raise DataError

    monkeypatch.setattr(planning, "plans", stumble)
    with asking(**WHOLE):
        record = record_of()
        with pytest.raises(DataError):
            assess(record)
        record.refresh_from_db()
        assert record.note == worker.FAULT
        NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assess(record)
    record.refresh_from_db()
    assert (record.verdict, record.lane, record.state) == ("review", "fault", "failed")
