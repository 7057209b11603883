"""Neither secret nor number, IP or name gets out on the way from a signup to its verdict."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from number_insight import loading
from number_insight.exceptions import NumberInsightError, ProviderError, Unfinished
from number_insight.insight import Insight
from number_insight.lookups import callbacks, claims
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.rules.base import Signup
from number_insight.sandbox.server import Sandbox
from number_insight.screening import inquiry, planning, screen, sweeps, tasks, worker
from number_insight.screening.visitor import visiting
from tests.models import Customer
from tests.privacy.stage import CANARIES, IP, NAME, NUMBER, SECRET, found_in, shown
from tests.support.servers import Redis
from tests.support.stage import VONAGE, messages, sign_up, work_off

pytestmark = pytest.mark.django_db(transaction=True)

OPTIONS = {"api_key": SECRET, "api_secret": SECRET, "signature_secret": SECRET}
TROUBLES = {"90": "busy", "93": "refused", "94": "credentials", "96": "unparseable"}
TROUBLES |= {"80": "hang", "82": "half", "83": "html", "86": "redirect", "88": "broken"}
TROUBLES |= {"77": "odd", "05": "answered", "76": "nothing", "31": "live"}


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every logger at DEBUG, including the loggers that do not propagate."""
    changed = []
    for name in ("", "celery", "kombu", "urllib3", "django", "number_insight", "asyncio"):
        logger = logging.getLogger(name)
        changed.append((logger, logger.level, logger.propagate))
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    caplog.handler.setLevel(logging.DEBUG)
    yield caplog
    for logger, level, propagate in changed:
        logger.setLevel(level)
        logger.propagate = propagate


def at(sandbox: Sandbox, **settings: Any) -> override_settings:
    options = {**OPTIONS, "base_url": f"{sandbox.url}/ni", "timeout": 0.5}
    provider = {"default": {"BACKEND": VONAGE, "OPTIONS": options | settings.pop("options", {})}}
    return override_settings(NUMBER_INSIGHT={"PROVIDERS": provider, **settings})


def number(ending: str) -> str:
    return NUMBER[:-2] + ending


def canaries(ending: str) -> list[str]:
    """Return the canaries of a number with this ending."""
    return [
        canary.replace("9005", f"90{ending}").replace("90 05", f"90 {ending}")
        for canary in CANARIES
    ]


def signed_up(ending: str, rf: Any) -> NumberInsightRecord:
    """Sign up by the model field from the canary's IP, and let a worker take the message."""
    with visiting(rf.post("/signup", REMOTE_ADDR=IP)):
        customer = sign_up(number(ending), name=NAME)
    record: NumberInsightRecord = customer.get_phone_record()
    assert record.ip_address == IP
    return record


def test_the_look_at_everything_sees_a_canary(everything_logged: Any) -> None:
    logging.getLogger("number_insight.any").debug("%s", NUMBER)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("celery").exception("It failed.")
    assert found_in(shown(everything_logged.records)) == [NUMBER[1:], NUMBER[3:], SECRET]


@pytest.mark.parametrize(
    ("ending", "auth"),
    [*((ending, "basic") for ending in TROUBLES), ("05", "query"), ("05", "signature")],
)
def test_no_log_and_no_message_tells(
    ending: str, auth: str, sandbox: Sandbox, queue: Redis, rf: Any, everything_logged: Any
) -> None:
    with at(sandbox, options={"auth": auth}):
        record = signed_up(ending, rf)
        told = json.dumps(messages(queue))
        tasks.screen_record.apply(args=[record.pk])
        sweeps.sweep(inline=True)
    assert sandbox.ledger.count() >= 1
    text = shown(everything_logged.records)
    assert "urllib3" in text
    assert "celery" in text
    assert found_in(text, canaries(ending)) == []
    assert found_in(told, canaries(ending)) == []
    assert told != "[]"


@pytest.mark.parametrize("ending", TROUBLES, ids=TROUBLES.values())
def test_no_stored_sentence_tells(ending: str, sandbox: Sandbox, rf: Any) -> None:
    with at(sandbox):
        record = signed_up(ending, rf)
        work_off(record.pk)
        sweeps.sweep(inline=True)
    record.refresh_from_db()
    lookup = record.lookup
    flags = [(flag.message, flag.evidence) for flag in record.flags.all()]
    told = f"{record.note} {lookup.error} {flags} {record.not_evaluable} {record.raised_rules}"
    assert found_in(told, canaries(ending)) == []


def test_wrong_credentials_tell_neither(sandbox: Sandbox, rf: Any, everything_logged: Any) -> None:
    sandbox.behave(NUMBER, status=4)
    with at(sandbox):
        work_off(signed_up("05", rf).pk)
        with pytest.raises(ProviderError) as caught:
            inquiry.inquire(inquiry.Inquiry(number=NUMBER, ip=IP))
    told = shown(everything_logged.records) + repr(caught.value) + str(caught.value)
    assert found_in(told) == []


GARBAGE = {
    "empty": b"",
    "html": f"<html>{NUMBER}{IP}{SECRET}".encode(),
    "text": f"{NUMBER[1:]} {NAME}".encode(),
    "half": f'{{"status": 0, "number": "{NUMBER[1:]}", "ip": "{IP}'.encode(),
    "no-status": json.dumps({"number": NUMBER[1:], "caller_name": NAME}).encode(),
    "odd-status": json.dumps({"status": 2147, "status_message": f"{NUMBER} {NAME}"}).encode(),
    "other": json.dumps({"status": 0, "international_format_number": "46701740605"}).encode(),
    "answer": json.dumps({"status": 0, "international_format_number": NUMBER[1:]}).encode(),
    "binary": b"\x00\xff" + NUMBER.encode(),
    "deep": b"[" * 50_000,
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_no_callback_makes_us_tell(
    body: bytes, sandbox: Sandbox, rf: Any, everything_logged: Any
) -> None:
    with at(sandbox, DELIVERY="async", CALLBACK_BASE_URL="http://127.0.0.1:9"):
        record = signed_up("98", rf)
        work_off(record.pk)
        lookup = Lookup.objects.get()
        assert lookup.state == "submitted"
        path = reverse("number_insight:callback", args=(callbacks.token_for(lookup.pk),))
        answer = Client().post(path, body, content_type="application/json")
    assert found_in(shown(everything_logged.records), canaries("98")) == []
    assert found_in(answer.content.decode(), (*CANARIES, *canaries("98"))) == []
    token = callbacks.token_for(lookup.pk)
    ours = [
        record for record in everything_logged.records if record.name.startswith("number_insight")
    ]
    assert token not in shown(ours)


def test_what_a_fault_of_the_database_says_is_not_passed_on(
    sandbox: Sandbox, rf: Any, everything_logged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise ValueError(f"Failing row contains ({NUMBER}, {IP}, {NAME}).")

    with at(sandbox):
        record = signed_up("05", rf)
        monkeypatch.setattr(planning, "plans", full)
        tasks.screen_record.apply(args=[record.pk])
        with pytest.raises(Unfinished) as caught:
            tasks.screen_record(record.pk)
        sweeps.sweep(inline=True)
    text = shown(everything_logged.records)
    assert f"Record {record.pk} could not be screened: ValueError in " in text
    assert found_in(text + str(caught.value) + repr(caught.value.__context__)) == []


def test_no_repr_tells(sandbox: Sandbox, rf: Any) -> None:
    with at(sandbox):
        record = signed_up("05", rf)
        work_off(record.pk)
        record.refresh_from_db()
        lookup = record.lookup
        claim = claims.Claim(lookup=lookup, token=lookup.claim)
        reprs = [record, lookup, claim, claim.question, loading.provider(), record.flags.all()]
        reprs += [NumberInsightRecord.objects.all(), Lookup.objects.all()]
        reprs += [inquiry.Inquiry(number=NUMBER, ip=IP), Insight(number=NUMBER)]
        reprs += [Signup(at=record.created_at, number=NUMBER, ip=IP, name=NAME)]
        told = " ".join(repr(each) for each in reprs)
    assert found_in(told) == []
    assert found_in(f"{lookup}") == []


def test_no_exception_of_ours_tells(sandbox: Sandbox) -> None:
    endings = ["80", "82", "83", "85", "86", "88", "90", "93", "94", "95", "96", "97", "99", "77"]
    with at(sandbox):
        for ending in endings:
            with pytest.raises(NumberInsightError) as caught:
                inquiry.inquire(inquiry.Inquiry(number=number(ending), ip=IP))
            told = f"{caught.value!s} {caught.value!r} {vars(caught.value)}"
            assert found_in(told, canaries(ending)) == []


def test_a_number_that_is_none_is_not_told_either(everything_logged: Any) -> None:
    typed = f"my number is {NUMBER}"
    record = screen(typed, ip=IP, name=NAME, subject=Customer(pk=1, phone=""))
    worker.screen(record.pk)
    assert found_in(shown(everything_logged.records) + repr(record)) == []
