"""The sandbox posts real callbacks to a real server, as the provider would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from number_insight.models import NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from tests.support.invariants import assert_invariants
from tests.support.stage import PRICE, VIRTUAL, money, screened, the_lookup, vonage
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(callback_delay=0.05) as running:
        yield running


@pytest.fixture(autouse=True)
def asynchronous(sandbox: Sandbox, live_server: Any) -> Iterator[None]:
    """Have Advanced answered through the webhook of the live server."""
    settings = vonage(sandbox, DELIVERY="async", CALLBACK_BASE_URL=live_server.url)
    with override_settings(NUMBER_INSIGHT=settings):
        yield


def is_screened(record: NumberInsightRecord) -> bool:
    record.refresh_from_db()
    return record.state == "screened"


@pytest.mark.parametrize(
    ("mode", "statuses", "state", "conflict"),
    [
        ("", [200], "answered", False),
        ("early", [200], "answered", False),
        ("duplicate", [200, 200], "answered", False),
        ("intermediate", [200, 200], "answered", False),
        ("wrong_id", [200], "answered", True),
        ("never", [], "submitted", False),
    ],
)
def test_rows_24_and_27_callbacks_of_every_kind_are_taken_once(
    sandbox: Sandbox, mode: str, statuses: list[int], state: str, conflict: bool
) -> None:
    sandbox.behave(VIRTUAL, callback=mode)
    record = screened(VIRTUAL)
    (entry,) = sandbox.ledger.entries
    assert until(lambda: [attempt.status for attempt in entry.callbacks] == statuses)
    is_answered = state == "answered"
    assert is_screened(record) == is_answered
    lookup = the_lookup()
    assert (lookup.state, lookup.conflict) == (state, conflict)
    assert lookup.request_id == entry.request_id
    assert (record.verdict, record.score) == (("review", 30) if is_answered else ("pending", 0))
    assert money() == ((PRICE, "0") if is_answered else ("0", PRICE))
    assert_invariants(sandbox, settled=is_answered)


def test_an_acknowledgement_that_was_lost_is_healed_by_the_callback(sandbox: Sandbox) -> None:
    sandbox.behave(VIRTUAL, fault="half")
    record = screened(VIRTUAL)
    assert until(lambda: is_screened(record))
    assert (the_lookup().state, money()) == ("answered", (PRICE, "0"))
    assert sandbox.ledger.count() == 1
