"""The desk for several people: claims, sessions that end, second looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import DecisionEvent, NumberInsightRecord
from tests.admin.builders import (
    DESK,
    LIST,
    action_url,
    confirmed,
    logged_in,
    make_record,
    make_staff,
    page_of,
    posted,
    shown,
    text_of,
    waiting,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
NUMBER, MASKED, OTHER = "+46701740605", "+46 70 *** ** 05", "+46701740611"


def _key(response: Any) -> int | None:
    record = shown(response)
    return record.pk if record else None


def test_an_opened_case_is_passed_over_by_colleagues() -> None:
    first, second = waiting(score=80), waiting()
    (ada, ada_user), (bea, _user) = logged_in("ada", DECIDE), logged_in("bea", DECIDE)
    assert _key(ada.get(DESK)) == first.pk
    first.refresh_from_db()
    assert first.claimed_by == ada_user
    assert _key(bea.get(DESK)) == second.pk


def test_a_colleague_sees_who_is_looking_and_may_take_over() -> None:
    record = waiting()
    (ada, _ada), (bea, bea_user) = logged_in("ada", DECIDE), logged_in("bea", DECIDE)
    ada.get(DESK)
    page = bea.get(DESK, {"record": record.pk})
    assert "ada is looking at this one." in text_of(page)
    assert 'value="release"' not in page.content.decode()
    bea.post(DESK, posted(record, "take_over"))
    record.refresh_from_db()
    assert record.claimed_by == bea_user
    assert "bea is looking at this one." in text_of(ada.get(DESK, {"record": record.pk}))


def test_a_case_that_a_colleague_has_open_is_not_decided_by_a_direct_post() -> None:
    record = waiting()
    (ada, _ada), (bea, _bea) = logged_in("ada", DECIDE), logged_in("bea", DECIDE)
    ada.get(DESK)
    response = bea.post(DESK, posted(record, "refuse", reason="Mine."))
    assert "ada is looking at this one. Take it over to decide." in text_of(response)
    record.refresh_from_db()
    assert record.decision == ""


def test_a_claim_is_over_after_ten_minutes() -> None:
    record = waiting()
    (ada, _ada), (bea, _bea) = logged_in("ada", DECIDE), logged_in("bea", DECIDE)
    ada.get(DESK)
    long_ago = timezone.now() - timedelta(minutes=11)
    NumberInsightRecord.objects.update(claimed_at=long_ago)
    assert _key(bea.get(DESK)) == record.pk


def test_what_colleagues_have_open_is_named_where_nothing_else_waits() -> None:
    waiting()
    (ada, _ada), (bea, _bea) = logged_in("ada", DECIDE), logged_in("bea", DECIDE)
    ada.get(DESK)
    assert f"ada is looking at {MASKED}" in text_of(bea.get(DESK))


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE"])
def test_a_case_that_is_fetched_ahead_is_not_claimed(header: str) -> None:
    record = waiting()
    ada, user = logged_in("ada", DECIDE)
    response = ada.get(DESK, {"record": record.pk}, **{header: "prefetch"})
    assert "data-ni-unclaimed" in response.content.decode()
    assert "max-age=30" in response["Cache-Control"]
    record.refresh_from_db()
    assert record.claimed_by is None
    assert ada.post(DESK, posted(record, "claim")).status_code == 204
    record.refresh_from_db()
    assert record.claimed_by == user


def test_a_page_that_is_shown_is_not_kept_by_the_browser() -> None:
    waiting()
    ada, _user = logged_in("ada", DECIDE)
    assert "no-store" in ada.get(DESK)["Cache-Control"]


def _expired(client: Client, data: dict[str, Any], path: str = DESK) -> str:
    """Post after the session's end, and return the address of the login page."""
    client.session.flush()
    response = client.post(path, data)
    assert response.status_code == 302
    return response["Location"]


def test_a_session_that_ends_loses_neither_choice_nor_reason() -> None:
    record = waiting()
    ada, user = logged_in("ada", DECIDE)
    form = posted(record, "refuse", reason="Called twice.", by=str(user.pk))
    login = _expired(ada, {**form, "reason_code": "throwaway"})
    assert "Called" not in login
    response = ada.post(login, {"username": "ada", "password": "x"}, follow=True)
    page = response.content.decode()
    assert ">Called twice.</textarea>" in page
    assert 'value="throwaway" data-ni-key="6" checked' in page
    assert 'class="ni-button ni-refuse ni-was"' in page
    assert "nothing is decided yet" in text_of(response)
    record.refresh_from_db()
    assert record.decision == ""


def test_the_draft_of_one_person_is_not_shown_to_another() -> None:
    record = waiting()
    ada, user = logged_in("ada", DECIDE)
    make_staff("bea", SEE, DECIDE)
    login = _expired(ada, posted(record, "refuse", reason="Called twice.", by=str(user.pk)))
    response = ada.post(login, {"username": "bea", "password": "x"}, follow=True)
    assert "Called twice." not in response.content.decode()


def test_the_confirmation_of_several_survives_the_end_of_a_session_too() -> None:
    records = [waiting(), waiting(OTHER)]
    ada, user = logged_in("ada", DECIDE)
    path = action_url("refuse")
    login = _expired(ada, {**confirmed(*records, reason="A ring."), "by": str(user.pk)}, path)
    response = ada.post(login, {"username": "ada", "password": "x"}, follow=True)
    assert ">\nA ring.</textarea>" in response.content.decode()
    assert len(response.context["rows"]) == 2
    assert not NumberInsightRecord.objects.exclude(decision="").exists()


def test_a_form_of_another_site_is_neither_done_nor_kept() -> None:
    record = waiting()
    client = Client(enforce_csrf_checks=True)
    assert client.post(DESK, posted(record, "refuse", reason="x")).status_code == 403
    assert "number_insight_draft" not in client.session


def test_a_second_look_hides_the_first_decision_and_changes_nothing(settings: Any) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SECOND_LOOK": 1}
    (ada, ada_user), (bea, _bea) = logged_in("ada", DECIDE), logged_in("bea", DECIDE)
    record = waiting()
    ada.post(DESK, posted(record, "refuse", reason="Seen before."))
    page = text_of(bea.get(DESK, {"lane": "second"}))
    assert "second look 1" in page
    assert "Seen before." not in page
    assert "refused" not in page
    response = bea.post(DESK, posted(record, "release", lane="second"), follow=True)
    assert "it changes nothing" in text_of(response)
    record.refresh_from_db()
    assert (record.decision, record.decided_by) == ("refused", ada_user)
    assert list(reviewing.disagreements()) == [record]
    assert "second look" not in text_of(ada.get(page_of(record))).replace("second look 0", "")
    (boss, _boss) = logged_in("boss", DECIDE, "reopen_numberinsightrecord")
    second = DecisionEvent.objects.get(act="second_release").get_act_display()
    assert second in text_of(boss.get(page_of(record)))
    assert second not in text_of(ada.get(page_of(record)))


def test_a_second_look_shows_no_state_of_the_account_and_no_way_to_the_decision(
    settings: Any,
) -> None:
    settings.NUMBER_INSIGHT = {
        **settings.NUMBER_INSIGHT,
        "SECOND_LOOK": 1,
        "SUBJECT_SUMMARY": "tests.admin.test_desk_people.closed",
    }
    customer = Customer.objects.create(name="Alma", phone="")
    (ada, _ada) = logged_in("ada", DECIDE, "view_customer")
    (bea, _bea) = logged_in("bea", DECIDE, "view_customer")
    record = waiting(subject=customer)
    assert "account is closed" in text_of(ada.get(DESK))
    ada.post(DESK, posted(record, "refuse", reason="Seen before."))
    response = bea.get(DESK, {"lane": "second"})
    assert "Alma" in text_of(response)
    assert "closed" not in text_of(response)
    assert page_of(record) not in response.content.decode()


def closed(_subject: Any) -> dict[str, str]:
    """Return the summary of a subject whose account the first decision has closed."""
    return {"name": "Alma", "state": "closed"}


def test_relatives_are_decided_together_with_names_and_one_reason() -> None:
    record = waiting(ip_address="81.2.69.142")
    other = waiting(OTHER, ip_address="81.2.69.142")
    make_record("+46701740699", ip_address="81.2.69.7")
    ada, _user = logged_in("ada", DECIDE, "view_full_number")
    page = ada.get(f"{LIST}{record.pk}/together/ip/")
    assert [row["record"] for row in page.context["rows"]] == [record, other]
    ada.post(action_url("refuse"), confirmed(record, other, reason="A ring."))
    for each in (record, other):
        each.refresh_from_db()
        assert (each.decision, each.decision_reason) == ("refused", "A ring.")


@pytest.mark.parametrize(("kind", "status"), [("ip", 200), ("nonsense", 404)])
def test_relatives_of_an_unknown_kind_are_not_found(kind: str, status: int) -> None:
    ada, _user = logged_in("ada", DECIDE)
    assert ada.get(f"{LIST}{waiting().pk}/together/{kind}/").status_code == status


def test_relatives_are_decided_by_those_who_may_decide() -> None:
    record = waiting(ip_address="81.2.69.142")
    waiting(OTHER, ip_address="81.2.69.142")
    ada, _user = logged_in("ada")
    url = f"{LIST}{record.pk}/together/ip/"
    assert url not in ada.get(page_of(record)).content.decode()
    assert ada.get(url).status_code == 403
