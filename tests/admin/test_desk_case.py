"""The case that the review desk shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.screening import signup, sweeps
from tests.admin.builders import (
    DESK,
    add_flag,
    make_lookup,
    make_record,
    make_staff,
    queries_of,
    text_of,
    waiting,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
VIRTUAL, PREMIUM, THIRD = "+46701740605", "+46701740611", "+46701740622"


def test_a_case_says_why_it_waits_and_what_would_have_let_it_pass(
    client: Client, reviewer: User
) -> None:
    page = text_of(client.get(DESK, {"record": waiting().pk}))
    assert "Virtual line alone: 30 points, and “review” begins at 30." in page
    assert "Would have passed if the line were mobile." in page
    assert "+30 Virtual line The line is virtual." in page


def test_a_finding_without_a_condition_is_named_and_not_told_again(
    client: Client, reviewer: User
) -> None:
    record = waiting(score=70)
    add_flag(record, "live", group="", weight=40, message="A finding about the phone.")
    page = text_of(client.get(DESK))
    assert "Would have passed without “State of the phone” and “Virtual line”." in page
    assert page.count("A finding about the phone.") == 1


def test_what_does_not_count_is_folded_with_its_cause(client: Client, reviewer: User) -> None:
    record = waiting()
    add_flag(record, "pager", weight=20, counted=False, message="The line is a pager.")
    add_flag(record, "burst", group="", weight=15, counted=False, shadow=True, message="A burst.")
    page = client.get(DESK).content.decode()
    folded = page[page.index('class="ni-folded"') :]
    assert "outweighed by Virtual line (30)" in folded
    assert "on trial" in folded


def test_what_a_list_explains_names_the_entry(client: Client, reviewer: User) -> None:
    record = waiting()
    allow = "The carrier is on the allow list."
    add_flag(record, "allow_wider", group="lists", weight=0, message=allow, evidence={"entry": 12})
    add_flag(record, "carrier_country", group="place", weight=20, counted=False, message="Far.")
    assert "explained by list entry 12" in text_of(client.get(DESK))


def test_a_flag_of_a_list_shows_its_entry_to_those_who_may_see_lists(
    client: Client, reviewer: User
) -> None:
    reason = "Ordered three times, and never paid."
    entry = ListEntry.objects.create(
        action="deny", match="number", value=VIRTUAL, reason=reason, author=reviewer
    )
    with signup.suspended():
        customer = Customer.objects.create(name="Ada", phone=VIRTUAL)
    signup.screen(VIRTUAL, subject=customer)
    sweeps.sweep(inline=True)
    assert reason not in client.get(DESK).content.decode()
    client.force_login(make_staff("bea", SEE, DECIDE, "view_listentry"))
    page = client.get(DESK, {"record": NumberInsightRecord.objects.get().pk}).content.decode()
    assert f"{reason}</bdi> · by ada · for good" in page
    assert reverse("admin:number_insight_listentry_change", args=[entry.pk]) in page


def test_a_case_without_an_answer_begins_with_the_cause(client: Client, reviewer: User) -> None:
    lookup = make_lookup(
        state="uncertain", error="The 3 seconds for it were over", called_at=timezone.now()
    )
    make_record(lane="no_answer", basis="no_answer", state="failed", lookup=lookup)
    page = text_of(client.get(DESK))
    assert "No answer from default (" in page
    assert "The 3 seconds for it were over. It may have been paid for, so it is not asked" in page


def test_a_question_that_is_asked_again_says_when(client: Client, reviewer: User) -> None:
    at = timezone.now() + timedelta(minutes=9)
    lookup = make_lookup(state="queued", next_try_at=at)
    make_record(lane="no_answer", basis="no_answer", state="failed", lookup=lookup)
    assert "It is asked again at " in text_of(client.get(DESK))


def test_the_score_is_drawn_with_both_thresholds(client: Client, reviewer: User) -> None:
    waiting(score=75)
    page = client.get(DESK).content.decode()
    assert 'aria-label="Score 75: review from 30, deny from 80"' in page
    assert 'width="75%"' in page
    assert 'x1="30%"' in page
    assert 'x1="80%"' in page


def test_the_page_has_no_inline_style_or_script(client: Client, reviewer: User) -> None:
    waiting()
    main = client.get(DESK).content.decode()
    main = main[main.index('id="content-main"') :]
    assert " style=" not in main
    assert " onclick=" not in main
    assert "<script" not in main


def test_others_of_the_number_ip_and_network_are_summed_up_by_decision(
    client: Client, reviewer: User
) -> None:
    record = waiting(score=90, ip_address="81.2.69.142")
    for decision in ("refused", "refused", "released", ""):
        make_record(PREMIUM, ip_address="81.2.69.142", decision=decision)
    make_record(THIRD, ip_address="81.2.69.7", verdict="allow")
    make_record(record.number, decision="released")
    page = text_of(client.get(DESK))
    assert "This number before 1 other: 1 released" in page
    assert "This IP before 4 others: 2 refused, 1 released, 1 wait" in page
    assert "This network before 1 other: 1 passed" in page
    assert "Decide these 2 together …" in page


@pytest.mark.parametrize("fields", [{}, {"ip_address": "2a02:2f00::1"}, {"country": ""}])
def test_a_case_of_which_little_is_known_is_shown(
    client: Client, reviewer: User, fields: dict[str, Any]
) -> None:
    make_record(line_type="unknown", **fields)
    assert client.get(DESK).status_code == 200


def test_the_desk_takes_fifteen_queries_at_most_however_many_wait(admin_client: Client) -> None:
    entry = ListEntry.objects.create(action="deny", match="number", value=VIRTUAL)
    for index in range(30):
        customer = Customer(name=f"Ada {index}", phone="")
        customer.save()
        record = waiting(subject=customer, ip_address="81.2.69.142", lookup=make_lookup())
        add_flag(record, "deny_number", group="lists", evidence={"entry": entry.pk})
        if index == 1:
            queries_of(admin_client, DESK)  # fills the cache of content types
            few = len(queries_of(admin_client, DESK))
    many = queries_of(admin_client, DESK)
    assert len(many) == few
    assert len(many) <= 15, "\n".join(many)
