"""Skipping, undoing and looking up again at the desk, its form and its keys."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import DecisionEvent, Lookup, NumberInsightRecord
from tests.admin.builders import (
    DESK,
    make_staff,
    messages_of,
    page_of,
    posted,
    shown,
    text_of,
    waiting,
)

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
VIRTUAL, PREMIUM, THIRD = "+46701740605", "+46701740611", "+46701740622"


def test_a_skipped_case_comes_back_when_the_person_comes_anew(
    client: Client, reviewer: User
) -> None:
    first, second = waiting(score=80), waiting()
    response = client.post(DESK, posted(first, "skip"), follow=True)
    assert shown(response) == second
    assert shown(client.get(DESK, {"lane": "risk"})) == second
    first.refresh_from_db()
    assert first.claimed_by is None
    assert shown(client.get(DESK)) == first


def test_a_skipped_case_comes_back_after_half_an_hour(
    client: Client, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = waiting(score=80)
    waiting()
    client.post(DESK, posted(first, "skip"))
    later = time.time() + 31 * 60
    monkeypatch.setattr("number_insight.admin.desk_state.time.time", lambda: later)
    assert shown(client.get(DESK, {"lane": "risk"})) == first


def test_a_decision_is_undone_and_its_case_is_shown_again(client: Client, reviewer: User) -> None:
    record = waiting(score=80)
    waiting()
    client.post(DESK, posted(record, "release"))
    response = client.post(DESK, posted(record, "undo"), follow=True)
    record.refresh_from_db()
    assert record.decision == ""
    assert shown(response) == record
    assert "Undone: the signup waits again." in text_of(response)
    assert response.context["last"] is None
    assert [event.act for event in DecisionEvent.objects.all()] == ["release", "undo"]


def test_nobody_undoes_a_colleagues_decision_or_an_old_one(client: Client, reviewer: User) -> None:
    theirs, old = waiting(), waiting(PREMIUM)
    reviewing.release(theirs, user=User.objects.create(username="grace"))
    reviewing.release(old, user=reviewer)
    long_ago = timezone.now() - timedelta(minutes=11)
    NumberInsightRecord.objects.filter(pk=old.pk).update(decided_at=long_ago)
    for record in (theirs, old):
        response = client.post(DESK, posted(record, "undo"))
        assert "cannot be undone any more" in messages_of(response)[0]
        record.refresh_from_db()
        assert record.decision == "released"


def test_another_lookup_shows_its_highest_price_to_those_who_see_costs(client: Client) -> None:
    waiting()
    waiting()
    client.force_login(make_staff("ada", SEE, DECIDE, "look_up_again", "view_lookup"))
    assert "Look up again, at most 0.03 EUR" in text_of(client.get(DESK))
    client.force_login(make_staff("bea", SEE, DECIDE, "look_up_again"))
    page = text_of(client.get(DESK))
    assert "Look up again L" in page
    assert "EUR" not in page


def test_another_lookup_needs_its_permission(client: Client, reviewer: User) -> None:
    record = waiting()
    assert "Look up again" not in text_of(client.get(DESK))
    assert client.post(DESK, posted(record, "look_up_again")).status_code == 403
    assert not Lookup.objects.exists()


def test_another_lookup_is_asked_for_and_the_case_stays(client: Client) -> None:
    client.force_login(make_staff("ada", SEE, DECIDE, "look_up_again"))
    record = waiting()
    response = client.post(DESK, posted(record, "look_up_again"), follow=True)
    assert Lookup.objects.count() == 1
    assert shown(response) == record
    assert "The number is being looked up." in text_of(response)


def test_a_number_that_cannot_be_asked_about_says_why(client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "ENABLED": False}
    client.force_login(make_staff("ada", SEE, DECIDE, "look_up_again"))
    waiting()
    page = client.get(DESK)
    assert "It cannot be looked up again: Lookups are switched off" in text_of(page)
    assert 'value="look_up_again"' not in page.content.decode()


def test_the_first_nine_reasons_have_digits(client: Client, reviewer: User, settings: Any) -> None:
    reasons = [(f"code{index}", f"Reason {index}") for index in range(12)]
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "REASONS": reasons}
    waiting()
    page = client.get(DESK).content.decode()
    assert re.findall(r'value="code\d+" data-ni-key="(\d)"', page) == list("123456789")
    assert page.count('name="reason_code"') == 12


def test_enter_in_a_field_decides_nothing(client: Client, reviewer: User) -> None:
    waiting()
    page = client.get(DESK).content.decode()
    first = re.search(r'<button type="submit" form="ni-decide"([^>]*)>', page)
    assert first is not None
    assert "disabled" in first[1]


def test_a_decision_from_the_page_of_a_record_leads_back_to_it(
    client: Client, reviewer: User
) -> None:
    record = waiting()
    response = client.post(DESK, posted(record, "release", one="1"))
    assert response["Location"] == page_of(record)


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(client: Client, reviewer: User, url: str) -> None:
    record = waiting()
    response = client.post(DESK, posted(record, "release", one="1", to=url))
    assert response["Location"] == page_of(record)
