"""After an ambiguous call nothing is bought again by itself, and the money stays reserved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from number_insight import exceptions
from number_insight.insight import Insight
from number_insight.lookups import calls, claims
from number_insight.lookups.outcomes import Outcome, Result
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import settlement, worker
from tests.support.stage import CLEAN, PRICE, asking, money, record_of, screened, sweep, the_lookup

pytestmark = pytest.mark.django_db

SILENT = {CLEAN: exceptions.Uncertain("timeout")}


def waiting_record() -> NumberInsightRecord:
    """Return a record that waits for a lookup, which a worker has claimed."""
    record = screened(under=asking({CLEAN: exceptions.Busy("busy")}))
    Lookup.objects.update(next_try_at=timezone.now())
    return record


@pytest.mark.parametrize("verdict", ["allow", "review", "deny"])
def test_a_record_that_joins_an_uncertain_lookup_is_judged_without_it_at_once(verdict: str) -> None:
    with asking(SILENT, ON_NO_ANSWER=verdict):
        screened()
        other = screened()
    assert (other.verdict, other.state, other.basis) == (verdict, "failed", "no_answer")
    assert (len(Fake.asked), money()) == (1, ("0", PRICE))


def test_an_uncertain_lookup_holds_its_number_whatever_the_ip() -> None:
    with asking(SILENT, LIMITS={}):
        records = [screened(ip=f"8.8.8.{last}") for last in range(5)]
        records.append(screened())
    assert {record.basis for record in records} == {"no_answer"}
    assert (len(Fake.asked), money()) == (1, ("0", PRICE))


def test_an_uncertain_lookup_holds_its_question_for_24_hours() -> None:
    with asking(SILENT):
        screened()
        Lookup.objects.update(called_at=timezone.now() - timedelta(hours=23, minutes=59))
        sweep()
        screened()
        assert len(Fake.asked) == 1
        Lookup.objects.update(called_at=timezone.now() - timedelta(hours=24, minutes=1))
        sweep()
    with asking():
        assert screened().verdict == "allow"
    assert (len(Fake.asked), money()) == (2, (PRICE, PRICE))


def test_a_second_try_has_to_be_opted_in_and_the_first_counts_as_paid() -> None:
    with asking(SILENT, RETRY_UNCERTAIN=1):
        record = screened()
        assert (the_lookup().state, money()) == ("queued", (PRICE, "0"))
        Lookup.objects.update(next_try_at=timezone.now())
        sweep()
        sweep()
    record.refresh_from_db()
    assert (the_lookup().state, record.verdict, len(Fake.asked)) == ("uncertain", "review", 2)
    assert money() == (PRICE, PRICE)


def test_what_is_free_is_simply_asked_again() -> None:
    record = screened(under=asking(SILENT, LEVEL="basic"))
    assert (the_lookup().state, record.state, money()) == ("queued", "waiting", ("0", "0"))


def test_a_worker_that_died_during_the_call_leaves_it_uncertain() -> None:
    record = waiting_record()
    with asking():
        assert claims.claim(the_lookup().pk) is not None
        Lookup.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        sweep()
    record.refresh_from_db()
    assert (the_lookup().state, record.state, record.verdict) == ("uncertain", "failed", "review")
    assert (money(), len(Fake.asked)) == (("0", PRICE), 1)


def test_a_lease_outlasts_the_longest_call() -> None:
    waiting_record()
    with asking():
        claims.claim(the_lookup().pk)
        sweep()
    lookup = the_lookup()
    assert lookup.state == "calling"
    assert lookup.lease_until - timezone.now() > timedelta(seconds=75)


def test_two_workers_cannot_claim_one_lookup() -> None:
    waiting_record()
    with asking():
        assert claims.claim(the_lookup().pk) is not None
        assert claims.claim(the_lookup().pk) is None
    assert money() == ("0", PRICE)


def concluded(claim: claims.Claim, answer: Insight) -> int:
    """Save `answer` as the worker does that holds `claim`; return the number of lookups saved."""
    return len(saved(claim, answer))


def saved(claim: claims.Claim, result: Result) -> list[Lookup]:
    return settlement.save([Outcome(lookup=claim.lookup, result=result, token=claim.token)])


def test_an_answer_that_comes_after_the_lease_is_not_thrown_away() -> None:
    record = waiting_record()
    with asking():
        claim = claims.claim(the_lookup().pk)
        assert claim is not None
        answer = calls.call(claim)
        assert isinstance(answer, Insight)
        Lookup.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        sweep()
        assert concluded(claim, answer)
    record.refresh_from_db()
    assert (the_lookup().state, record.state, record.verdict) == ("answered", "screened", "allow")
    assert money() == (PRICE, "0")


def test_a_worker_whose_claim_was_taken_over_changes_nothing() -> None:
    record = waiting_record()
    with asking():
        claim = claims.claim(the_lookup().pk)
        assert claim is not None
        answer = calls.call(claim)
        assert isinstance(answer, Insight)
        Lookup.objects.update(claim="00000000-0000-0000-0000-000000000000")
        assert not concluded(claim, answer)
        assert saved(claim, exceptions.NoAnswer("no")) == []
    record.refresh_from_db()
    assert (the_lookup().state, record.verdict, money()) == ("calling", "pending", ("0", PRICE))


def test_a_record_whose_lookup_was_deleted_starts_over() -> None:
    record = waiting_record()
    Lookup.objects.all().delete()
    with asking():
        sweep()
    record.refresh_from_db()
    assert record.verdict == "allow"


def test_a_record_that_is_deleted_while_it_waits_harms_nobody() -> None:
    record = waiting_record()
    record.delete()
    with asking():
        worker.screen(record.pk or 4711)
        assert sweep() == 0


def test_a_settled_record_is_not_judged_a_second_time() -> None:
    with asking():
        record = screened()
        NumberInsightRecord.objects.update(score=7)
        worker.screen(record.pk)
        assert (record_of().state, NumberInsightRecord.objects.get(pk=record.pk).score) == (
            "queued",
            7,
        )
