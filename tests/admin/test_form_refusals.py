"""The page of a number that a form refused, and its way onto the allow list."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.screening import refusal
from tests.admin.builders import NUMBER, logged_in, page_of, text_of

pytestmark = pytest.mark.django_db

DECIDE = "decide_numberinsightrecord"


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
