"""A callback settles its lookup once: early or late, twice, at once, or for another request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.signing import Signer
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from number_insight import exceptions, reviewing
from number_insight.lookups import callbacks, circuits
from number_insight.models import Circuit, Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.sandbox.server import Sandbox
from tests.support.stage import (
    CLEAN,
    PREMIUM,
    PRICE,
    asking,
    money,
    screened,
    sweep,
    the_lookup,
    vonage,
)
from tests.support.waiting import at_once
from tests.webhook.callbacks import ASYNC, ORIGIN, body_of, path_of, post, post_with_token

pytestmark = pytest.mark.django_db(transaction=True)

PAID = (PRICE, "0")
NOT_FOUND = (404, b'{"detail":"not found"}')


def age(hours: float) -> None:
    """Let hours pass for all lookups."""
    names = ("created_at", "called_at", "lease_until")
    Lookup.objects.update(**{name: F(name) - timedelta(hours=hours) for name in names})


def verdict(record: NumberInsightRecord) -> tuple[str, str]:
    record.refresh_from_db()
    return record.state, record.verdict


def test_an_answer_settles_the_lookup_and_every_record_that_waits_for_it(
    submitted: NumberInsightRecord,
) -> None:
    other = screened()
    response = post(body_of(line_type="virtual"))
    assert (response.status_code, response.content) == (200, b'{"detail":"ok"}')
    assert response["Cache-Control"] == "no-store"
    assert verdict(submitted) == ("screened", "review")
    assert (other.state, verdict(other)[0]) == ("waiting", "screened")
    assert (the_lookup().state, money()) == ("answered", PAID)


def test_row_25_fifty_identical_callbacks_at_once_are_one(submitted: NumberInsightRecord) -> None:
    body = body_of()
    assert at_once(50, lambda _: post(body).status_code) == [200] * 50
    submitted.refresh_from_db()
    assert (submitted.state, submitted.cost, money()) == ("screened", the_lookup().cost, PAID)
    assert not the_lookup().conflict


def test_row_26_of_two_different_callbacks_the_first_wins_and_a_person_is_told(
    submitted: NumberInsightRecord,
) -> None:
    bodies = [body_of(), body_of(line_type="virtual")]
    assert at_once(2, lambda index: post(bodies[index]).status_code) == [200, 200]
    lookup = the_lookup()
    submitted.refresh_from_db()
    assert (lookup.state, lookup.conflict) == ("answered", True)
    assert submitted.line_type == lookup.insight["line_type"]


def test_row_28_a_late_callback_changes_nothing_and_buys_nothing(
    submitted: NumberInsightRecord,
) -> None:
    age(26)
    sweep()
    before = NumberInsightRecord.objects.values().get()
    assert (the_lookup().state, verdict(submitted)) == ("no_callback", ("failed", "review"))
    assert (post(body_of()).status_code, the_lookup().state) == (200, "no_callback")
    assert NumberInsightRecord.objects.values().get() == before
    assert (len(Fake.asked), money()) == (1, PAID)


@pytest.mark.parametrize("state", ["uncertain", "queued"])
def test_the_answer_to_a_request_that_seemed_lost_or_refused_is_taken_and_not_bought_again(
    submitted: NumberInsightRecord, state: str
) -> None:
    # As if the provider had timed out or said "busy", and had worked on the request all the same.
    Lookup.objects.update(state=state, reserved=0, reserved_on=None)
    assert post(body_of()).status_code == 200
    sweep()
    assert (the_lookup().state, verdict(submitted)) == ("answered", ("screened", "allow"))
    assert len(Fake.asked) == 1


def test_an_answer_leaves_what_a_person_has_decided(submitted: NumberInsightRecord) -> None:
    Lookup.objects.update(state="uncertain")
    NumberInsightRecord.objects.update(state="failed", verdict="review")
    submitted.refresh_from_db()
    reviewing.refuse(submitted)
    assert post(body_of()).status_code == 200
    assert (verdict(submitted), submitted.decision) == (("failed", "review"), "refused")
    assert the_lookup().state == "answered"


def test_row_29_a_lost_callback_is_not_bought_again(submitted: NumberInsightRecord) -> None:
    left = the_lookup().lease_until - timezone.now()
    assert timedelta(hours=24, minutes=59) < left <= timedelta(hours=25)
    sweep()
    assert the_lookup().state == "submitted"
    for _ in range(3):
        age(26)
        sweep()
    assert (the_lookup().state, verdict(submitted)) == ("no_callback", ("failed", "review"))
    assert submitted.lane == "no_answer"
    assert (len(Fake.asked), money()) == (1, PAID)


def test_a_refusal_is_an_answer_too(submitted: NumberInsightRecord, sandbox: Sandbox) -> None:
    with override_settings(NUMBER_INSIGHT=vonage(sandbox, CALLBACK_BASE_URL=ORIGIN)):
        assert post(b'{"status": 5, "status_message": "no"}').status_code == 200
    assert (the_lookup().state, verdict(submitted)) == ("failed", ("failed", "review"))


def test_rows_30_and_33_a_flood_of_forged_callbacks_never_reaches_the_database(
    submitted: NumberInsightRecord, django_assert_num_queries: Any
) -> None:
    pk = the_lookup().pk
    good = callbacks.token_for(pk)
    forged = [good[:-1] + ("A" if good[-1] != "A" else "B"), f"{pk + 1}~{good.partition('~')[2]}"]
    forged += [Signer(salt="another", sep="~").sign(str(pk)), "~", f"{pk}", f"{pk}~", "x" * 400]
    forged += ["x~y", "%00", "1:abc", "9" * 400, "٣~abc"]
    forged += [f"{index}~{'A' * 43}" for index in range(300)]
    body = body_of()
    with django_assert_num_queries(0):
        assert {post_with_token(token, body) for token in forged} == {NOT_FOUND}
    assert the_lookup().state == "submitted"


def test_a_lookup_that_is_gone_gets_the_404_of_a_bad_token(submitted: NumberInsightRecord) -> None:
    token = callbacks.token_for(the_lookup().pk)
    Lookup.objects.all().delete()
    assert post_with_token(token, body_of()) == NOT_FOUND


def test_row_31_the_answer_to_another_question_judges_nobody(
    submitted: NumberInsightRecord,
) -> None:
    other = screened(PREMIUM, level="advanced")
    mine, its = Lookup.objects.get(number=CLEAN), Lookup.objects.get(number=PREMIUM)
    assert post(body_of(1), path_of(mine)).status_code == 200
    mine.refresh_from_db()
    assert (mine.state, mine.conflict, mine.insight) == ("failed", True, None)
    assert (verdict(submitted), submitted.lane) == (("failed", "review"), "fault")
    for lookup, body in ((mine, body_of(0)), (its, body_of(1))):
        assert post(body, path_of(lookup)).status_code == 200
    for record in (submitted, other):
        record.refresh_from_db()
    assert (submitted.line_type, other.line_type) == ("unknown", "landline_premium")


def test_row_32_a_callback_that_is_replayed_has_no_effect(submitted: NumberInsightRecord) -> None:
    body = body_of(line_type="virtual")
    post(body)
    before = NumberInsightRecord.objects.values().get()
    age(1)
    assert post(body).status_code == 200
    assert NumberInsightRecord.objects.values().get() == before
    assert (money(), the_lookup().conflict, submitted.flags.count()) == (PAID, False, 1)


def test_row_69_a_callback_survives_the_rotation_of_the_key(
    submitted: NumberInsightRecord, settings: Any
) -> None:
    token, body = callbacks.token_for(the_lookup().pk), body_of()
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[]):
        assert post_with_token(token, body) == NOT_FOUND
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert post_with_token(token, body)[0] == 200
    assert (the_lookup().state, verdict(submitted)) == ("answered", ("screened", "allow"))


def troubled() -> None:
    """Let the provider fail until one more failure opens its circuit."""
    for _ in range(circuits.FAILURES - 1):
        circuits.failed("default", "advanced", CLEAN, exceptions.NotSent("down"))


def failures() -> int:
    return Circuit.objects.get().failures


def test_an_acknowledgement_and_a_callback_are_successes_of_the_provider() -> None:
    troubled()
    with asking(**ASYNC):
        screened()
        assert failures() == 0
        troubled()
        assert post(body_of()).status_code == 200
        assert failures() == 0


def test_a_callback_closes_the_circuit_and_lets_go_what_waits(
    submitted: NumberInsightRecord,
) -> None:
    troubled()
    circuits.failed("default", "advanced", CLEAN, exceptions.NotSent("down"))
    waiting = screened(PREMIUM)
    assert waiting.state == "waiting"
    assert post(body_of(), path_of(Lookup.objects.get(number=CLEAN))).status_code == 200
    assert Circuit.objects.get().open_until is None
    sweep()
    assert Lookup.objects.get(number=PREMIUM).state == "submitted"


def test_a_provider_that_is_well_is_asked_however_often_it_once_failed() -> None:
    numbers = [f"+467017{nth:02}605" for nth in range(30)]
    answers: dict[str, Any] = {n: exceptions.NotSent("down") for n in numbers[::5]}
    with asking(answers, **ASYNC, LIMITS={}):
        for number in numbers:
            screened(number)
    assert Lookup.objects.filter(state="submitted").count() == 24
    assert not Circuit.objects.filter(open_until__isnull=False).exists()


def test_a_callback_that_comes_twice_says_nothing_of_the_provider(
    submitted: NumberInsightRecord,
) -> None:
    assert post(body_of()).status_code == 200
    troubled()
    assert post(body_of()).status_code == 200
    assert failures() == circuits.FAILURES - 1
