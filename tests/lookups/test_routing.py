"""The next provider is asked where the one before took nothing, and never after `uncertain`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from number_insight import exceptions
from number_insight.lookups import budget, circuits, expiry, routing, spent
from number_insight.models import Circuit, Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import worker
from tests.support import providers
from tests.support.stage import CLEAN, VIRTUAL, record_of, screened, sweep, work_off

pytestmark = pytest.mark.django_db

two_providers = partial(providers.two_providers, FALLBACKS=["spare"])
REFUSED = exceptions.NotSent("The connection was refused.")
UNPAID = [
    REFUSED,
    exceptions.BadCredentials("The key is wrong.", http_status=401),
    exceptions.NotAllowed("The level is not enabled.", http_status=403),
    exceptions.NoCredit("The account is empty."),
    exceptions.Gone("The address is gone.", http_status=410),
]


def asked() -> list[tuple[str, str]]:
    """Return provider and state of each lookup, in order."""
    return list(Lookup.objects.order_by("pk").values_list("provider", "state"))


def answered(number: str = CLEAN) -> NumberInsightRecord:
    """Return a record of `number` that was worked off."""
    record = record_of(number)
    work_off(record.pk)
    record.refresh_from_db()
    return record


@pytest.mark.parametrize("error", UNPAID, ids=lambda error: type(error).__name__)
def test_where_nothing_was_taken_the_next_provider_is_asked_at_once(error: Exception) -> None:
    with two_providers({CLEAN: error}):
        record = answered()
        assert (record.state, record.basis, record.verdict) == ("screened", "answer", "allow")
        assert record.note == ""
        assert asked() == [("default", "skipped"), ("spare", "answered")]
        assert record.lookup is not None and record.lookup.provider == "spare"
        assert record.cost == Decimal("0.03")
        assert spent(currency="EUR") == (Decimal(0), Decimal(0))
        assert spent(currency="USD") == (Decimal("0.03"), Decimal(0))
    assert str(error) in Lookup.objects.get(provider="default").error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (exceptions.Uncertain("Cut off."), "uncertain"),
        (exceptions.NoAnswer("Nothing is known."), "failed"),
        (exceptions.NumberRefused("No number."), "failed"),
    ],
)
def test_what_may_be_paid_or_is_final_is_asked_nowhere_else(error: Exception, state: str) -> None:
    with two_providers({CLEAN: error}):
        record = answered()
    assert asked() == [("default", state)]
    assert record.is_settled
    assert len(Fake.asked) == 1


def test_a_second_attempt_that_is_refused_after_an_uncertain_one_stays_where_it_is() -> None:
    with two_providers({CLEAN: exceptions.Uncertain("Cut off.")}, RETRY_UNCERTAIN=1):
        record = screened()
    with two_providers({CLEAN: REFUSED}, RETRY_UNCERTAIN=1):
        Lookup.objects.update(next_try_at=timezone.now(), created_at=an_hour_ago())
        worker.screen(record.pk)
    assert asked() == [("default", "queued")]


def an_hour_ago() -> Any:
    return timezone.now() - timedelta(hours=1)


def test_while_a_circuit_is_open_the_next_provider_is_asked_first() -> None:
    with two_providers({CLEAN: UNPAID[1]}):
        answered()
        other = answered(VIRTUAL)
    assert other.basis == "answer"
    assert asked()[2:] == [("spare", "answered")]
    assert len(Fake.asked) == 3


def test_an_open_circuit_of_one_level_passes_on_that_level_alone() -> None:
    with two_providers():
        circuits.failed("default", "advanced", CLEAN, UNPAID[2])
        assert screened().lookup.provider == "spare"
        assert screened(VIRTUAL, level="standard").lookup.provider == "default"


def test_a_budget_that_is_spent_passes_on_to_another_currency_and_is_never_added() -> None:
    with two_providers(BUDGET={"EUR": {"day": "0.03"}, "USD": {"day": "0.03"}}):
        assert [answered(number).basis for number in (CLEAN, VIRTUAL)] == ["answer", "answer"]
        assert asked() == [("default", "answered"), ("spare", "answered")]
        assert answered("+46701740698").basis == "budget"
        assert spent(currency="EUR") == spent(currency="USD") == (Decimal("0.03"), Decimal(0))


def test_money_that_is_gone_between_plan_and_claim_passes_on_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "has_room", lambda *_args: True)
    with two_providers(BUDGET={"EUR": {"day": "0"}, "USD": None}):
        assert answered().basis == "answer"
    assert asked() == [("default", "skipped"), ("spare", "answered")]


def test_a_provider_that_is_busy_for_longer_than_a_minute_passes_on() -> None:
    with two_providers({CLEAN: exceptions.Busy("Too many requests.")}):
        record = screened()
        assert asked() == [("default", "queued")]
        Lookup.objects.update(next_try_at=timezone.now())
        worker.screen(record.pk)
        assert asked() == [("default", "queued")]
        aged = timezone.now() - timedelta(seconds=61)
        Lookup.objects.update(next_try_at=timezone.now(), created_at=aged)
        work_off(record.pk)
    assert asked() == [("default", "skipped"), ("spare", "answered")]


def test_where_all_are_down_the_first_is_asked_again_and_nobody_is_lost() -> None:
    down = {CLEAN: REFUSED}
    with two_providers(down, down):
        record = answered()
        assert record.state == "waiting"
        assert asked()[0] == ("default", "skipped")
        assert {state for _name, state in asked()[1:]} <= {"queued", "skipped"}
    with two_providers():
        Circuit.objects.update(open_until=timezone.now())
        Lookup.objects.filter(state="queued").update(next_try_at=timezone.now())
        sweep()
        record.refresh_from_db()
        assert record.basis == "answer"
        assert record.lookup.provider == "default"
        assert spent() == (Decimal("0.03"), Decimal(0))
    assert Counter(state for _name, state in asked())["answered"] == 1


def test_a_fallback_that_fails_alone_is_tried_again_with_growing_pauses() -> None:
    with two_providers({CLEAN: UNPAID[3]}, {CLEAN: exceptions.Busy("Too many requests.")}):
        record = answered()
        for attempt in (2, 3):
            Lookup.objects.filter(state="queued").update(next_try_at=timezone.now())
            worker.screen(record.pk)
            lookup = Lookup.objects.get(state="queued")
            assert (lookup.provider, lookup.attempts) >= ("spare", attempt)
    assert asked() == [("default", "skipped"), ("spare", "queued")]


def test_many_who_wait_for_one_lookup_go_on_together_and_one_pays() -> None:
    with two_providers({CLEAN: REFUSED}):
        records = [record_of() for _ in range(5)]
        worker.screen(records[0].pk, limit=16)
        sweep()
    assert Counter(NumberInsightRecord.objects.values_list("basis", flat=True)) == {"answer": 5}
    assert asked() == [("default", "skipped"), ("spare", "answered")]
    assert sum(NumberInsightRecord.objects.values_list("cost", flat=True)) == Decimal("0.03")


def test_a_sweep_without_a_broker_follows_a_record_to_the_next_provider() -> None:
    with two_providers({CLEAN: REFUSED}):
        record = record_of()
        sweep()
        record.refresh_from_db()
    assert record.basis == "answer"


def test_a_question_that_may_be_paid_already_is_joined_though_the_circuit_is_open() -> None:
    with two_providers({CLEAN: exceptions.Uncertain("Cut off.")}):
        answered()
        circuits.failed("default", "", CLEAN, UNPAID[1])
        again = answered()
    assert (again.state, again.basis) == ("failed", "no_answer")
    assert asked() == [("default", "uncertain")]


def test_an_earlier_answer_of_a_provider_that_is_down_is_still_reused() -> None:
    with two_providers():
        answered()
        circuits.failed("default", "", CLEAN, UNPAID[1])
        assert answered().basis == "reused"
    assert len(Fake.asked) == 1


def test_a_record_counts_once_towards_the_limits_however_many_are_asked() -> None:
    with two_providers({CLEAN: REFUSED}, LIMITS={"number": "1/day"}):
        assert answered().basis == "answer"


def test_a_lookup_that_a_person_ordered_stays_at_its_provider() -> None:
    with two_providers():
        record = answered()
    Lookup.objects.create(
        provider="default", number=CLEAN, level="advanced", supersedes=record.lookup
    )
    lookup = Lookup.objects.get(supersedes=record.lookup)
    with two_providers():
        assert routing.takes_over(lookup) is None
        lookup.supersedes = None
        assert routing.takes_over(lookup) == "spare"


def test_without_fallbacks_a_lookup_waits_as_ever() -> None:
    with two_providers({CLEAN: REFUSED}, FALLBACKS=[]):
        record = answered()
        assert record.state == "waiting"
        assert asked() == [("default", "queued")]
        Lookup.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert expiry.expire() == [record.lookup_id]


def test_a_share_of_the_numbers_is_asked_elsewhere_first_and_stably() -> None:
    numbers = [f"+4670174{index:04}" for index in range(2000)]
    with two_providers(SHARES={"spare": 10}):
        tenth = {number for number in numbers if routing.first(number) == "spare"}
    assert 140 < len(tenth) < 260
    with two_providers(SHARES={"spare": 30}):
        third = {number for number in numbers if routing.first(number) == "spare"}
    assert tenth < third
    for share, name in ((0, "default"), (100, "spare")):
        with two_providers(SHARES={"spare": share}):
            assert {routing.first(number) for number in numbers} == {name}
    with override_settings(SECRET_KEY="another key"), two_providers(SHARES={"spare": 10}):
        assert tenth != {number for number in numbers if routing.first(number) == "spare"}


def test_the_provider_of_a_share_is_asked_first_and_is_no_fallback_of_its_own() -> None:
    with two_providers({}, {CLEAN: UNPAID[0]}, SHARES={"spare": 100}):
        assert routing.route(CLEAN) == ("spare",)
        assert answered().state == "waiting"
    assert asked() == [("spare", "queued")]
