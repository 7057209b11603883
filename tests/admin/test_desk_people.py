"""The desk for several people: claims, sessions that end, second looks, and who may see what."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import DecisionEvent, ListEntry, NumberInsightRecord
from number_insight.screening import refusal, signup
from tests.admin.builders import (
    DESK,
    EVIL,
    LIST,
    action_url,
    add_flag,
    confirmed,
    make_lookup,
    make_record,
    make_staff,
    page_of,
    posted,
    text_of,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
FULL = "view_full_number"
NUMBER, MASKED, OTHER = "+46701740605", "+46 70 *** ** 05", "+46701740611"
HOSTILE = [EVIL, "W" * 200, "\u202egnp.exe", "😀" * 30, "مرحبا", "  "]


def _login(name: str, *codenames: str) -> tuple[Client, User]:
    client, user = Client(), make_staff(name, SEE, *codenames)
    client.force_login(user)
    return client, user


def _waiting(number: str = NUMBER, **fields: Any) -> NumberInsightRecord:
    record = make_record(number, **{"score": 30, **fields})
    add_flag(record)
    return record


def _key(response: Any) -> int | None:
    case = response.context["case"]
    return case.record.pk if case else None


# Two reviewers


def test_an_opened_case_is_passed_over_by_colleagues() -> None:
    first, second = _waiting(score=80), _waiting()
    (ada, ada_user), (bea, _user) = _login("ada", DECIDE), _login("bea", DECIDE)
    assert _key(ada.get(DESK)) == first.pk
    first.refresh_from_db()
    assert first.claimed_by == ada_user
    assert _key(bea.get(DESK)) == second.pk


def test_a_colleague_sees_who_is_looking_and_may_take_over() -> None:
    record = _waiting()
    (ada, _ada), (bea, bea_user) = _login("ada", DECIDE), _login("bea", DECIDE)
    ada.get(DESK)
    page = bea.get(DESK, {"record": record.pk})
    assert "ada is looking at this one." in text_of(page)
    assert 'value="release"' not in page.content.decode()
    bea.post(DESK, posted(record, "take_over"))
    record.refresh_from_db()
    assert record.claimed_by == bea_user
    assert "bea is looking at this one." in text_of(ada.get(DESK, {"record": record.pk}))


def test_a_case_that_a_colleague_has_open_is_not_decided_by_a_direct_post() -> None:
    record = _waiting()
    (ada, _ada), (bea, _bea) = _login("ada", DECIDE), _login("bea", DECIDE)
    ada.get(DESK)
    response = bea.post(DESK, posted(record, "refuse", reason="Mine."))
    assert "ada is looking at this one. Take it over to decide." in text_of(response)
    record.refresh_from_db()
    assert record.decision == ""


def test_a_claim_is_over_after_ten_minutes() -> None:
    record = _waiting()
    (ada, _ada), (bea, _bea) = _login("ada", DECIDE), _login("bea", DECIDE)
    ada.get(DESK)
    long_ago = timezone.now() - timedelta(minutes=11)
    NumberInsightRecord.objects.update(claimed_at=long_ago)
    assert _key(bea.get(DESK)) == record.pk


def test_what_colleagues_have_open_is_named_where_nothing_else_waits() -> None:
    _waiting()
    (ada, _ada), (bea, _bea) = _login("ada", DECIDE), _login("bea", DECIDE)
    ada.get(DESK)
    assert f"ada is looking at {MASKED}" in text_of(bea.get(DESK))


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE"])
def test_a_case_that_is_fetched_ahead_is_not_claimed(header: str) -> None:
    record = _waiting()
    ada, user = _login("ada", DECIDE)
    response = ada.get(DESK, {"record": record.pk}, **{header: "prefetch"})
    assert "data-ni-unclaimed" in response.content.decode()
    assert "max-age=30" in response["Cache-Control"]
    record.refresh_from_db()
    assert record.claimed_by is None
    assert ada.post(DESK, posted(record, "claim")).status_code == 204
    record.refresh_from_db()
    assert record.claimed_by == user


def test_a_page_that_is_shown_is_not_kept_by_the_browser() -> None:
    _waiting()
    ada, _user = _login("ada", DECIDE)
    assert "no-store" in ada.get(DESK)["Cache-Control"]


# Sessions that end


def _expired(client: Client, data: dict[str, Any], path: str = DESK) -> str:
    """Post after the session's end, and return the address of the login page."""
    client.session.flush()
    response = client.post(path, data)
    assert response.status_code == 302
    return response["Location"]


def test_a_session_that_ends_loses_neither_choice_nor_reason() -> None:
    record = _waiting()
    ada, user = _login("ada", DECIDE)
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
    record = _waiting()
    ada, user = _login("ada", DECIDE)
    make_staff("bea", SEE, DECIDE)
    login = _expired(ada, posted(record, "refuse", reason="Called twice.", by=str(user.pk)))
    response = ada.post(login, {"username": "bea", "password": "x"}, follow=True)
    assert "Called twice." not in response.content.decode()


def test_the_confirmation_of_several_survives_the_end_of_a_session_too() -> None:
    records = [_waiting(), _waiting(OTHER)]
    ada, user = _login("ada", DECIDE)
    path = action_url("refuse")
    login = _expired(ada, {**confirmed(*records, reason="A ring."), "by": str(user.pk)}, path)
    response = ada.post(login, {"username": "ada", "password": "x"}, follow=True)
    assert ">\nA ring.</textarea>" in response.content.decode()
    assert len(response.context["rows"]) == 2
    assert not NumberInsightRecord.objects.exclude(decision="").exists()


def test_a_form_of_another_site_is_neither_done_nor_kept() -> None:
    record = _waiting()
    client = Client(enforce_csrf_checks=True)
    assert client.post(DESK, posted(record, "refuse", reason="x")).status_code == 403
    assert "number_insight_draft" not in client.session


# Second looks


def test_a_second_look_hides_the_first_decision_and_changes_nothing(settings: Any) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SECOND_LOOK": 1}
    (ada, ada_user), (bea, _bea) = _login("ada", DECIDE), _login("bea", DECIDE)
    record = _waiting()
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
    (boss, _boss) = _login("boss", DECIDE, "reopen_numberinsightrecord")
    second = DecisionEvent.objects.get(act="second_release").get_act_display()
    assert second in text_of(boss.get(page_of(record)))
    assert second not in text_of(ada.get(page_of(record)))


# Permissions


PAGES = [
    lambda record: DESK,
    lambda record: LIST,
    lambda record: f"{LIST}?queue=risk",
    page_of,
    lambda record: f"{page_of(record)[: -len('change/')]}history/",
    lambda record: f"{LIST}{record.pk}/together/ip/",
    lambda record: reverse("admin:index"),
]


@pytest.mark.parametrize("page", PAGES)
def test_numbers_and_ips_are_masked_on_every_page_without_the_permission(page: Any) -> None:
    record = _waiting(ip_address="81.2.69.142")
    for number in (NUMBER, OTHER):
        make_record(number, ip_address="81.2.69.142")
        make_lookup(number)
    ada, _user = _login("ada", DECIDE, "look_up_again", "view_lookup", "add_listentry")
    ada.post(DESK, posted(make_record(NUMBER), "refuse", reason="x"))
    text = ada.get(page(record)).content.decode()
    for secret in ("174 06 05", "1740605", "1740611", "174 06 11", "81.2.69.142"):
        assert secret not in text


@pytest.mark.parametrize("match", ["number", "ip"])
def test_list_entries_are_masked_and_stay_as_they_are_without_the_permission(match: str) -> None:
    value = {"number": NUMBER, "ip": "81.2.69.142"}[match]
    entry = ListEntry.objects.create(action="deny", match=match, value=value, reason="Old.")
    codenames = ("view_listentry", "change_listentry", "view_lookup")
    (ada, _ada), (bea, _bea) = _login("ada", *codenames), _login("bea", *codenames, FULL)
    change = reverse("admin:number_insight_listentry_change", args=[entry.pk])
    lists = reverse("admin:number_insight_listentry_changelist")
    for url in (change, lists):
        page = ada.get(url).content.decode()
        assert "174 06 05" not in page
        assert "1740605" not in page
        assert "81.2.69.142" not in page
        shown = bea.get(url).content.decode()
        assert "174 06 05" in shown or "1740605" in shown or "81.2.69.142" in shown
    posted_by_ada = {"action": "deny", "match": "country", "value": "SE", "reason": "New."}
    assert ada.post(change, posted_by_ada).status_code == 302
    entry.refresh_from_db()
    assert (entry.match, entry.value, entry.reason) == (match, value, "New.")


def test_lookups_are_masked_without_the_permission() -> None:
    insight = {"number": NUMBER}
    lookup = make_lookup(NUMBER, ip_address="81.2.69.142", insight=insight, raw=insight)
    (ada, _ada), (bea, _bea) = _login("ada", "view_lookup"), _login("bea", "view_lookup", FULL)
    change = reverse("admin:number_insight_lookup_change", args=[lookup.pk])
    for url in (change, reverse("admin:number_insight_lookup_changelist")):
        page = ada.get(url).content.decode()
        for secret in ("174 06 05", "1740605", "81.2.69.142"):
            assert secret not in page
        assert "+46 70 174 06 05" in bea.get(url).content.decode()


def test_the_full_number_is_shown_to_those_who_may_see_it() -> None:
    record = _waiting(ip_address="81.2.69.142")
    ada, _user = _login("ada", DECIDE, "view_full_number")
    for url in (DESK, LIST, page_of(record)):
        assert "+46 70 174 06 05</bdi>" in ada.get(url).content.decode()
    assert "81.2.69.142" in text_of(ada.get(page_of(record)))
    assert "174 06 05" not in ada.get(page_of(record)).content.decode().partition("</title>")[0]


def test_who_sees_numbers_masked_cannot_search_for_their_digits() -> None:
    make_record(NUMBER)
    ada, _user = _login("ada", DECIDE)
    assert not ada.get(LIST, {"q": NUMBER[:-1]}).context["cl"].result_count
    assert ada.get(LIST, {"q": NUMBER}).context["cl"].result_count == 1


def test_one_number_is_shown_for_a_reason_that_is_logged() -> None:
    record = _waiting(ip_address="81.2.69.142")
    url = reverse("admin:number_insight_numberinsightrecord_reveal", args=[record.pk])
    ada, user = _login("ada", DECIDE, "reveal_full_number")
    assert url in ada.get(DESK).content.decode()
    for page in (ada.get(url), ada.post(url, {"reason": " "})):
        assert "174 06 05" not in page.content.decode()
    assert not LogEntry.objects.exists()
    shown = text_of(ada.post(url, {"reason": "The customer called."}))
    assert "+46 70 174 06 05" in shown
    assert "81.2.69.142" in shown
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (user, str(record.pk), MASKED)
    assert entry.change_message == "Shown in full.\nThe customer called."


def test_no_number_is_shown_without_the_permission() -> None:
    record = _waiting()
    url = reverse("admin:number_insight_numberinsightrecord_reveal", args=[record.pk])
    ada, _user = _login("ada", DECIDE)
    assert url not in ada.get(DESK).content.decode()
    assert ada.get(url).status_code == 403
    assert ada.post(url, {"reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("codenames", "is_reopened"), [((DECIDE,), False), (("reopen_numberinsightrecord",), True)]
)
def test_a_decision_is_reopened_by_those_who_may(
    codenames: tuple[str, ...], is_reopened: bool
) -> None:
    record = _waiting()
    reviewing.release(record)
    ada, _user = _login("ada", *codenames)
    assert ("Reopen …" in ada.get(page_of(record)).content.decode()) is is_reopened
    response = ada.post(action_url("reopen"), confirmed(record, reason="A mistake."))
    assert response.status_code == (302 if is_reopened else 403)
    record.refresh_from_db()
    assert (record.decision == "") is is_reopened


def test_lookups_and_prices_are_for_those_who_see_costs() -> None:
    record = make_record(lookup=make_lookup(request_id="abc-def"))
    (ada, _ada), (bea, _bea) = _login("ada", DECIDE), _login("bea", DECIDE, "view_lookup")
    for url in (page_of(record), DESK):
        page = ada.get(url).content.decode()
        assert "abc-def" not in page
        assert "EUR" not in page
        assert "/number_insight/lookup/" not in page
    assert "abc-def" in bea.get(page_of(record)).content.decode()


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_subjects_name_is_for_those_who_may_view_it(is_shown: bool, settings: Any) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SUBJECT_SUMMARY": describe}
    with signup.suspended():
        customer = Customer.objects.create(name="Ada of Lovelace", phone=NUMBER)
    record = _waiting(subject=customer, declared_name="Ada of Lovelace")
    ada, _user = _login("ada", DECIDE, *(["view_customer"] if is_shown else []))
    pages = [ada.get(DESK), ada.get(LIST), ada.get(page_of(record))]
    pages.append(ada.get(f"{LIST}{record.pk}/together/number/"))
    for page in pages:
        assert ("Ada of Lovelace" in text_of(page)) is is_shown
    assert ("ada@example.org · account is held" in text_of(pages[0])) is is_shown
    assert ("/admin/tests/customer/" in pages[0].content.decode()) is is_shown


def describe(subject: Any) -> dict[str, str]:
    """Return the summary of a customer, as a project would."""
    return {"name": subject.name, "email": "ada@example.org", "state": "held"}


# Bad input


def fail(subject: Any) -> dict[str, str]:
    """Fail, as a project's callable may."""
    raise LookupError("no profile")


def test_a_summary_that_raises_leaves_the_page_standing_and_is_logged(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SUBJECT_SUMMARY": fail}
    with signup.suspended():
        customer = Customer.objects.create(name="Ada of Lovelace", phone=NUMBER)
    record = _waiting(subject=customer)
    ada, _user = _login("ada", DECIDE, "view_customer")
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
    record = _waiting(subject=customer)
    add_flag(record, "mine", message="%(name)s", evidence={"name": name})
    ada, _user = _login("ada", DECIDE, "view_customer")
    for url in (DESK, LIST, page_of(record)):
        response = ada.get(url)
        assert response.status_code == 200
        assert "<img src=x" not in response.content.decode()


def test_a_subject_that_is_gone_is_said_to_be() -> None:
    customer = Customer(name="Ada", phone="")
    customer.save()
    _waiting(subject=customer)
    Customer.objects.all().delete()
    ada, _user = _login("ada", DECIDE, "view_customer")
    assert f"customer {customer.pk or 1} (deleted)" in text_of(ada.get(DESK)) or (
        "(deleted)" in text_of(ada.get(DESK))
    )


# Several at once


def test_relatives_are_decided_together_with_names_and_one_reason() -> None:
    record = _waiting(ip_address="81.2.69.142")
    other = _waiting(OTHER, ip_address="81.2.69.142")
    make_record("+46701740699", ip_address="81.2.69.7")
    ada, _user = _login("ada", DECIDE, "view_full_number")
    page = ada.get(f"{LIST}{record.pk}/together/ip/")
    assert [row["record"] for row in page.context["rows"]] == [record, other]
    ada.post(action_url("refuse"), confirmed(record, other, reason="A ring."))
    for each in (record, other):
        each.refresh_from_db()
        assert (each.decision, each.decision_reason) == ("refused", "A ring.")


@pytest.mark.parametrize(("kind", "status"), [("ip", 200), ("nonsense", 404)])
def test_relatives_of_an_unknown_kind_are_not_found(kind: str, status: int) -> None:
    ada, _user = _login("ada", DECIDE)
    assert ada.get(f"{LIST}{_waiting().pk}/together/{kind}/").status_code == status


def test_relatives_are_decided_by_those_who_may_decide() -> None:
    record = _waiting(ip_address="81.2.69.142")
    _waiting(OTHER, ip_address="81.2.69.142")
    ada, _user = _login("ada")
    url = f"{LIST}{record.pk}/together/ip/"
    assert url not in ada.get(page_of(record)).content.decode()
    assert ada.get(url).status_code == 403


# What a form refused


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
    ada, _user = _login("ada", DECIDE)
    page = ada.get(page_of(turned_away))
    assert "This phone number cannot be used here." in text_of(page)
    assert 'value="release"' not in page.content.decode()
    assert "Allow this number next time" not in text_of(page)


def test_a_number_that_a_form_refused_is_allowed_next_time(
    turned_away: NumberInsightRecord,
) -> None:
    ada, user = _login("ada", DECIDE, "add_listentry")
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
    ada, _user = _login("ada", DECIDE)
    url = reverse("admin:number_insight_numberinsightrecord_allow", args=[turned_away.pk])
    assert ada.post(url, {"reason": "x"}).status_code == 403
    assert not ListEntry.objects.filter(action="allow").exists()
