"""The desk under hostile input, and the pages of what a form refused."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.urls import reverse

from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.screening import refusal, signup
from tests.admin.builders import (
    DESK,
    EVIL,
    LIST,
    add_flag,
    logged_in,
    page_of,
    text_of,
    waiting,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
NUMBER, MASKED, OTHER = "+46701740605", "+46 70 *** ** 05", "+46701740611"
HOSTILE = [EVIL, "W" * 200, "\u202egnp.exe", "😀" * 30, "مرحبا", "  "]


def fail(subject: Any) -> dict[str, str]:
    """Fail, as a project's callable may."""
    raise LookupError("no profile")


def test_a_summary_that_raises_leaves_the_page_standing_and_is_logged(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SUBJECT_SUMMARY": fail}
    with signup.suspended():
        customer = Customer.objects.create(name="Ada of Lovelace", phone=NUMBER)
    record = waiting(subject=customer)
    ada, _user = logged_in("ada", DECIDE, "view_customer")
    with caplog.at_level(logging.ERROR):
        for url in (DESK, LIST, page_of(record)):
            assert "Ada of Lovelace" in text_of(ada.get(url))
    assert "SUBJECT_SUMMARY" in caplog.text
    assert "no profile" not in caplog.text


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text(name: str) -> None:
    with signup.suspended():
        customer = Customer.objects.create(name="Ada", phone=NUMBER)
    Customer.objects.filter(pk=customer.pk).update(name=name[:100])
    record = waiting(subject=customer)
    add_flag(record, "mine", message="%(name)s", evidence={"name": name})
    ada, _user = logged_in("ada", DECIDE, "view_customer")
    for url in (DESK, LIST, page_of(record)):
        response = ada.get(url)
        assert response.status_code == 200
        assert "<img src=x" not in response.content.decode()


def test_a_subject_that_is_gone_is_said_to_be() -> None:
    customer = Customer(name="Ada", phone="")
    customer.save()
    waiting(subject=customer)
    Customer.objects.all().delete()
    ada, _user = logged_in("ada", DECIDE, "view_customer")
    assert f"customer {customer.pk or 1} (deleted)" in text_of(ada.get(DESK)) or (
        "(deleted)" in text_of(ada.get(DESK))
    )


@pytest.fixture
def turned_away(settings: Any) -> NumberInsightRecord:
    """The record of a number that a form has refused."""
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "ENFORCEMENT": "enforce"}
    ListEntry.objects.create(action="deny", match="prefix", value=NUMBER[:-3])
    assert refusal.is_denied(NUMBER)
    found: NumberInsightRecord = NumberInsightRecord.objects.get()
    return found


def test_a_refusal_of_a_form_tells_what_the_visitor_was_told(
    turned_away: NumberInsightRecord,
) -> None:
    ada, _user = logged_in("ada", DECIDE)
    page = ada.get(page_of(turned_away))
    assert "This phone number cannot be used here." in text_of(page)
    assert 'value="release"' not in page.content.decode()
    assert "Allow this number next time" not in text_of(page)


def test_a_number_that_a_form_refused_is_allowed_next_time(
    turned_away: NumberInsightRecord,
) -> None:
    ada, user = logged_in("ada", DECIDE, "add_listentry")
    url = reverse("admin:number_insight_numberinsightrecord_allow", args=[turned_away.pk])
    assert url in ada.get(page_of(turned_away)).content.decode()
    assert ada.post(url, {"reason": " "}).status_code == 200
    assert ada.post(url, {"reason": "Called."}).status_code == 302
    entry = ListEntry.objects.get(action="allow")
    assert (entry.match, entry.reason, entry.author) == ("number", "Called.", user)
    assert NUMBER not in entry.value
    turned_away.refresh_from_db()
    assert turned_away.number == ""
    assert not refusal.is_denied(NUMBER)


def test_a_number_is_allowed_by_those_who_may_add_list_entries(
    turned_away: NumberInsightRecord,
) -> None:
    ada, _user = logged_in("ada", DECIDE)
    url = reverse("admin:number_insight_numberinsightrecord_allow", args=[turned_away.pk])
    assert ada.post(url, {"reason": "x"}).status_code == 403
    assert not ListEntry.objects.filter(action="allow").exists()
