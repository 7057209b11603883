"""Acts at the desk: deciding, skipping, undoing and looking up again; its form and its keys."""

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
from number_insight.models import DecisionEvent, ListEntry, Lookup, NumberInsightRecord
from tests.admin.builders import (
    DESK,
    add_flag,
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


def test_one_page_load_releases_a_signup_and_shows_the_next(client: Client, reviewer: User) -> None:
    first, second = waiting(score=80), waiting(PREMIUM)
    response = client.post(DESK, posted(first, "release"), follow=True)
    first.refresh_from_db()
    assert (first.decision, first.decided_by) == ("released", reviewer)
    assert shown(response) == second
    assert len(response.redirect_chain) == 1
    assert "Released +46 70 *** ** 05 . Undo" in text_of(response)


def test_a_refusal_keeps_its_reason_as_code_and_text(client: Client, reviewer: User) -> None:
    record = waiting()
    code = reviewing.reasons()[1][0]
    client.post(DESK, posted(record, "refuse", reason_code=code, reason=" Called. "))
    record.refresh_from_db()
    assert (record.decision, record.reason_code, record.decision_reason) == (
        "refused",
        code,
        "Called.",
    )
    event = DecisionEvent.objects.get()
    assert (event.act, event.user, event.reason_code) == ("refuse", reviewer, code)


def test_a_refusal_without_a_reason_comes_back_and_says_so(client: Client, reviewer: User) -> None:
    record = waiting()
    response = client.post(DESK, posted(record, "refuse", reason="  "))
    page = response.content.decode()
    assert page.count("Say why: choose a reason, or write one.") == 1
    assert '<p class="ni-missing" role="alert">' in page
    assert page.count(" autofocus") == 1
    assert shown(response) == record
    record.refresh_from_db()
    assert record.decision == ""


@pytest.mark.parametrize("text", ["x" * 2001, "\0"])
def test_a_reason_that_cannot_be_kept_comes_back_as_it_was_typed(
    client: Client, reviewer: User, text: str
) -> None:
    record = waiting()
    response = client.post(DESK, posted(record, "refuse", reason=text))
    assert response.status_code == 200
    assert response.context["trouble"]
    record.refresh_from_db()
    assert record.decision == ""


def test_an_unknown_reason_or_act_decides_nothing(client: Client, reviewer: User) -> None:
    record = waiting()
    client.post(DESK, posted(record, "refuse", reason_code="no such reason"))
    client.post(DESK, posted(record, "destroy"))
    record.refresh_from_db()
    assert record.decision == ""


@pytest.mark.parametrize("key", ["", "999999", "x", "9" * 40, "-1"])
def test_a_record_that_is_gone_is_said_to_be(client: Client, reviewer: User, key: str) -> None:
    response = client.post(DESK, {"record": key, "act": "release"})
    assert response.status_code == 302
    assert messages_of(response) == ["This record is gone."]


def test_a_refusal_can_deny_the_number_ip_and_block_as_well(client: Client) -> None:
    client.force_login(make_staff("ada", SEE, DECIDE, "add_listentry"))
    record = waiting(ip_address="81.2.69.142")
    also = {"also": ["number", "ip", "prefix"], "expires": "30"}
    client.post(DESK, posted(record, "refuse", reason="A ring.", **also))
    entries = {entry.match: entry for entry in ListEntry.objects.all()}
    assert {match: entry.value for match, entry in entries.items()} == {
        "number": VIRTUAL,
        "ip": "81.2.69.142",
        "prefix": VIRTUAL[:-2],
    }
    for entry in entries.values():
        assert (entry.action, entry.reason, str(entry.author)) == ("deny", "A ring.", "ada")
        left = entry.expires_at - timezone.now()
        assert timedelta(days=29) < left <= timedelta(days=30)


def test_an_undoing_says_which_entry_stays_on_the_list(client: Client) -> None:
    client.force_login(make_staff("ada", SEE, DECIDE, "add_listentry"))
    record = waiting()
    client.post(DESK, posted(record, "refuse", reason="A ring.", also=["number"]))
    response = client.post(DESK, posted(record, "undo"), follow=True)
    assert "Deny number +46 70 *** ** 05 stays on the list." in text_of(response)
    assert VIRTUAL not in response.content.decode()
    client.post(DESK, posted(record, "release"))
    assert "stays on the list" not in text_of(
        client.post(DESK, posted(record, "undo"), follow=True)
    )


def test_nothing_is_put_on_a_list_without_the_permission_or_by_a_release(
    client: Client, reviewer: User
) -> None:
    record = waiting()
    client.post(DESK, posted(record, "refuse", reason="x", also=["number"]))
    client.force_login(make_staff("bea", SEE, DECIDE, "add_listentry"))
    client.post(DESK, posted(waiting(PREMIUM), "release", also=["number"]))
    assert not ListEntry.objects.exists()


def test_a_decision_that_a_colleague_was_quicker_with_stands(
    client: Client, reviewer: User
) -> None:
    record = waiting()
    grace = User.objects.create(username="grace")
    reviewing.refuse(NumberInsightRecord.objects.get(pk=record.pk), user=grace, reason="x")
    response = client.post(DESK, posted(record, "release"), follow=True)
    record.refresh_from_db()
    assert (record.decision, record.decided_by) == ("refused", grace)
    assert "it was refused by grace" in text_of(response)


def test_a_case_that_was_judged_anew_comes_back_with_what_changed(
    client: Client, reviewer: User
) -> None:
    record = waiting()
    form = posted(record, "release", reason="Known.")
    NumberInsightRecord.objects.update(verdict="deny", score=110)
    add_flag(record, "premium", weight=80)
    response = client.post(DESK, form)
    page = text_of(response)
    assert "Judged anew meanwhile: deny with a score of 110; before it was review with 30." in page
    assert "New: Premium-rate line." in page
    assert ">Known.</textarea>" in response.content.decode()
    record.refresh_from_db()
    assert record.decision == ""
    client.post(DESK, posted(record, "release"))
    record.refresh_from_db()
    assert record.decision == "released"
