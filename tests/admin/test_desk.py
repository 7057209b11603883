"""The review desk: its lanes, its order, the way through its queue, and its entry on the index."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.models import NumberInsightRecord
from tests.admin.builders import DESK, make_record, make_staff, posted, shown, text_of, waiting

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"


def test_each_lane_is_a_tab_with_its_count(client: Client, reviewer: User) -> None:
    for _ in range(3):
        waiting()
    waiting(lane="no_answer")
    page = " ".join(text_of(client.get(DESK)).split())
    assert "risk 3 no answer 1 budget 0 a rule failed 0" in page


def test_the_desk_opens_at_the_first_lane_in_which_something_waits(
    client: Client, reviewer: User
) -> None:
    record = waiting(lane="budget", basis="budget")
    assert shown(client.get(DESK)) == record


def test_the_highest_score_comes_first_and_the_oldest_of_those_alike(
    client: Client, reviewer: User
) -> None:
    _low, first, second = waiting(score=30), waiting(score=80), waiting(score=80)
    response = client.get(DESK)
    assert shown(response) == first
    assert response.context["ahead"][0]["record"] == second


def test_the_order_is_the_persons_choice_and_is_kept(client: Client, reviewer: User) -> None:
    oldest, _high = waiting(score=30), waiting(score=80)
    assert shown(client.get(DESK, {"lane": "risk", "order": "oldest"})) == oldest
    assert shown(client.get(DESK)) == oldest


def test_a_signup_that_comes_meanwhile_does_not_push_ahead_of_the_next_one(
    client: Client, reviewer: User
) -> None:
    first, second = waiting(score=60), waiting(score=50)
    client.get(DESK)
    waiting(score=90)
    response = client.post(DESK, posted(first, "release"), follow=True)
    assert shown(response) == second


def test_a_refusal_of_the_form_never_waits(client: Client, reviewer: User) -> None:
    make_record(state="refused", verdict="deny", score=100)
    response = client.get(DESK)
    assert shown(response) is None
    assert "Nothing waits in this lane." in text_of(response)


def test_an_empty_lane_leads_to_those_in_which_something_waits(
    client: Client, reviewer: User
) -> None:
    record = waiting()
    waiting(lane="no_answer")
    page = client.post(DESK, posted(record, "release"), follow=True)
    assert "Go on: no answer 1" in " ".join(text_of(page).split())
    assert "Go on: budget" not in " ".join(text_of(page).split())


def test_an_empty_desk_says_how_many_were_decided_today(client: Client, reviewer: User) -> None:
    response = client.post(DESK, posted(waiting(), "release"), follow=True)
    assert "You have decided 1 case today." in text_of(response)


def test_the_index_says_how_many_wait_and_for_how_long(client: Client, reviewer: User) -> None:
    waiting()
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=3))
    waiting()
    page = client.get(reverse("admin:index"))
    assert "Review desk (2, the oldest 3 h)" in text_of(page)
    entry = reverse("admin:number_insight_reviewdesk_changelist")
    assert entry in page.content.decode()
    assert client.get(entry)["Location"] == DESK


def test_the_index_has_no_desk_for_people_who_may_not_decide(client: Client) -> None:
    client.force_login(make_staff("bob", SEE))
    assert "Review desk" not in text_of(client.get(reverse("admin:index")))
    assert client.get(DESK).status_code == 403
    assert client.post(DESK, posted(waiting(), "release")).status_code == 403
    assert not NumberInsightRecord.objects.exclude(decision="").exists()


def test_to_decide_one_has_to_see_records_too(client: Client) -> None:
    client.force_login(make_staff("bob", DECIDE))
    assert client.get(DESK).status_code == 403


def test_one_goes_back_through_all_cases_that_one_has_gone_through(
    client: Client, reviewer: User
) -> None:
    cases = [waiting() for _ in range(4)]
    seen: list[Any] = [client.get(DESK)]
    for _ in cases[1:]:
        seen.append(client.get(seen[-1].context["next_url"]))
    assert [shown(page) for page in seen] == cases
    page = seen[-1]
    for case in reversed(cases[:-1]):
        page = client.get(page.context["back_url"])
        assert shown(page) == case
    assert page.context["back_url"] == ""


@pytest.mark.parametrize("back", ["abc", ",", "1e9", "9" * 40, "<b>", "-1", "\u0661", "1," * 5000])
def test_a_trail_that_somebody_has_written_breaks_no_page(
    client: Client, reviewer: User, back: str
) -> None:
    record = waiting()
    page = client.get(DESK, {"back": back})
    assert (page.status_code, shown(page)) == (200, record)
    assert len(page.context["back_url"]) < 500
