"""The sandbox posts real callbacks to a real server, as the provider would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.test import override_settings

from number_insight.lookups import callbacks
from number_insight.models import NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from tests.support.stage import PRICE, VIRTUAL, at_once, money, screened, the_lookup, until, vonage

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


def statuses(sandbox: Sandbox) -> list[int | None]:
    (entry,) = sandbox.ledger.entries
    return [attempt.status for attempt in entry.callbacks]


@pytest.mark.parametrize(
    ("mode", "answers"),
    [("", [200]), ("early", [200]), ("duplicate", [200, 200]), ("intermediate", [200, 200])],
)
def test_the_answer_arrives_however_it_is_delivered(
    sandbox: Sandbox, mode: str, answers: list[int]
) -> None:
    sandbox.behave(VIRTUAL, callback=mode)
    record = screened(VIRTUAL)
    assert until(lambda: is_screened(record))
    assert until(lambda: statuses(sandbox) == answers)
    record.refresh_from_db()
    assert (record.verdict, record.score, the_lookup().state) == ("review", 30, "answered")
    assert money() == (PRICE, "0")
    assert (the_lookup().request_id, the_lookup().conflict) == (
        sandbox.ledger.entries[0].request_id,
        False,
    )


def test_an_acknowledgement_leaves_the_record_waiting_with_the_money_held(
    sandbox: Sandbox,
) -> None:
    sandbox.behave(VIRTUAL, callback="never")
    record = screened(VIRTUAL)
    assert (record.state, the_lookup().state, money()) == ("waiting", "submitted", ("0", PRICE))


def test_a_callback_of_another_request_is_taken_by_nobody(sandbox: Sandbox) -> None:
    sandbox.behave(VIRTUAL, callback="wrong_id")
    record = screened(VIRTUAL)
    assert until(lambda: the_lookup().conflict)
    assert until(lambda: statuses(sandbox) == [200])
    assert not is_screened(record)


def test_an_acknowledgement_that_was_lost_is_healed_by_the_callback(sandbox: Sandbox) -> None:
    sandbox.behave(VIRTUAL, fault="half")
    record = screened(VIRTUAL)
    assert until(lambda: is_screened(record))
    assert (the_lookup().state, money()) == ("answered", (PRICE, "0"))
    assert sandbox.ledger.count() == 1


def test_twenty_identical_callbacks_at_once_are_one_answer(sandbox: Sandbox) -> None:
    sandbox.behave(VIRTUAL, callback="never")
    record = screened(VIRTUAL)
    url = callbacks.url_for(the_lookup().pk)
    body = b'{"status": 0, "international_format_number": "46701740611", "request_price": "0.03"}'
    headers = {"Content-Type": "application/json"}
    codes = at_once(
        20, lambda _: requests.post(url, data=body, headers=headers, timeout=20).status_code
    )
    assert codes == [200] * 20
    assert is_screened(record)
    assert money() == (PRICE, "0")
