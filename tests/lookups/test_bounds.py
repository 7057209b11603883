"""Limits, circuits, pace and the kill switch keep the asking within bounds."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from number_insight import exceptions, signals
from number_insight.lookups import (
    budget,
    calls,
    circuits,
    claims,
    limits,
    questions,
    spent,
    switches,
)
from number_insight.models import Circuit, Lookup, NumberInsightRecord, Spending, Usage
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from number_insight.screening import settlement, worker
from tests.support.stage import (
    CLEAN,
    RESERVED,
    VIRTUAL,
    asking,
    heard,
    money,
    record_of,
    screened,
    sweep,
    two_currencies,
    work_off,
)

pytestmark = pytest.mark.django_db

VISITOR = "81.2.69.142"
NEIGHBOUR = "81.2.69.160"
BAD_KEY = exceptions.BadCredentials("The credentials are wrong; mend api_key and api_secret.")


def numbers(count: int) -> list[str]:
    """Return so many clean numbers, each in a block of its own."""
    return [f"+4670174{index:02}05" for index in range(count)]


def bases() -> list[str]:
    """Return the basis of each verdict, in the order of the signups."""
    return list(NumberInsightRecord.objects.order_by("pk").values_list("basis", flat=True))


@pytest.mark.parametrize(
    ("kind", "ips", "expected"),
    [
        ("ip", [VISITOR] * 3, ["answer", "answer", "limit"]),
        ("ip", [VISITOR, VISITOR, NEIGHBOUR], ["answer", "answer", "answer"]),
        ("network", [VISITOR, VISITOR, NEIGHBOUR], ["answer", "answer", "limit"]),
        ("ip", ["2a00:1450::1", "2a00:1450::2", "2a00:1450::9:3"], ["answer", "answer", "limit"]),
        ("ip", ["2a00:1450::1", "2a00:1450::2", "2a00:1450:0:1::1"], ["answer"] * 3),
        ("ip", ["2a00:1450::1%a", "2a00:1450::1%b", "2a00:1450::1"], ["answer", "answer", "limit"]),
        (
            "network",
            ["2a00:1450::1", "2a00:1450:0:7::1", "2a00:1450:0:ffff::1"],
            ["answer", "answer", "limit"],
        ),
        ("network", ["2a00:1450::1", "2a00:1450::2", "2a00:1450:1::1"], ["answer"] * 3),
    ],
)
def test_one_source_causes_no_more_lookups_than_its_limit(
    kind: str, ips: list[str], expected: list[str]
) -> None:
    with asking(LIMITS={kind: "2/day"}):
        for number, ip in zip(numbers(3), ips, strict=True):
            screened(number, ip=ip)
    assert bases() == expected
    assert len(Fake.asked) == expected.count("answer")


def test_a_reached_limit_is_told_to_the_reviewer_and_costs_nothing() -> None:
    with asking(LIMITS={"ip": "1/day"}):
        first, second = (screened(number, ip=VISITOR) for number in numbers(2))
    assert (second.verdict, second.lane, second.state) == ("review", "budget", "failed")
    assert second.note == "Too many lookups for one ip: LIMITS allows 1/day."
    assert second.lookup is None
    assert first.verdict == "allow"


def test_an_unknown_address_is_no_source() -> None:
    with asking(LIMITS={"ip": "1/day", "network": "1/day"}):
        for number in numbers(3):
            screened(number, ip="10.0.0.1")
    assert bases() == ["answer"] * 3


def test_a_block_of_a_hundred_numbers_is_one_source() -> None:
    with asking(LIMITS={"block": "1/day"}):
        screened(CLEAN)
        assert screened("+46701740616").basis == "limit"
        assert screened("+46701740716").basis == "answer"


def test_joining_and_reusing_count_against_no_limit() -> None:
    with asking(LIMITS={"number": "1/day"}):
        for _ in range(3):
            screened(CLEAN)
    assert bases() == ["answer", "reused", "reused"]


def test_sources_are_kept_as_hashes_alone() -> None:
    with asking():
        screened(CLEAN, ip=VISITOR)
    kept = " ".join(Usage.objects.values_list("key", flat=True))
    assert kept.count(":") == 8
    assert CLEAN not in kept
    assert VISITOR not in kept


@pytest.mark.parametrize("limit", ["", "20", "x/day", "-1/day", "20/week", "1.5/day"])
def test_what_is_no_limit_is_refused(limit: str) -> None:
    with pytest.raises(ValueError, match="is no limit"):
        limits.parse(limit)


def test_wrong_credentials_open_the_circuit_and_no_other_number_is_asked() -> None:
    with asking(dict.fromkeys(numbers(3), BAD_KEY)):
        waiting = [screened(number) for number in numbers(3)]
    assert len(Fake.asked) == 1
    assert {record.state for record in waiting} == {"waiting"}
    assert {record.note for record in waiting} == {str(BAD_KEY)}
    assert Circuit.objects.get().reason == str(BAD_KEY)


def test_a_circuit_closes_by_a_probe_and_lets_the_others_go() -> None:
    answers: dict[str, Any] = dict.fromkeys(numbers(3), BAD_KEY)
    with asking(answers):
        for number in numbers(3):
            screened(number)
        answers.clear()
        Circuit.objects.update(open_until=timezone.now())
        Lookup.objects.update(next_try_at=timezone.now())
        sweep()
        sweep()
    assert set(bases()) == {"answer"}
    assert Circuit.objects.get().open_until is None


def test_while_a_probe_is_under_way_no_other_call_is_made() -> None:
    Circuit.objects.create(provider="default", open_until=timezone.now(), reason="It was down.")
    assert circuits.open_circuit("default", "advanced") is None
    second = circuits.open_circuit("default", "advanced")
    assert second is not None
    assert second.reason == "It was down."


def test_a_level_that_is_not_allowed_closes_that_level_alone() -> None:
    circuits.failed("default", "advanced", CLEAN, exceptions.NotAllowed("Not enabled."))
    assert circuits.open_circuit("default", "advanced") is not None
    assert circuits.open_circuit("default", "standard") is None
    assert circuits.open_circuit("other", "advanced") is None


@pytest.mark.parametrize(
    ("error", "times", "opens"),
    [
        (exceptions.NotSent("down"), circuits.FAILURES - 1, False),
        (exceptions.NotSent("down"), circuits.FAILURES, True),
        (exceptions.Uncertain("cut off"), circuits.FAILURES, True),
        (exceptions.Busy("slow down"), 50, False),
        (exceptions.NoAnswer("nothing"), 50, False),
        (exceptions.NoCredit("empty"), 1, True),
        (exceptions.Gone("gone"), 1, True),
    ],
)
def test_what_opens_a_circuit(error: exceptions.ProviderError, times: int, opens: bool) -> None:
    for _ in range(times):
        circuits.failed("default", "advanced", CLEAN, error)
    assert (circuits.open_circuit("default", "advanced") is not None) is opens


def refused(number: str, network: str) -> bool:
    """Record a refused number; return whether the circuit is open then."""
    error = exceptions.NumberRefused("no number")
    circuits.failed("default", "advanced", number, error, network=network)
    return Circuit.objects.filter(open_until__isnull=False).exists()


NETWORKS = [f"8.{index}.0.0/24" for index in range(circuits.REFUSALS)]


@pytest.mark.parametrize(
    ("refusals", "opens"),
    [
        (list(zip(numbers(circuits.REFUSALS), NETWORKS, strict=True)), True),
        ([(CLEAN, network) for network in NETWORKS], False),
        ([(number, "8.0.0.0/24") for number in numbers(circuits.REFUSALS)], False),
        ([(number, "") for number in numbers(circuits.REFUSALS)], False),
    ],
    ids=["many visitors", "one number", "one network", "nobody knows whence"],
)
def test_only_refused_numbers_of_many_visitors_speak_against_us(
    refusals: list[tuple[str, str]], opens: bool
) -> None:
    *first, last = [refused(number, network) for number, network in refusals]
    assert (any(first), last) == (False, opens)


def test_a_stranger_does_not_stop_the_lookups_of_others() -> None:
    strange = numbers(60)
    refusal = exceptions.NumberRefused("no number", status=3)
    with asking(dict.fromkeys(strange, refusal), LIMITS={}):
        for nth, number in enumerate(strange):
            assert screened(number, ip=f"8.8.8.{nth % 4}").basis == "answer"
        assert screened(VIRTUAL, ip="81.2.69.142").basis == "answer"


def test_an_answer_forgets_the_refusals_before_it() -> None:
    for number, network in zip(numbers(79), NETWORKS, strict=False):
        refused(number, network)
    circuits.succeeded("default", "advanced")
    assert not refused(CLEAN, NETWORKS[-1])
    assert Circuit.objects.get().refusals == 1


@pytest.mark.parametrize("error", [exceptions.NotSent("down"), exceptions.NumberRefused("no")])
def test_failures_of_long_ago_do_not_add_up(error: exceptions.ProviderError) -> None:
    for number, network in zip(numbers(79), NETWORKS, strict=False):
        circuits.failed("default", "advanced", number, error, network=network)
        Circuit.objects.update(changed_at=timezone.now() - timedelta(minutes=11))
    circuit = Circuit.objects.get()
    assert (circuit.open_until, circuit.failures + circuit.refusals) == (None, 1)


def test_a_probe_that_fails_opens_the_circuit_again_however_long_it_was_open() -> None:
    circuits.failed("default", "advanced", CLEAN, exceptions.NoCredit("empty"))
    hours_ago = timezone.now() - timedelta(hours=5)
    Circuit.objects.update(open_until=hours_ago, changed_at=hours_ago, failures=circuits.FAILURES)
    circuits.failed("default", "advanced", CLEAN, exceptions.NotSent("down"))
    assert circuits.open_circuit("default", "advanced") is not None


def test_a_provider_that_refuses_a_number_works() -> None:
    for _ in range(circuits.FAILURES):
        circuits.failed("default", "advanced", CLEAN, exceptions.NotSent("down"))
    assert not refused(CLEAN, NETWORKS[0])
    assert circuits.open_circuit("default", "advanced") is None


def test_a_probe_takes_a_number_that_is_valid() -> None:
    Circuit.objects.create(provider="default", open_until=timezone.now(), reason="It was down.")
    with asking():
        waiting = [record_of(number) for number in (RESERVED, CLEAN)]
        assert (screened(RESERVED).note, Fake.asked) == ("It was down.", [])
        worker.screen(waiting[0].pk, limit=16)
    assert [question.number for question in Fake.asked][:1] == [CLEAN]
    assert Circuit.objects.get().open_until is None


def test_each_opening_in_a_row_lasts_twice_as_long() -> None:
    pauses = []
    for _ in range(3):
        circuits.failed("default", "advanced", CLEAN, exceptions.NoCredit("empty"))
        until = Circuit.objects.get().open_until
        assert until is not None
        pauses.append(round((until - timezone.now()) / circuits.FIRST_PAUSE))
    assert pauses == [1, 2, 4]


def test_turns_are_a_tenth_further_apart_than_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuits.time, "time", lambda: 1_800_000_000.0)
    with asking(THROUGHPUT=10):
        one, _wait = circuits.take_turns("default", 1, within=timedelta(seconds=1))
        many, wait = circuits.take_turns("default", 20, within=timedelta(seconds=1))
        none, still = circuits.take_turns("default", 1, within=timedelta(seconds=1))
    assert one == [timedelta(0)]
    assert many == [timedelta(milliseconds=250 + 110 * place) for place in range(7)]
    assert (none, wait, still) == ([], timedelta(seconds=1.02), timedelta(seconds=1.02))


def test_a_record_that_would_wait_too_long_for_its_turn_goes_back_to_the_queue() -> None:
    with asking(THROUGHPUT=0.5):
        first, second = screened(numbers(1)[0]), screened(VIRTUAL)
    assert (first.basis, second.state) == ("answer", "waiting")
    assert (first.level, second.level) == ("advanced", "auto")
    assert second.note == "Many numbers wait; this one has its turn soon."
    assert len(Fake.asked) == 1


def test_the_switch_in_the_admin_stops_all_buying() -> None:
    switches.turn_lookups(False, reason="An attack.")
    with asking():
        record = screened()
    assert (record.basis, record.verdict, record.lane) == ("disabled", "review", "no_answer")
    assert Fake.asked == []


def test_what_was_queued_before_the_switch_waits_for_it() -> None:
    with asking({CLEAN: exceptions.Busy("busy")}):
        record = screened()
    switches.turn_lookups(False)
    Lookup.objects.update(next_try_at=timezone.now())
    with asking():
        work_off(record.pk)
        record.refresh_from_db()
        assert (record.state, record.note) == ("waiting", switches.SWITCHED_OFF)
        switches.turn_lookups(True)
        Lookup.objects.update(next_try_at=timezone.now())
        work_off(record.pk)
    record.refresh_from_db()
    assert record.basis == "answer"


@pytest.mark.django_db(transaction=True)
def test_the_operator_is_told_once_of_each_share_of_the_budget(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        heard(signals.budget_alert) as told,
        asking(BUDGET={"day": "0.12"}),
        caplog.at_level(logging.WARNING),
    ):
        for number in numbers(6):
            screened(number)
    assert [given["percent"] for given in told] == [50, 100]
    assert "50 % of the budget of 0.12 EUR for day:" in caplog.text
    assert money() == ("0.12", "0")
    assert bases() == ["answer"] * 4 + ["budget"] * 2


def test_the_money_of_each_currency_is_counted_by_itself() -> None:
    amount = [Decimal("0.03")]
    with two_currencies({"day": "0.05"}):
        assert budget.reserve(amount, "EUR")[1] == budget.reserve(amount, "USD")[1] == [True]
        assert budget.reserve(amount, "EUR")[1] == [False]
        assert spent() == (Decimal(0), Decimal("0.03"))
        assert spent("month", currency="USD") == (Decimal(0), Decimal("0.03"))
    with two_currencies({"EUR": {"day": "0.06"}, "USD": {"month": "0.04"}}):
        assert budget.reserve(amount, "EUR")[1] == [True]
        assert budget.reserve(amount, "USD")[1] == [False]
        assert budget.reserve([Decimal("0.01")], "USD")[1] == [True]


@pytest.mark.parametrize(
    "bounds",
    [
        {"EUR": {"day": "1"}},
        {"EUR": {"day": "1"}, "USD": "5"},
        {"EUR": {"day": "1"}, "USD": {"dya": "5"}},
        {"day": "1", "dya": "5"},
        {"day": "5", "EUR": {"day": "1"}},
    ],
)
def test_where_a_budget_is_unclear_nothing_is_spent(bounds: dict[str, Any]) -> None:
    with two_currencies(bounds):
        assert budget.reserve([Decimal("0.03"), Decimal(0)], "USD")[1] == [False, True]


@pytest.mark.parametrize("bounds", [{}, {"day": None}, {"EUR": {"day": "0"}, "USD": None}])
def test_an_unlimited_currency_has_to_be_named(bounds: dict[str, Any]) -> None:
    with two_currencies(bounds):
        assert budget.reserve([Decimal(1000)], "USD")[1] == [True]


def test_the_lookups_of_one_batch_are_paid_in_the_currencies_of_their_providers() -> None:
    first, second = (record_of(number) for number in numbers(2))
    with two_currencies({"day": "0.03"}):
        questions_asked = [
            Question(number=record.number, level="advanced") for record in (first, second)
        ]
        with transaction.atomic():
            asks = zip(questions_asked, ("spare", "default"), strict=True)
            joined = questions.join([(question, name, "sync") for question, name in asks])
            claimed = claims.take([lookup for lookup, _is_new in joined if lookup])
        assert {(claim.lookup.provider, claim.lookup.currency) for claim in claimed} == {
            ("default", "EUR"),
            ("spare", "USD"),
        }
        settlement.save([outcome for batch in calls.put(claimed) for outcome in batch])
        for currency in ("EUR", "USD"):
            assert spent(currency=currency) == (Decimal("0.03"), Decimal(0))


@pytest.mark.django_db(transaction=True)
def test_the_operator_is_told_which_currency_is_spent(caplog: pytest.LogCaptureFixture) -> None:
    with (
        heard(signals.budget_alert) as told,
        two_currencies({"day": "0.06"}),
        transaction.atomic(),
    ):
        budget.reserve([Decimal("0.03")], "EUR")
        budget.reserve([Decimal("0.06")], "USD")
    assert [(given["currency"], given["percent"]) for given in told] == [("EUR", 50), ("USD", 100)]
    assert "100 % of the budget of 0.06 USD for day:" in caplog.text


def test_a_full_month_gives_the_day_back() -> None:
    with asking(BUDGET={"day": "10.00", "month": "0.05"}):
        screened(numbers(2)[0])
        assert screened(numbers(2)[1]).basis == "budget"
    assert budget.spent("day") == budget.spent("month") == (Decimal("0.03"), Decimal(0))
    assert Spending.objects.count() == 2
