"""The desk and the pages of a record by permission."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from number_insight import reviewing
from number_insight.models import ListEntry
from number_insight.screening import signup
from tests.admin.builders import (
    DESK,
    LIST,
    action_url,
    confirmed,
    logged_in,
    make_lookup,
    make_record,
    page_of,
    posted,
    text_of,
    waiting,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
FULL = "view_full_number"
VALUE = "2"
"""The column of the values in the list of entries, for a person without actions."""
NUMBER, MASKED, OTHER = "+46701740605", "+46 70 *** ** 05", "+46701740611"


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
    record = waiting(ip_address="81.2.69.142")
    for number in (NUMBER, OTHER):
        make_record(number, ip_address="81.2.69.142")
        make_lookup(number)
    ada, _user = logged_in("ada", DECIDE, "look_up_again", "view_lookup", "add_listentry")
    ada.post(DESK, posted(make_record(NUMBER), "refuse", reason="x"))
    text = ada.get(page(record)).content.decode()
    for secret in ("174 06 05", "1740605", "1740611", "174 06 11", "81.2.69.142"):
        assert secret not in text


@pytest.mark.parametrize("match", ["number", "ip"])
def test_list_entries_are_masked_and_stay_as_they_are_without_the_permission(match: str) -> None:
    value = {"number": NUMBER, "ip": "81.2.69.142"}[match]
    entry = ListEntry.objects.create(action="deny", match=match, value=value, reason="Old.")
    codenames = ("view_listentry", "change_listentry", "view_lookup")
    (ada, _ada), (bea, _bea) = logged_in("ada", *codenames), logged_in("bea", *codenames, FULL)
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
    (ada, _ada), (bea, _bea) = (
        logged_in("ada", "view_lookup"),
        logged_in("bea", "view_lookup", FULL),
    )
    change = reverse("admin:number_insight_lookup_change", args=[lookup.pk])
    for url in (change, reverse("admin:number_insight_lookup_changelist")):
        page = ada.get(url).content.decode()
        for secret in ("174 06 05", "1740605", "81.2.69.142"):
            assert secret not in page
        assert "+46 70 174 06 05" in bea.get(url).content.decode()


def test_the_full_number_is_shown_to_those_who_may_see_it() -> None:
    record = waiting(ip_address="81.2.69.142")
    ada, _user = logged_in("ada", DECIDE, "view_full_number")
    for url in (DESK, LIST, page_of(record)):
        assert "+46 70 174 06 05</bdi>" in ada.get(url).content.decode()
    assert "81.2.69.142" in text_of(ada.get(page_of(record)))
    assert "174 06 05" not in ada.get(page_of(record)).content.decode().partition("</title>")[0]


def test_who_sees_numbers_masked_cannot_search_for_their_digits() -> None:
    make_record(NUMBER)
    ada, _user = logged_in("ada", DECIDE)
    assert not ada.get(LIST, {"q": NUMBER[:-1]}).context["cl"].result_count
    assert ada.get(LIST, {"q": NUMBER}).context["cl"].result_count == 1


@pytest.mark.parametrize(
    "lookup",
    [
        "number__startswith=%2B4670174060",
        "number__regex=605$",
        "number=%2B46701740605",
        "ip_address__startswith=81.2",
        "ip_range=81.2.69.142",
        "number_masked__endswith=05",
        "declared_name__startswith=A",
        "decided_by_id__gte=1",
    ],
)
@pytest.mark.parametrize("page", ["", "export/csv/"])
def test_no_url_narrows_the_list_by_a_column_that_has_no_filter(lookup: str, page: str) -> None:
    make_record(NUMBER, ip_address="81.2.69.142", declared_name="Ada")
    ada, _user = logged_in("ada", DECIDE)
    assert ada.get(f"{LIST}{page}?{lookup}").status_code == 400


def test_those_who_see_numbers_and_costs_narrow_the_list_by_any_column() -> None:
    make_record(NUMBER)
    ada, _user = logged_in("ada", DECIDE, "view_full_number", "view_lookup")
    found = ada.get(f"{LIST}?number__startswith=%2B46")
    assert (found.status_code, found.context["cl"].result_count) == (200, 1)


@pytest.mark.parametrize(
    ("seen", "lookup"), [("view_full_number", "cost__gte=0.01"), ("view_lookup", "number__gt=%2B4")]
)
def test_what_is_hidden_is_not_found_out_by_the_url(seen: str, lookup: str) -> None:
    make_record(NUMBER)
    ada, _user = logged_in("ada", DECIDE, seen)
    assert ada.get(f"{LIST}?{lookup}").status_code == 400


@pytest.mark.parametrize(
    ("model", "lookup"),
    [("lookup", "insight__number__startswith=%2B46"), ("listentry", "value__startswith=%2B46")],
)
def test_no_url_narrows_lookups_and_entries_by_a_masked_column(model: str, lookup: str) -> None:
    ada, _user = logged_in("ada", f"view_{model}")
    url = reverse(f"admin:number_insight_{model}_changelist")
    assert ada.get(f"{url}?{lookup}").status_code == 400
    assert ada.get(url).status_code == 200


def test_a_block_that_is_denied_tells_nothing_that_the_mask_hides() -> None:
    record = waiting()
    ada, _user = logged_in("ada", DECIDE, "add_listentry", "view_listentry", "change_listentry")
    given = posted(record, "refuse", reason="A ring.", also=["prefix"])
    entry_page = "admin:number_insight_listentry_change"
    pages = [
        ada.post(DESK, given, follow=True),
        ada.post(DESK, posted(record, "undo"), follow=True),
    ]
    entry = ListEntry.objects.get()
    assert entry.value == "+467017406"
    pages += [ada.get(reverse(entry_page, args=[entry.pk])), ada.get(DESK)]
    pages += [ada.get(reverse("admin:number_insight_listentry_changelist"))]
    pages += [ada.get(reverse("admin:index"))]
    for page in pages:
        assert "+46701" not in page.content.decode()
    assert "+4670*****" in text_of(pages[0])
    bea, _bea = logged_in("bea", "view_listentry", FULL)
    assert "+467017406" in text_of(bea.get(reverse(entry_page, args=[entry.pk])))


def test_masked_entries_are_not_put_in_the_order_of_their_numbers() -> None:
    for last in (5, 4):
        value = f"+4670174060{last}"
        ListEntry.objects.create(action="deny", match="number", value=value)
    ada, _user = logged_in("ada", "view_listentry")
    bea, _user = logged_in("bea", "view_listentry", FULL)
    url = reverse("admin:number_insight_listentry_changelist")

    def values(client: Any, order: str) -> list[str]:
        rows = client.get(url, {"o": order}).context["cl"].result_list
        return [entry.value[-1] for entry in rows]

    assert values(bea, VALUE) == ["4", "5"]
    assert values(bea, f"-{VALUE}") == ["5", "4"]
    assert values(ada, VALUE) == values(ada, f"-{VALUE}") == values(ada, "")


def test_one_number_is_shown_for_a_reason_that_is_logged() -> None:
    record = waiting(ip_address="81.2.69.142")
    url = reverse("admin:number_insight_numberinsightrecord_reveal", args=[record.pk])
    ada, user = logged_in("ada", DECIDE, "reveal_full_number")
    assert url in ada.get(DESK).content.decode()
    for page in (ada.get(url), ada.post(url, {"reason": " "})):
        assert "174 06 05" not in page.content.decode()
    assert not LogEntry.objects.exists()
    shown = text_of(ada.post(url, {"reason": "The customer called."}))
    assert "+46 70 174 06 05" in shown
    assert "81.2.69.142" in shown
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (
        user,
        str(record.pk),
        f"{MASKED} #{record.pk}",
    )
    assert entry.change_message == "Shown in full.\nThe customer called."


def test_no_number_is_shown_without_the_permission() -> None:
    record = waiting()
    url = reverse("admin:number_insight_numberinsightrecord_reveal", args=[record.pk])
    ada, _user = logged_in("ada", DECIDE)
    assert url not in ada.get(DESK).content.decode()
    assert ada.get(url).status_code == 403
    assert ada.post(url, {"reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("codenames", "is_reopened"), [((DECIDE,), False), (("reopen_numberinsightrecord",), True)]
)
def test_a_decision_is_reopened_by_those_who_may(
    codenames: tuple[str, ...], is_reopened: bool
) -> None:
    record = waiting()
    reviewing.release(record)
    ada, _user = logged_in("ada", *codenames)
    assert ("Reopen …" in ada.get(page_of(record)).content.decode()) is is_reopened
    response = ada.post(action_url("reopen"), confirmed(record, reason="A mistake."))
    assert response.status_code == (302 if is_reopened else 403)
    record.refresh_from_db()
    assert (record.decision == "") is is_reopened


def test_lookups_and_prices_are_for_those_who_see_costs() -> None:
    record = make_record(lookup=make_lookup(request_id="abc-def"))
    (ada, _ada), (bea, _bea) = logged_in("ada", DECIDE), logged_in("bea", DECIDE, "view_lookup")
    for url in (page_of(record), DESK):
        page = ada.get(url).content.decode()
        assert "abc-def" not in page
        assert not re.search(r"\bEUR\b", page)
        assert "/number_insight/lookup/" not in page
    assert "abc-def" in bea.get(page_of(record)).content.decode()


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_subjects_name_is_for_those_who_may_view_it(is_shown: bool, settings: Any) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SUBJECT_SUMMARY": describe}
    with signup.suspended():
        customer = Customer.objects.create(name="Ada of Lovelace", phone=NUMBER)
    record = waiting(subject=customer, declared_name="Ada of Lovelace")
    ada, _user = logged_in("ada", DECIDE, *(["view_customer"] if is_shown else []))
    pages = [ada.get(DESK), ada.get(LIST), ada.get(page_of(record))]
    pages.append(ada.get(f"{LIST}{record.pk}/together/number/"))
    for page in pages:
        assert ("Ada of Lovelace" in text_of(page)) is is_shown
    assert ("ada@example.org · account is held" in text_of(pages[0])) is is_shown
    assert ("/admin/tests/customer/" in pages[0].content.decode()) is is_shown


def describe(subject: Any) -> dict[str, str]:
    """Return the summary of a customer, as a project would."""
    return {"name": subject.name, "email": "ada@example.org", "state": "held"}
