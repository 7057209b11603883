"""Asynchronous requests are acknowledged, and called back in all the ways that happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, Receiver, ask, call
from tests.support.waiting import until

ASYNC = "advanced/async/json"


@pytest.fixture
def quick() -> Iterator[Sandbox]:
    """A sandbox that calls back at once, and again a hundred times sooner than life."""
    with Sandbox(callback_delay=0.01, clock=100) as sandbox:
        yield sandbox


def submit(sandbox: Sandbox, receiver: Receiver, number: str = CLEAN) -> Any:
    return ask(sandbox, number, ASYNC, callback=receiver.url)


def test_the_answer_comes_after_the_acknowledgement(quick: Sandbox, receiver: Receiver) -> None:
    promise = submit(quick, receiver)
    assert set(promise) == {"request_id", "number", "remaining_balance", "request_price", "status"}
    assert until(lambda: receiver.received)
    _, kind, body = receiver.received[0]
    answer = json.loads(body)
    assert kind == "application/json"
    assert answer["request_id"] == promise["request_id"]
    assert answer["reachable"] == "reachable"
    assert "number" not in answer


def test_a_question_is_paid_for_once_whatever_comes_back(
    quick: Sandbox, receiver: Receiver
) -> None:
    quick.behave(CLEAN, callback="duplicate")
    submit(quick, receiver)
    assert until(lambda: len(receiver.received) == 2)
    assert receiver.bodies[0] == receiver.bodies[1]
    assert (quick.ledger.count(), str(quick.ledger.charged)) == (1, "0.03")


def test_the_answer_may_come_before_the_acknowledgement(quick: Sandbox, receiver: Receiver) -> None:
    quick.behave(CLEAN, callback="early")
    promise = submit(quick, receiver)
    assert len(receiver.received) == 1  # already, without any waiting
    assert json.loads(receiver.bodies[0])["request_id"] == promise["request_id"]


def test_an_intermediate_answer_is_followed_by_the_final_one(
    quick: Sandbox, receiver: Receiver
) -> None:
    quick.behave(CLEAN, callback="intermediate")
    submit(quick, receiver)
    assert until(lambda: len(receiver.received) == 2)
    first, last = map(json.loads, receiver.bodies)
    assert (first["final"], first["reachable"]) == (False, "unknown")
    assert (last["final"], last["reachable"]) == (True, "reachable")


def test_a_callback_may_carry_another_request_id(quick: Sandbox, receiver: Receiver) -> None:
    quick.behave(CLEAN, callback="wrong_id")
    promise = submit(quick, receiver)
    assert until(lambda: receiver.received)
    assert json.loads(receiver.bodies[0])["request_id"] != promise["request_id"]


def test_a_callback_may_never_come(quick: Sandbox, receiver: Receiver) -> None:
    assert submit(quick, receiver, "+46701740698")["status"] == 0
    assert not until(lambda: receiver.received, 0.3)
    assert quick.ledger.entries[0].callbacks == []


def test_what_is_not_accepted_is_sent_again_with_growing_pauses(
    quick: Sandbox, receiver: Receiver
) -> None:
    receiver.statuses = [503, 204, 404]  # only 200 accepts
    submit(quick, receiver)
    assert until(lambda: len(receiver.received) == 4)
    for pause, least in zip(receiver.pauses, (0.05, 0.3, 0.6), strict=True):
        assert pause >= 0.9 * least
    entry = quick.ledger.entries[0]
    assert until(lambda: [attempt.status for attempt in entry.callbacks] == [503, 204, 404, 200])
    assert not until(lambda: len(receiver.received) > 4, 0.2)


def test_a_receiver_that_is_not_there_is_tried_and_written_down(quick: Sandbox) -> None:
    ask(quick, CLEAN, ASYNC, callback="http://127.0.0.1:1/nobody")
    entry = quick.ledger.entries[0]
    assert until(lambda: len(entry.callbacks) >= 2)
    assert (entry.callbacks[0].status, entry.callbacks[0].error) == (None, "ConnectionRefusedError")


def test_a_refusal_is_not_called_back(quick: Sandbox, receiver: Receiver) -> None:
    assert submit(quick, receiver, "+46701740695") == {"error_text": "Internal Error", "status": 5}
    assert ask(quick, CLEAN, ASYNC)["error_text"].endswith("[ callback ]")
    assert not until(lambda: receiver.received, 0.2)


def test_xml_is_acknowledged_and_called_back_in_xml(quick: Sandbox, receiver: Receiver) -> None:
    response = call(quick, "advanced/async/xml", data={"number": CLEAN, "callback": receiver.url})
    promise = ElementTree.fromstring(response.content)
    assert promise.findtext("status") == "0"
    assert until(lambda: receiver.received)
    answer = ElementTree.fromstring(receiver.bodies[0])
    assert answer.findtext("request_id") == promise.findtext("requestId")


def test_stopping_ends_what_waits_for_a_receiver(receiver: Receiver) -> None:
    sandbox = Sandbox(callback_delay=30).start()
    submit(sandbox, receiver)
    sandbox.stop()
    assert not until(lambda: receiver.received, 0.1)
