"""Callbacks come early, late, twice, at once, contradict each other, or never come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.signing import Signer
from django.db import connection
from django.db.models import F
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from number_insight import reviewing
from number_insight.lookups import callbacks
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import screen
from tests.chaos.stage import Stand, number
from tests.support.stage import (
    CLEAN,
    PREMIUM,
    asking,
    at_once,
    money,
    sweep,
    the_lookup,
    until,
    work_off,
)

pytestmark = pytest.mark.django_db(transaction=True)
ASYNC = {"DELIVERY": "async", "CALLBACK_BASE_URL": "https://x.example", "LEVEL": "advanced"}
PAID = ("0.03", "0")


@pytest.fixture
def submitted() -> Iterator[NumberInsightRecord]:
    """A record whose answer was promised by the fake provider."""
    with asking(**ASYNC, LIMITS={}):
        record = screen(CLEAN)
        work_off(record.pk)
        assert the_lookup().state == "submitted"
        yield record


def body_of(question_index: int = 0, **facts: Any) -> bytes:
    """Return the callback to what was asked, with `facts` laid over it."""
    found = json.loads(Fake().callback_body(Fake.asked[question_index]))
    return json.dumps({**found, **facts}).encode()


def post(body: bytes, lookup: Lookup | None = None, token: str = "") -> int:
    """Post `body` to the webhook of the only lookup there is, or of another."""
    token = token or callbacks.token_for((lookup or the_lookup()).pk)
    path = f"/number-insight/callback/{token}/"
    return Client().post(path, body, content_type="application/json").status_code


def age(hours: float) -> None:
    """Let hours pass for all lookups."""
    names = ("created_at", "called_at", "lease_until")
    Lookup.objects.update(**{name: F(name) - timedelta(hours=hours) for name in names})


@pytest.mark.parametrize(
    ("mode", "state", "conflict"),
    [
        ("", "answered", False),
        ("early", "answered", False),
        ("duplicate", "answered", False),
        ("intermediate", "answered", False),
        ("wrong_id", "submitted", True),
        ("never", "submitted", False),
    ],
)
def test_rows_24_and_27_callbacks_of_every_kind_are_taken_once(
    stand: Stand, live_server: Any, mode: str, state: str, conflict: bool
) -> None:
    stand.must_settle = state == "answered"
    stand.configure(DELIVERY="async", CALLBACK_BASE_URL=live_server.url)
    stand.sandbox.behave(number(0), callback=mode, delay=0.3)
    record = screen(number(0))
    work_off(record.pk)
    expected = {"never": 0, "duplicate": 2, "intermediate": 2}.get(mode, 1)
    (entry,) = stand.sandbox.ledger.entries
    assert until(lambda: len(entry.callbacks) >= expected)
    assert [attempt.status for attempt in entry.callbacks] == [200] * expected
    lookup = the_lookup()
    assert (lookup.state, lookup.conflict) == (state, conflict)
    assert money() == (PAID if state == "answered" else ("0", "0.03"))


def test_row_15_a_callback_heals_what_a_dead_worker_has_left(
    stand: Stand, live_server: Any
) -> None:
    stand.configure(DELIVERY="async", CALLBACK_BASE_URL=live_server.url)
    stand.worker(crash="after_call_before_save", pool="prefork", concurrency=1)
    stand.sign_up(1)
    stand.heal()
    assert (the_lookup().state, stand.sandbox.ledger.count(), money()) == ("answered", 1, PAID)


def test_row_25_fifty_identical_callbacks_at_once_are_one(submitted: NumberInsightRecord) -> None:
    body = body_of()
    assert at_once(50, lambda _: post(body)) == [200] * 50
    submitted.refresh_from_db()
    assert (submitted.state, submitted.cost, money()) == ("screened", the_lookup().cost, PAID)
    assert not the_lookup().conflict


def test_row_26_of_two_different_callbacks_the_first_wins_and_a_person_is_told(
    submitted: NumberInsightRecord,
) -> None:
    bodies = [body_of(), body_of(line_type="virtual")]
    assert at_once(2, lambda index: post(bodies[index])) == [200, 200]
    lookup = the_lookup()
    submitted.refresh_from_db()
    assert (lookup.state, lookup.conflict) == ("answered", True)
    assert submitted.line_type == lookup.insight["line_type"]


def test_row_28_a_late_callback_heals_and_buys_nothing(submitted: NumberInsightRecord) -> None:
    age(26)
    sweep()
    submitted.refresh_from_db()
    assert (the_lookup().state, submitted.verdict) == ("no_callback", "review")
    assert (post(body_of()), the_lookup().state) == (200, "answered")
    submitted.refresh_from_db()
    assert (submitted.state, submitted.basis) == ("screened", "answer")
    assert (len(Fake.asked), money()) == (1, PAID)


def test_a_late_callback_leaves_what_a_person_has_decided(submitted: NumberInsightRecord) -> None:
    age(26)
    sweep()
    submitted.refresh_from_db()
    reviewing.refuse(submitted)
    assert post(body_of()) == 200
    submitted.refresh_from_db()
    assert (submitted.decision, submitted.verdict) == ("refused", "review")


def test_row_29_a_lost_callback_is_not_bought_again(submitted: NumberInsightRecord) -> None:
    for _ in range(3):
        age(26)
        sweep()
    submitted.refresh_from_db()
    assert (the_lookup().state, submitted.verdict, submitted.lane) == (
        "no_callback",
        "review",
        "no_answer",
    )
    assert (len(Fake.asked), money()) == (1, PAID)


def test_rows_30_and_33_a_flood_of_forged_callbacks_never_reaches_the_database(
    submitted: NumberInsightRecord,
) -> None:
    pk = the_lookup().pk
    good = callbacks.token_for(pk)
    forged = [good[:-1] + ("A" if good[-1] != "A" else "B"), f"{pk + 1}~{good.partition('~')[2]}"]
    forged += [Signer(salt="another", sep="~").sign(str(pk)), "~", f"{pk}", f"{pk}~", "x" * 400]
    forged += [f"{index}~{'A' * 43}" for index in range(300)]
    with CaptureQueriesContext(connection) as queries:
        assert {post(body_of(), token=token) for token in forged} == {404}
    assert len(queries) == 0
    assert the_lookup().state == "submitted"


def test_row_31_the_answer_to_another_question_changes_nothing(
    submitted: NumberInsightRecord,
) -> None:
    other = screen(PREMIUM)
    work_off(other.pk)
    mine = Lookup.objects.get(number=CLEAN)
    assert post(body_of(1), mine) == 200
    mine.refresh_from_db()
    assert (mine.state, mine.conflict) == ("submitted", True)
    assert (post(body_of(0), mine), post(body_of(1), other.lookup or the_other())) == (200, 200)
    other.refresh_from_db()
    submitted.refresh_from_db()
    assert (submitted.line_type, other.line_type) == ("mobile", "landline_premium")


def the_other() -> Lookup:
    """Return the lookup of the premium number."""
    return Lookup.objects.get(number=PREMIUM)


def test_row_32_a_callback_that_is_replayed_has_no_effect(submitted: NumberInsightRecord) -> None:
    body = body_of()
    post(body)
    before = NumberInsightRecord.objects.values().get()
    age(1)
    assert post(body) == 200
    assert NumberInsightRecord.objects.values().get() == before
    assert (money(), the_lookup().conflict) == (PAID, False)


def test_row_69_a_callback_survives_the_rotation_of_the_key(
    submitted: NumberInsightRecord, settings: Any
) -> None:
    token, body = callbacks.token_for(the_lookup().pk), body_of()
    with override_settings(SECRET_KEY="new"):
        assert post(body, token=token) == 404
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert post(body, token=token) == 200
    assert the_lookup().state == "answered"


def test_the_answer_to_what_seemed_refused_is_taken_and_not_bought_again(
    submitted: NumberInsightRecord,
) -> None:
    # As if the provider had said "busy", and had worked on the request all the same.
    Lookup.objects.update(state="queued", reserved=0, reserved_on=None)
    assert post(body_of()) == 200
    sweep()
    submitted.refresh_from_db()
    assert (the_lookup().state, submitted.state, len(Fake.asked)) == ("answered", "screened", 1)
