"""A circuit opens on what an operator has to repair, or on failures in a row; a probe closes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from number_insight import exceptions
from number_insight.lookups import circuits
from number_insight.models import Circuit, Lookup
from number_insight.providers.fake import Fake
from number_insight.screening import worker
from tests.lookups.crowd import bases, numbers
from tests.support.stage import CLEAN, RESERVED, VIRTUAL, asking, record_of, screened, sweep

pytestmark = pytest.mark.django_db


BAD_KEY = exceptions.BadCredentials("The credentials are wrong; mend api_key and api_secret.")


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
