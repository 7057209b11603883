"""The first of two providers is down: the second answers, and nothing is paid twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from number_insight.lookups import spent
from number_insight.models import Circuit, Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from tests.chaos.stage import Stand, number
from tests.support.invariants import assert_paid_once
from tests.support.keys import private_key
from tests.support.servers import free_port
from tests.support.stage import PRICE, VONAGE, money
from tests.support.stubs import Stub, says
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

MANY, SOME = 40, 12

IDENTITY = "number_insight.providers.identity.IdentityInsights"
APPLICATION = "0b1e8f3e-5b6f-4b0e-9b1c-2f6a1b9a7c11"


@pytest.fixture
def spare() -> Iterator[Sandbox]:
    """The second provider, at an address of its own."""
    with Sandbox() as sandbox:
        yield sandbox


def with_fallback(
    stand: Stand, spare: Sandbox, *, first: str = "", timeout: float = 10, **settings: Any
) -> None:
    """Configure the sandbox of `stand`, or the address `first`, and `spare` as its fallback.

    The first one is Number Insight and charges EUR, the second Identity Insights and charges USD.
    """
    options = {
        "api_key": "key",
        "api_secret": "secret-of-the-tests",
        "base_url": first or f"{stand.sandbox.url}/ni",
        "prices": {"advanced": PRICE},
        "timeout": timeout,
    }
    successor = {
        "application_id": APPLICATION,
        "private_key": private_key(),
        "base_url": spare.url,
        "currency": "USD",
    }
    providers = {
        "default": {"BACKEND": VONAGE, "OPTIONS": options},
        "spare": {"BACKEND": IDENTITY, "OPTIONS": successor},
    }
    stand.configure(PROVIDERS=providers, FALLBACKS=["spare"], **settings)


def paid(first: Sandbox, spare: Sandbox) -> Counter[str]:
    """Return how often each number was paid for, at both together."""
    entries = [entry for entry in first.ledger.entries if entry.price]
    return Counter(entry.number for entry in (*entries, *spare.ledger.entries))


def assert_answered_by_the_second(stand: Stand, spare: Sandbox, count: int = MANY) -> None:
    records = NumberInsightRecord.objects.all()
    assert set(records.values_list("basis", "lookup__provider")) == {("answer", "spare")}
    assert records.count() == count
    assert set(paid(stand.sandbox, spare).values()) == {1}
    assert stand.sandbox.ledger.charged == 0
    assert money() == ("0", "0")
    assert spent(currency="USD")[1] == 0
    assert_paid_once(spare)


def test_a_first_provider_that_refuses_connections_is_passed_over(
    stand: Stand, spare: Sandbox
) -> None:
    with_fallback(stand, spare, first=f"http://127.0.0.1:{free_port()}/ni")
    stand.worker(pool="threads", concurrency=4)
    stand.sign_up(MANY)
    stand.heal()
    assert_answered_by_the_second(stand, spare)


def test_a_first_provider_that_rejects_the_key_is_passed_over(stand: Stand, spare: Sandbox) -> None:
    with Sandbox(credentials={"key": "another secret"}) as first:
        with_fallback(stand, spare, first=f"{first.url}/ni")
        stand.worker(pool="threads", concurrency=4)
        stand.sign_up(MANY)
        stand.heal()
        assert first.ledger.charged == 0
    assert Circuit.objects.get(provider="default").open_until is not None
    assert_answered_by_the_second(stand, spare)


def screen_some(stand: Stand) -> None:
    """Let some customers sign up, and work until everybody has a verdict."""
    stand.worker(pool="threads", concurrency=4)
    stand.sign_up(SOME)
    stand.heal()


def test_a_first_provider_whose_host_does_not_exist_is_passed_over(
    stand: Stand, spare: Sandbox
) -> None:
    with_fallback(stand, spare, first="https://no-such-host.invalid/ni")
    screen_some(stand)
    assert_answered_by_the_second(stand, spare, SOME)


def test_a_first_provider_that_forbids_the_request_is_passed_over(
    stand: Stand, spare: Sandbox
) -> None:
    with Stub(says(403, "<h1>Forbidden</h1>")) as first:
        with_fallback(stand, spare, first=f"{first.url}/ni")
        screen_some(stand)
        assert 1 <= len(first.requests) <= SOME
    assert Circuit.objects.get(provider="default").open_until is not None
    assert_answered_by_the_second(stand, spare, SOME)


def test_a_first_provider_without_credit_is_passed_over(stand: Stand, spare: Sandbox) -> None:
    with_fallback(stand, spare)
    for index in range(SOME):
        stand.sandbox.behave(number(index), status=9)
    screen_some(stand)
    assert stand.sandbox.ledger.count() >= 1
    assert_answered_by_the_second(stand, spare, SOME)


def test_a_first_provider_whose_budget_is_spent_is_not_asked_and_the_next_one_is(
    stand: Stand, spare: Sandbox
) -> None:
    with_fallback(stand, spare, BUDGET={"EUR": {"day": "0"}, "USD": {"day": "100"}})
    screen_some(stand)
    assert stand.sandbox.ledger.count() == 0
    assert_answered_by_the_second(stand, spare, SOME)


def test_a_first_provider_that_is_busy_for_longer_than_a_minute_is_passed_over(
    stand: Stand, spare: Sandbox
) -> None:
    with_fallback(stand, spare)
    for index in range(SOME):
        stand.sandbox.behave(number(index), status=1)
    stand.worker(pool="threads", concurrency=4)
    stand.sign_up(SOME)
    busy = Lookup.objects.filter(state="queued", attempts__gte=1)
    assert until(lambda: busy.count() == SOME, 20)
    assert spare.ledger.count() == 0
    Lookup.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    stand.heal()
    assert_answered_by_the_second(stand, spare, SOME)


def test_a_first_provider_that_hangs_may_have_been_paid_and_is_the_only_one_asked(
    stand: Stand, spare: Sandbox
) -> None:
    with_fallback(stand, spare, timeout=1)
    for index in range(3):
        stand.sandbox.behave(number(index), fault="hang")
    stand.worker(pool="threads", concurrency=4)
    stand.sign_up(3)
    stand.heal()
    assert set(Lookup.objects.values_list("provider", "state")) == {("default", "uncertain")}
    assert set(NumberInsightRecord.objects.values_list("basis", flat=True)) == {"no_answer"}
    assert spare.ledger.count() == 0
    assert money() == ("0", "0.09")


def test_a_worker_that_dies_while_it_passes_a_record_on_loses_and_pays_nothing(
    stand: Stand, spare: Sandbox
) -> None:
    with_fallback(stand, spare, first=f"http://127.0.0.1:{free_port()}/ni")
    worker = stand.worker(pool="threads", concurrency=4)
    stand.sign_up(MANY)
    time.sleep(1)
    worker.kill()
    Lookup.objects.filter(state="calling").update(lease_until="2020-01-01T00:00Z")
    stand.worker(pool="threads", concurrency=4)
    stand.heal()
    assert (
        NumberInsightRecord.objects.exclude(state="screened")
        .exclude(lookup__state="uncertain")
        .count()
        == 0
    )
    assert set(paid(stand.sandbox, spare).values()) <= {1}


def test_a_first_provider_that_comes_back_is_asked_again(stand: Stand, spare: Sandbox) -> None:
    with_fallback(stand, spare)
    stand.sandbox.behave(number(0), status=4, times=1)
    stand.worker(pool="threads", concurrency=4)
    stand.sign_up(1)
    stand.heal()
    Circuit.objects.update(open_until=timezone.now())
    stand.sign_up(10, start=1)
    stand.heal()
    asked = Counter(NumberInsightRecord.objects.values_list("lookup__provider", flat=True))
    assert asked["spare"] >= 1
    assert asked["default"] >= 1
    assert sum(asked.values()) == 11
    assert set(paid(stand.sandbox, spare).values()) == {1}
    assert not Circuit.objects.filter(open_until__isnull=False).exists()
