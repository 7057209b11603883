"""The record of a refusal tells support why, and holds no number that anybody could call."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from number_insight import reviewing
from number_insight.exceptions import Unsupported
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.privacy import subject
from number_insight.screening import attachment, refusal, signup, visitor
from number_insight.testing import RecordFactory
from tests.admin.builders import LIST, make_record, page_of
from tests.models import Customer
from tests.privacy.stage import IP, aged
from tests.support.stage import PREMIUM, asking, command, screened

pytestmark = pytest.mark.django_db

MASKED = "+46 70 *** ** 12"
TYPED = "+46 70-174 06 12"
ENFORCE = {"ENFORCEMENT": "enforce"}


def refused(**settings: Any) -> NumberInsightRecord:
    """Return the record of a form that has refused `PREMIUM` on an earlier answer."""
    with asking(**ENFORCE, **settings):
        screened(PREMIUM)
        with visitor.visiting(RequestFactory().post("/", REMOTE_ADDR=IP)):
            assert refusal.is_denied(PREMIUM)
    return NumberInsightRecord.objects.get(state="refused")


def texts_of(record: NumberInsightRecord) -> str:
    flags = list(RiskFlag.objects.filter(record=record).values())
    return f"{NumberInsightRecord.objects.filter(pk=record.pk).values().get()} {flags}"


def test_people_see_a_masked_number_and_why_it_was_refused() -> None:
    record = refused()
    assert (str(record), record.number_masked, record.number) == (MASKED, MASKED, "")
    assert (record.verdict, [flag.code for flag in record.flags.all()]) == ("deny", ["premium"])
    assert record.ip_address == IP
    for written in (PREMIUM[1:], PREMIUM[3:], "70-174 06 12", "70 174 06 12"):
        assert written not in texts_of(record)


def test_a_refusal_is_found_by_its_number() -> None:
    record = refused()
    assert record in NumberInsightRecord.objects.for_number(TYPED)
    assert not NumberInsightRecord.objects.for_number("+46701740613").exists()


def test_what_a_rule_has_written_down_is_masked_as_well() -> None:
    record = RecordFactory(
        number=PREMIUM, declared_name="Ada Lovelace", caller_name="LOVELACE A", note="Ada Lovelace"
    )
    RiskFlag.objects.create(
        record=record, code="own", weight=1, message=f"{PREMIUM} of Ada Lovelace", evidence={}
    )
    refusal._turn_away(record)
    assert "lovelace" not in texts_of(record).casefold()
    assert PREMIUM not in texts_of(record)
    assert record.state == NumberInsightRecord.objects.get().state == "refused"


def test_a_refusal_never_waits_for_review_and_a_decision_counts_for_the_number() -> None:
    record = refused()
    assert record not in NumberInsightRecord.objects.awaiting_review()
    assert record not in NumberInsightRecord.objects.awaiting_review("risk")
    assert reviewing.release(record)
    with asking(**ENFORCE):
        assert "number_released_before" in {flag.code for flag in screened(PREMIUM).flags.all()}
        assert not refusal.is_denied(PREMIUM)


def test_nobody_is_given_the_record_of_a_refusal_as_their_own() -> None:
    with asking(**ENFORCE):
        screened(PREMIUM)
        with visitor.visiting(RequestFactory().post("/", REMOTE_ADDR=IP)) as current:
            record = signup.screen_typed(PREMIUM)
            assert record is not None
            refusal._turn_away(record)
            assert (current.records, current.refused) == ({}, {PREMIUM: record})
    NumberInsightRecord.objects.exclude(pk=record.pk).delete()
    customer = Customer.objects.create(name="Ada", phone="")
    assert attachment.attach(customer, number=PREMIUM) is None


def test_it_cannot_be_asked_again() -> None:
    with asking(), pytest.raises(Unsupported):
        reviewing.look_up_again(refused())


def test_a_purge_takes_the_masked_number_and_the_ip_too() -> None:
    record = refused()
    hashed = record.number_hash
    command("purge")
    record.refresh_from_db()
    assert record.number_masked == MASKED
    aged()
    command("purge")
    record.refresh_from_db()
    assert (record.number_masked, record.ip_address, str(record)) == ("", None, "erased number")
    assert record.number_hash == hashed
    assert "0 records" in command("purge")


def test_a_refusal_is_exported_and_erased_by_its_number() -> None:
    record = refused()
    shown = [row for row in subject.export(number=TYPED)["records"] if row["id"] == record.pk]
    assert [row["number_masked"] for row in shown] == [MASKED]
    subject.erase(number=TYPED)
    record.refresh_from_db()
    assert (record.number_masked, record.ip_address) == ("", None)


def test_support_finds_it_by_the_number_that_a_caller_tells(admin_client: Client) -> None:
    record = refused()
    make_record("+46701740605")
    response = admin_client.get(LIST, {"q": TYPED, "state": "refused"})
    assert list(response.context["cl"].result_list) == [record]
    assert MASKED in response.content.decode()


def test_its_page_shows_the_masked_number_and_the_ip(admin_client: Client) -> None:
    record = refused()
    page = admin_client.get(page_of(record)).content.decode()
    assert MASKED in page
    assert IP in page
    assert PREMIUM not in page


def test_the_page_of_an_earlier_signup_names_the_refusal(admin_client: Client) -> None:
    record = refused()
    earlier = NumberInsightRecord.objects.exclude(pk=record.pk).get()
    found = admin_client.get(page_of(earlier)).context["case"].relatives[0]
    (row,) = found.newest
    assert page_of(record) in row["link"]
    assert found.text == "1 other: 1 turned away by the form"
