"""The result of a call decides the state of lookup and record, the verdict, and the money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.utils import timezone

from number_insight import exceptions
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.sandbox.server import Sandbox
from tests.support.stage import CLEAN, PRICE, asking, money, screened, sweep, the_lookup, vonage

pytestmark = pytest.mark.django_db

QUEUED = ("queued", "waiting", "pending", "", True)
FAILED = ("failed", "failed", "review", "no_answer", False)
UNCERTAIN = ("uncertain", "failed", "review", "no_answer", True)
REFUSED = ("failed", "screened", "review", "answer", False)
FREE, HELD = ("0", "0"), ("0", PRICE)


def state(record: NumberInsightRecord) -> tuple[str, str, str, str, bool]:
    """Return the states, the verdict, its basis, and whether the question is held."""
    lookup = the_lookup()
    held = lookup.open_key is not None
    return lookup.state, record.state, record.verdict, record.basis, held


@pytest.mark.parametrize(
    ("error", "expected", "spent"),
    [
        (exceptions.NotSent("refused"), QUEUED, FREE),
        (exceptions.Busy("busy", status=1), QUEUED, FREE),
        (exceptions.BadCredentials("no", status=4), QUEUED, FREE),
        (exceptions.NotAllowed("no", status=19), QUEUED, FREE),
        (exceptions.NoCredit("no", status=9), QUEUED, FREE),
        (exceptions.Gone("no", http_status=410), QUEUED, FREE),
        (exceptions.Unsupported("cannot"), QUEUED, FREE),
        (ImproperlyConfigured("wrong"), QUEUED, FREE),
        (exceptions.NumberRefused("no number", status=3), REFUSED, FREE),
        (exceptions.NumberRefused("no number"), REFUSED, FREE),
        (exceptions.NoAnswer("internal", status=5), FAILED, FREE),
        (exceptions.Uncertain("timeout"), UNCERTAIN, HELD),
        (RuntimeError("a stranger's bug"), UNCERTAIN, HELD),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_failure_has_its_state_and_its_price(
    error: Exception, expected: tuple[str, str, str, str, bool], spent: tuple[str, str]
) -> None:
    record = screened(under=asking({CLEAN: error}))
    assert state(record) == expected
    assert money() == spent
    assert len(Fake.asked) == 1


@pytest.mark.parametrize("status", [None, 0, 3, 7, 999])
def test_a_refused_number_is_marked_as_such_whatever_its_status(status: int | None) -> None:
    record = screened(under=asking({CLEAN: exceptions.NumberRefused("no number", status=status)}))
    lookup = the_lookup()
    assert (lookup.number_refused, lookup.status) == (True, status)
    assert [flag.code for flag in record.flags.all()] == ["refused_number"]


@pytest.mark.parametrize("status", [3, 999])
def test_a_status_alone_refuses_no_number(status: int) -> None:
    record = screened(under=asking({CLEAN: exceptions.NoAnswer("no answer", status=status)}))
    assert (the_lookup().number_refused, record.basis) == (False, "no_answer")


@pytest.mark.parametrize(
    ("ending", "lookup", "verdict", "spent"),
    [
        ("05", "answered", "allow", (PRICE, "0")),
        ("11", "answered", "review", (PRICE, "0")),
        ("12", "answered", "deny", (PRICE, "0")),
        ("70", "partial", "allow", (PRICE, "0")),
        ("71", "partial", "allow", (PRICE, "0")),
        ("76", "failed", "review", FREE),
        ("77", "failed", "review", FREE),
        ("82", "uncertain", "review", HELD),
        ("83", "uncertain", "review", HELD),
        ("85", "uncertain", "review", HELD),
        ("88", "uncertain", "review", HELD),
        ("89", "uncertain", "review", HELD),
        ("90", "queued", "pending", FREE),
        ("93", "failed", "review", FREE),
        ("94", "queued", "pending", FREE),
        ("95", "failed", "review", FREE),
        ("97", "queued", "pending", FREE),
        ("99", "queued", "pending", FREE),
    ],
)
def test_each_persona_of_the_sandbox_ends_where_the_docs_say(
    sandbox: Sandbox, ending: str, lookup: str, verdict: str, spent: tuple[str, str]
) -> None:
    with override_settings(NUMBER_INSIGHT=vonage(sandbox)):
        record = screened(f"+467017406{ending}")
    assert (the_lookup().state, record.verdict) == (lookup, verdict)
    assert money() == spent


def test_a_refund_is_taken_off_the_budget(sandbox: Sandbox) -> None:
    record = screened("+46701740676", under=override_settings(NUMBER_INSIGHT=vonage(sandbox)))
    lookup = the_lookup()
    assert (str(lookup.price), str(lookup.refund)) == ("0.03000000", "0.03000000")
    assert lookup.error == "The provider could find out nothing about this number."
    assert record.cost == 0
    assert record.lane == "no_answer"


def test_the_pause_doubles_from_try_to_try_and_ends_at_fifteen_minutes() -> None:
    pauses = []
    with asking({CLEAN: exceptions.Busy("busy")}):
        screened()
        for _ in range(12):
            lookup = the_lookup()
            pauses.append(round((lookup.next_try_at - timezone.now()).total_seconds()))
            Lookup.objects.update(next_try_at=timezone.now())
            sweep()
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert pauses[-1] == 900
    assert money() == FREE


def test_what_is_paused_is_not_asked_before_its_time() -> None:
    with asking({CLEAN: exceptions.NoCredit("no")}):
        screened()
        assert sweep() == 0
    assert len(Fake.asked) == 1


@pytest.mark.parametrize("error", [exceptions.NotSent("refused"), exceptions.Gone("gone")])
def test_what_could_not_be_asked_for_a_day_is_judged_without(error: Exception) -> None:
    with asking({CLEAN: error}, ON_NO_ANSWER="allow"):
        record = screened()
        Lookup.objects.update(
            created_at=timezone.now() - timedelta(hours=24, minutes=1), next_try_at=timezone.now()
        )
        sweep()
        record.refresh_from_db()
        assert state(record) == ("failed", "failed", "allow", "no_answer", False)
    assert money() == FREE


def test_what_answers_at_the_second_try_is_paid_once() -> None:
    answers: dict[str, object] = {CLEAN: exceptions.Busy("busy")}
    with asking(answers):
        record = screened()
        answers[CLEAN] = {}
        Lookup.objects.update(next_try_at=timezone.now())
        sweep()
    record.refresh_from_db()
    assert (record.verdict, the_lookup().attempts, money()) == ("allow", 2, (PRICE, "0"))


@pytest.mark.parametrize("verdict", ["allow", "review", "deny"])
def test_the_spent_budget_has_its_verdict_and_asks_nothing(verdict: str) -> None:
    record = screened(under=asking(BUDGET={"day": "0.02"}, ON_BUDGET=verdict))
    assert (record.verdict, record.basis, record.lane) == (verdict, "budget", "budget")
    assert (Fake.asked, money(), the_lookup().state) == ([], FREE, "skipped")


def test_switched_off_nothing_is_bought_and_the_record_is_reviewed() -> None:
    record = screened(under=asking(ENABLED=False))
    assert (record.verdict, record.basis, record.state) == ("review", "disabled", "failed")
    assert (Fake.asked, Lookup.objects.count()) == ([], 0)


def test_an_answer_that_names_no_price_counts_as_what_was_reserved() -> None:
    record = screened(under=asking({CLEAN: {"price": None}}))
    assert (record.verdict, record.cost, money()) == ("allow", Decimal(PRICE), (PRICE, "0"))
