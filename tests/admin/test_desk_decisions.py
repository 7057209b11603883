"""Decisions at the review desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import DecisionEvent, ListEntry, NumberInsightRecord
from tests.admin.builders import (
    DESK,
    add_flag,
    make_staff,
    messages_of,
    posted,
    shown,
    text_of,
    waiting,
)

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
VIRTUAL, PREMIUM, THIRD = "+46701740605", "+46701740611", "+46701740622"


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
    assert "Say why: choose a reason, or write one." in text_of(response)
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
