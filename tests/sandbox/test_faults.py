"""Each fault between an answer and its reader can be had on demand."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
import requests

from number_insight.sandbox.faults import FAULTS, FREE_FAULTS, HUGE
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, Receiver, ask, call
from tests.support.waiting import until

ADVANCED = Decimal("0.03")


def post(sandbox: Sandbox, number: str, timeout: float = 5, **options: Any) -> requests.Response:
    return call(sandbox, "advanced/json", data={"number": number}, timeout=timeout, **options)


def test_a_hanging_answer_never_comes(sandbox: Sandbox) -> None:
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, "+46701740680", timeout=0.3)
    assert sandbox.ledger.charged == ADVANCED


def test_a_dripping_answer_outlives_every_timeout_between_bytes(sandbox: Sandbox) -> None:
    with post(sandbox, "+46701740681", timeout=0.3, stream=True) as response:
        begun = time.monotonic()
        drops = response.iter_content(1)
        assert b"".join(next(drops) for _ in range(6)).startswith(b'{"')
        assert time.monotonic() - begun > 0.3


def test_dripping_headers_outlive_every_timeout_between_bytes(sandbox: Sandbox) -> None:
    sandbox.behave(CLEAN, fault="drip_headers")
    finished: list[str] = []
    thread = Thread(
        target=_quietly, args=(lambda: post(sandbox, CLEAN, 0.3), finished), daemon=True
    )
    thread.start()
    assert not until(lambda: finished, 0.8)  # the read timeout of 0.3 seconds has not helped
    sandbox.stop()
    assert until(lambda: finished)


def _quietly(call: Callable[[], object], finished: list[str]) -> None:
    try:
        call()
        finished.append("answered")
    except requests.RequestException as exc:
        finished.append(type(exc).__name__)


def test_half_a_body_breaks_off(sandbox: Sandbox) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        post(sandbox, "+46701740682")
    assert sandbox.ledger.charged == ADVANCED


def test_a_page_of_html_comes_with_http_200(sandbox: Sandbox) -> None:
    response = post(sandbox, "+46701740683")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html")
    assert "Bad Gateway" in response.text


def test_an_empty_body_comes_with_http_200(sandbox: Sandbox) -> None:
    response = post(sandbox, "+46701740684")
    assert (response.status_code, response.content) == (200, b"")


def test_the_connection_closes_without_an_answer(sandbox: Sandbox) -> None:
    with pytest.raises(requests.ConnectionError):
        post(sandbox, "+46701740685")
    assert sandbox.ledger.count("+46701740685", "advanced") == 1


@pytest.mark.parametrize("ending", ["86", "87"])
def test_a_client_that_follows_a_redirect_is_found_out(sandbox: Sandbox, ending: str) -> None:
    number = "+467017406" + ending
    response = post(sandbox, number, allow_redirects=False)
    assert response.status_code == {"86": 302, "87": 307}[ending]
    assert sandbox.ledger.count() == 1
    post(sandbox, number)
    assert sandbox.ledger.entries[-1].fault == "redirect followed"


@pytest.mark.parametrize(("ending", "status"), [("88", 500), ("89", 502), ("90", 503)])
def test_a_broken_server_says_so(sandbox: Sandbox, ending: str, status: int) -> None:
    response = post(sandbox, "+467017406" + ending)
    assert response.status_code == status
    assert sandbox.ledger.charged == (0 if status == 503 else ADVANCED)


def test_a_huge_body_keeps_coming(sandbox: Sandbox) -> None:
    sandbox.behave(CLEAN, fault="huge")
    with post(sandbox, CLEAN, stream=True) as response:
        assert int(response.headers["Content-Length"]) == HUGE
        assert len(response.raw.read(1_000_000)) == 1_000_000


def test_an_answer_can_be_late(sandbox: Sandbox) -> None:
    sandbox.behave(CLEAN, delay=0.4)
    begun = time.monotonic()
    assert ask(sandbox)["status"] == 0
    assert time.monotonic() - begun >= 0.4


def test_a_fault_can_be_for_the_first_requests_alone(sandbox: Sandbox) -> None:
    sandbox.behave(CLEAN, fault="503", times=2)
    assert [post(sandbox, CLEAN).status_code for _ in range(3)] == [503, 503, 200]


def test_a_persona_that_is_busy_at_first_answers_then(sandbox: Sandbox) -> None:
    assert [ask(sandbox, "+46701740691")["status"] for _ in range(3)] == [1, 0, 0]


def test_a_fault_loses_the_acknowledgement_and_not_the_callback(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.behave(CLEAN, fault="close")
    with pytest.raises(requests.ConnectionError):
        ask(sandbox, CLEAN, "advanced/async/json", callback=receiver.url)
    assert until(lambda: receiver.received)


def test_what_was_plainly_refused_is_not_called_back(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.behave(CLEAN, fault="503")
    response = call(
        sandbox, "advanced/async/json", data={"number": CLEAN, "callback": receiver.url}
    )
    assert response.status_code == 503
    assert not until(lambda: receiver.received, 0.4)


@pytest.mark.parametrize("fault", sorted(FREE_FAULTS))
def test_free_faults_are_free(sandbox: Sandbox, fault: str) -> None:
    sandbox.behave(CLEAN, fault=fault)
    assert post(sandbox, CLEAN, allow_redirects=False).status_code == int(fault)
    assert sandbox.ledger.charged == 0


@pytest.mark.parametrize("word", ["fault", "callback", "dialect", "persona"])
def test_a_word_that_there_is_not_is_refused(sandbox: Sandbox, word: str) -> None:
    with pytest.raises((ValueError, LookupError), match="'sideways'"):
        sandbox.behave(CLEAN, **{word: "sideways"})


def test_stopping_does_not_wait_for_what_hangs(sandbox: Sandbox) -> None:
    assert "hang" in FAULTS
    finished: list[str] = []
    call = (lambda: post(sandbox, "+46701740680", 20), finished)
    Thread(target=_quietly, args=call, daemon=True).start()
    assert until(lambda: sandbox.ledger.count() == 1)
    begun = time.monotonic()
    sandbox.stop()
    assert time.monotonic() - begun < 1
    assert until(lambda: finished == ["ConnectionError"])
