"""The token decides whose answer a callback is; a lookup takes one while it waits, of its line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import override_settings

from number_insight import reviewing
from number_insight.lookups import callbacks
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from number_insight.sandbox.server import Sandbox
from number_insight.screening import worker
from tests.support.stage import (
    CLEAN,
    PRICE,
    VIRTUAL,
    asking,
    money,
    record_of,
    screened,
    sweep,
    the_lookup,
    vonage,
)
from tests.webhook.callbacks import ASYNC, post_with_token

pytestmark = pytest.mark.django_db

AMERICAN = "+14155550100"


def submitted(number: str = CLEAN) -> NumberInsightRecord:
    """Return a record of `number` that waits for a callback."""
    with asking(**ASYNC, LIMITS={}):
        return screened(number)


def body_for(asked: str = CLEAN, /, **facts: Any) -> bytes:
    """Return the callback about a number, with `facts` laid over it."""
    answers = {asked: facts}
    return Fake(answers=answers).callback_body(Question(number=asked, level="advanced"))


def post(body: bytes) -> int:
    """Post `body` to the webhook of the first lookup; return the status."""
    lookup = Lookup.objects.earliest("pk")
    return post_with_token(callbacks.token_for(lookup.pk), body)[0]


def state_of(record: NumberInsightRecord) -> tuple[str, str, str]:
    record.refresh_from_db()
    return record.state, record.lane, record.verdict


def let_pass(hours: float) -> None:
    names = ("created_at", "called_at", "lease_until")
    Lookup.objects.update(**{name: F(name) - timedelta(hours=hours) for name in names})


def tables() -> tuple[Any, ...]:
    """Return all that a callback could change."""
    lookups, records = Lookup.objects.order_by("pk"), NumberInsightRecord.objects.order_by("pk")
    return (list(lookups.values()), list(records.values()), money())


def test_another_request_id_is_logged_and_shown_and_the_answer_is_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = submitted(VIRTUAL)
    promised = the_lookup().request_id
    assert post(body_for(VIRTUAL, request_id="another")) == 200
    lookup = the_lookup()
    assert (lookup.state, lookup.conflict, lookup.request_id) == ("answered", True, promised)
    assert state_of(record) == ("screened", "risk", "review")
    assert money() == (PRICE, "0")
    assert promised in caplog.text and "'another'" in caplog.text


@pytest.mark.parametrize("told", ["", "the same"])
def test_the_promised_request_id_or_none_at_all_is_no_conflict(told: str) -> None:
    submitted(VIRTUAL)
    request_id = told and the_lookup().request_id
    post(body_for(VIRTUAL, request_id=request_id))
    assert (the_lookup().state, the_lookup().conflict) == ("answered", False)


def test_a_final_no_under_another_request_id_is_taken_too(sandbox: Sandbox) -> None:
    record = submitted(CLEAN)
    body = b'{"status": 5, "request_id": "another"}'
    with override_settings(NUMBER_INSIGHT=vonage(sandbox, **ASYNC)):
        assert post(body) == 200
    assert (the_lookup().state, the_lookup().conflict) == ("failed", True)
    assert state_of(record)[0] == "failed"


def test_the_id_of_a_refused_attempt_is_no_conflict() -> None:
    record = record_of(VIRTUAL)
    with asking(**ASYNC):
        worker.screen(record.pk)
        Lookup.objects.update(state="calling", request_id="of the attempt before")
        post(body_for(VIRTUAL, request_id="of this one"))
    assert (the_lookup().conflict, the_lookup().request_id) == (False, "of this one")


@pytest.mark.parametrize(
    ("number", "spelling"),
    [
        (CLEAN, "46701740605"),
        (CLEAN, "+46 70 174 06 05"),
        (CLEAN, "0046701740605"),
        (CLEAN, "0701740605"),
        (CLEAN, "070-174 06 05"),
        (CLEAN, "+460701740605"),
        (AMERICAN, "4155550100"),
        (AMERICAN, "(415) 555-0100"),
        (AMERICAN, "0014155550100"),
        ("+525512345605", "5215512345605"),
        ("+525512345605", "55 1234 5605"),
        ("+5491123456705", "541123456705"),
        ("+5491123456705", "011 15-2345-6705"),
        ("+541123456705", "5491123456705"),
        ("+390612345605", "39612345605"),
        ("+390612345605", "06 1234 5605"),
        ("+3780549882505", "390549882505"),
        ("+3780549882505", "378549882505"),
    ],
)
def test_another_spelling_of_the_line_is_the_line(number: str, spelling: str) -> None:
    record = submitted(number)
    assert post(body_for(number, number=spelling)) == 200
    lookup = the_lookup()
    assert (lookup.state, lookup.conflict) == ("answered", False)
    assert lookup.insight["number"] == lookup.number
    assert state_of(record)[0] == "screened"


@pytest.mark.parametrize("spelling", [VIRTUAL, "41555550100", "0701740606", "46701740606"])
def test_another_line_is_paid_and_its_record_goes_before_a_person(
    spelling: str, caplog: pytest.LogCaptureFixture
) -> None:
    with asking(**ASYNC, ON_NO_ANSWER="allow"):
        record, second = screened(CLEAN), screened(CLEAN)
        assert post(body_for(CLEAN, number=spelling, line_type="virtual")) == 200
    lookup = the_lookup()
    assert (lookup.state, lookup.conflict, lookup.insight) == ("failed", True, None)
    assert (lookup.open_key, lookup.raw, lookup.error != "") == (None, None, True)
    assert money() == (PRICE, "0")
    for each in (record, second):
        assert state_of(each) == ("failed", "fault", "review")
        assert "another number" in each.note
        assert (each.line_type, each.flags.count()) == ("unknown", 0)
        assert each in NumberInsightRecord.objects.awaiting_review()
    assert (f"{record.cost.normalize():f}", second.cost) == (PRICE, 0)
    assert spelling.lstrip("+") not in caplog.text


def test_a_record_that_was_let_pass_for_want_of_an_answer_goes_before_a_person_too() -> None:
    with asking(**ASYNC, ON_NO_ANSWER="allow"):
        record = screened(CLEAN)
        Lookup.objects.update(state="uncertain")
        NumberInsightRecord.objects.update(state="failed", lane="no_answer", verdict="allow")
        post(body_for(CLEAN, number=VIRTUAL))
    assert state_of(record) == ("failed", "fault", "review")


def test_another_line_overrules_no_person() -> None:
    record = submitted(CLEAN)
    Lookup.objects.update(state="uncertain")
    NumberInsightRecord.objects.update(state="failed", verdict="deny")
    record.refresh_from_db()
    reviewing.release(record)
    before = NumberInsightRecord.objects.values().get()
    post(body_for(CLEAN, number=VIRTUAL))
    assert NumberInsightRecord.objects.values().get() == before


def test_whoever_asks_after_another_line_gets_an_answer_of_his_own() -> None:
    submitted(CLEAN)
    post(body_for(CLEAN, number=VIRTUAL))
    record = screened(CLEAN, under=asking(LEVEL="advanced"))
    assert state_of(record) == ("screened", "risk", "allow")


@pytest.mark.parametrize("facts", [{}, {"line_type": "virtual"}, {"number": VIRTUAL}])
@pytest.mark.parametrize("end", ["answered", "refused", "another line", "no callback", "uncertain"])
def test_a_token_is_good_only_while_its_lookup_waits(
    end: str, facts: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    submitted(CLEAN)
    if end == "answered":
        post(body_for(CLEAN))
    elif end == "refused":
        Lookup.objects.update(state="failed", open_key=None, reserved=0)
    elif end == "another line":
        post(body_for(CLEAN, number=VIRTUAL))
    elif end == "no callback":
        let_pass(26)
        sweep()
    else:
        Lookup.objects.update(state="uncertain")
        sweep()
        let_pass(26)
    Lookup.objects.update(conflict=True)
    before = tables()
    for _ in range(2):
        assert post(body_for(CLEAN, **facts)) == 200
    assert tables() == before


def test_a_second_answer_in_another_spelling_contradicts_nothing() -> None:
    submitted(CLEAN)
    post(body_for(CLEAN))
    post(body_for(CLEAN, number="0701740605", request_id="another", national_format="x"))
    assert not the_lookup().conflict


def test_a_second_answer_about_another_line_is_shown() -> None:
    submitted(CLEAN)
    post(body_for(CLEAN))
    post(body_for(CLEAN, number=VIRTUAL))
    assert (the_lookup().state, the_lookup().conflict) == ("answered", True)
