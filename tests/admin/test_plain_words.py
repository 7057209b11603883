"""The pages say plainly what there is not, what is late, and what has changed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.templatetags.admin_list import result_headers
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import ListEntry, NumberInsightRecord, RuleFault
from tests.admin.builders import (
    DESK,
    LIST,
    add_flag,
    make_lookup,
    make_record,
    make_staff,
    page_of,
    posted,
    text_of,
)
from tests.support.records import an_entry
from tests.support.stage import asking

pytestmark = pytest.mark.django_db
ENTRIES = reverse("admin:number_insight_listentry_changelist")


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("rulefault", "No rule has failed."),
        ("lookup", "Nothing has been looked up yet."),
        ("spending", "Nothing has been spent or reserved yet."),
        ("listentry", "No entry yet: what you add here overrules the rules."),
    ],
)
def test_an_empty_list_says_so_in_a_sentence(
    admin_client: Client, model: str, sentence: str
) -> None:
    page = text_of(admin_client.get(reverse(f"admin:number_insight_{model}_changelist")))
    assert sentence in page
    assert not re.search(r"\b0 (rule fault|lookup|spending|list entr)", page)


def test_a_search_without_a_result_says_so_in_a_sentence(admin_client: Client) -> None:
    make_lookup()
    lookups = reverse("admin:number_insight_lookup_changelist")
    told = text_of(admin_client.get(lookups, {"q": "+46701740699"}))
    assert "Nothing fits the search and the filters." in told
    assert "Nothing fits" not in text_of(admin_client.get(lookups))


@pytest.mark.parametrize(
    ("typed", "permissions", "sentence"),
    [
        ("+4670", ["view_full_number"], "A number is found from its first seven digits on"),
        ("07", ["view_full_number"], "by its last three to nine digits it is found while"),
        ("0699", ["view_full_number"], "No signup that waits has a number with these last digits"),
        ("+4670174", ["view_full_number"], "No number begins with these digits"),
        ("+4670174", [], "You see numbers masked, so only a whole number is found"),
        ("0605", [], "and no last digits"),
        ("+46701740699", [], "No record has this number."),
        ("An", ["view_full_number"], "A name is found from its first three letters on."),
        ("Ana", ["view_full_number"], "Names are not searched here"),
        ("9.9.9.9", [], "Nobody has signed up from this IP."),
        ("2a00::1", [], "Nobody has signed up from this IP."),
        ("+46701740699", ["view_full_number"], "No record has this number."),
    ],
)
def test_a_search_says_why_it_finds_nothing(
    client: Client, typed: str, permissions: list[str], sentence: str
) -> None:
    make_record("+447400123456")
    client.force_login(make_staff("looker", "view_numberinsightrecord", *permissions))
    with asking(SUBJECT_SEARCH={}):
        assert sentence in text_of(client.get(LIST, {"q": typed}))


@pytest.mark.parametrize(
    ("typed", "permissions", "sentence"),
    [
        ("Ana", ["view_user"], "No account of this name has signed up"),
        ("Ana Q4", ["view_user"], "No account of this name has signed up"),
        ("ana@example.com", ["view_user"], "No account with this e-mail has signed up."),
        ("Ana", [], "Names and e-mails are found by those who may view the accounts."),
    ],
)
def test_a_search_for_a_person_says_why_it_finds_nobody(
    client: Client, typed: str, permissions: list[str], sentence: str
) -> None:
    client.force_login(make_staff("looker", "view_numberinsightrecord", *permissions))
    with asking(SUBJECT_SEARCH={"auth.User": ["username", "email"]}):
        assert sentence in text_of(client.get(LIST, {"q": typed}))


def test_an_empty_lane_says_how_much_was_decided_today(admin_client: Client) -> None:
    for count, sentence in (
        (0, "Nothing waits here."),
        (1, "Nothing waits here. 1 signup was decided today."),
        (2, "Nothing waits here. 2 signups were decided today."),
    ):
        if count:
            reviewing.release(make_record(), user=None)
        assert sentence in text_of(admin_client.get(LIST, {"queue": "risk"}))
    NumberInsightRecord.objects.update(decided_at=timezone.now() - timedelta(days=2))
    assert "decided today" not in text_of(admin_client.get(LIST, {"queue": "risk"}))


def test_a_list_without_rows_offers_nothing_to_be_done_with_them(admin_client: Client) -> None:
    others = ("rulefault", "lookup", "listentry")
    urls = [reverse(f"admin:number_insight_{name}_changelist") for name in others]
    for url in (LIST, *urls):
        assert 'name="action"' not in admin_client.get(url).content.decode()
    make_record()
    assert 'name="action"' in admin_client.get(LIST).content.decode()


def test_the_history_of_an_untouched_record_says_that_nobody_has_decided(
    admin_client: Client,
) -> None:
    record = make_record()
    history = reverse("admin:number_insight_numberinsightrecord_history", args=[record.pk])
    told = text_of(admin_client.get(history))
    assert "Nobody has decided or changed anything here yet." in told
    assert "wasn't added" not in told


def test_a_decision_made_in_code_stands_in_the_history_with_its_reason(
    admin_client: Client,
) -> None:
    record = make_record()
    history = reverse("admin:number_insight_numberinsightrecord_history", args=[record.pk])
    reviewing.refuse(record, user=None, reason="The address does not exist.")
    told = text_of(admin_client.get(history))
    assert "refused" in told
    assert "The address does not exist." in told
    assert "Nobody has decided" not in told


def test_a_decision_at_the_desk_stands_in_the_history_with_its_reason(admin_client: Client) -> None:
    record = make_record()
    history = reverse("admin:number_insight_numberinsightrecord_history", args=[record.pk])
    given = {"reason_code": "fraud_before", "reason": "As last week."}
    admin_client.post(DESK, posted(record, "refuse", **given))
    told = text_of(admin_client.get(history))
    assert "Decisions Act By At Reason refused admin" in told
    assert told.count("As last week.") == 2
    assert "Refused." in told


def test_a_long_reason_is_folded_wherever_it_stands(admin_client: Client) -> None:
    record = make_record(verdict="deny")
    entry = an_entry("deny", "number", record.number, reason="listed " * 42)
    add_flag(record, "deny_number", group="lists", evidence={"entry": entry.pk})
    admin_client.post(DESK, posted(record, "refuse", reason="w" * 2000))
    history = reverse("admin:number_insight_numberinsightrecord_history", args=[record.pk])
    for url, count in ((page_of(record), 2), (history, 2)):
        page = admin_client.get(url).content.decode()
        assert page.count('<details class="ni-fold">') == count, url
        assert "w" * 2000 in page


def _aged(hours: int, **fields: Any) -> NumberInsightRecord:
    record = make_record(**fields)
    at = timezone.now() - timedelta(hours=hours)
    NumberInsightRecord.objects.filter(pk=record.pk).update(created_at=at)
    return record


@pytest.mark.parametrize("url", [DESK, LIST])
@pytest.mark.parametrize(("target", "is_late"), [(4, False), (2, True), (None, False)])
def test_an_age_beyond_the_target_is_marked(
    admin_client: Client, url: str, target: int | None, is_late: bool
) -> None:
    _aged(3)
    with asking(REVIEW_TARGET=timedelta(hours=target) if target else None):
        assert ("ni-late" in admin_client.get(url).content.decode()) is is_late


def test_what_is_decided_is_never_late(admin_client: Client) -> None:
    _aged(300, decision="released", decided_at=timezone.now())
    _aged(300, verdict="allow")
    assert "ni-late" not in admin_client.get(LIST).content.decode()


def test_after_another_lookup_the_old_answer_stands_beside_the_new(admin_client: Client) -> None:
    old = make_lookup(insight={"line_type": "virtual", "country": "SE"})
    new = make_lookup(insight={"line_type": "mobile", "country": "SE"}, supersedes=old)
    record = make_record(lookup=new, basis="answer", line_type="mobile", country="SE")
    told = text_of(admin_client.get(page_of(record)))
    assert "Since it was looked up again Fact Before Now Line type virtual" in told
    again = make_record(lookup=old, basis="answer", line_type="virtual")
    assert "Since it was looked up again" not in text_of(admin_client.get(page_of(again)))


def test_a_record_that_cannot_be_looked_up_again_says_why_in_place_of_the_button(
    admin_client: Client,
) -> None:
    record = make_record(decision="released", decided_at=timezone.now())
    with asking(ENABLED=False):
        told = admin_client.get(page_of(record))
    assert "It cannot be looked up again: " in text_of(told)
    assert "Look up again, at most" not in told.content.decode()


def test_entries_show_what_they_do_and_when_they_end(admin_client: Client) -> None:
    over = an_entry("deny", "prefix", "+4670", expires_at=timezone.now() - timedelta(days=1))
    an_entry("allow", "country", "NO", reason="word " * 60)
    page = admin_client.get(ENTRIES)
    assert '<span class="ni-badge ni-deny">deny</span>' in page.content.decode()
    assert "expired" in text_of(page)
    for value, found in (("expired", [over.pk]), ("in_force", [over.pk + 1])):
        rows = admin_client.get(ENTRIES, {"end": value}).context["cl"].result_list
        assert [entry.pk for entry in rows] == found
    assert ListEntry.objects.count() == 2


def test_a_new_entry_has_no_rows_for_what_it_cannot_have_yet(admin_client: Client) -> None:
    told = text_of(admin_client.get(reverse("admin:number_insight_listentry_add")))
    assert "Hits" not in told
    assert "Author:" not in told


def test_the_rules_that_fail_have_one_column_of_each_name(admin_client: Client) -> None:
    RuleFault.objects.create(code="moody", errors_in_row=2, error="ValueError in rules.py:3")
    page = admin_client.get(reverse("admin:number_insight_rulefault_changelist"))
    names = [header["text"] for header in _headers(page)]
    assert len(names) == len(set(names))
    assert "moody 2 in a row ValueError in rules.py:3" in text_of(page)
    RuleFault.objects.update(errors_in_row=20, shadowed_at=timezone.now())
    page = admin_client.get(reverse("admin:number_insight_rulefault_changelist"))
    assert "moody 20 in a row counts no more ValueError" in text_of(page)


def test_what_is_younger_than_a_minute_tells_its_age_in_seconds(admin_client: Client) -> None:
    lookup = make_lookup()
    type(lookup).objects.update(created_at=timezone.now() - timedelta(seconds=40))
    told = text_of(admin_client.get(reverse("admin:number_insight_lookup_changelist")))
    assert re.search(r"\b4\d s\b", told.replace("\xa0", " "))
    assert "0 min" not in told.replace("\xa0", " ")
    record = make_record()
    for url in (page_of(record), f"{DESK}?record={record.pk}"):
        assert re.search(r"waits for \d+ s\b", text_of(admin_client.get(url)))


def _headers(page: Any) -> list[dict[str, Any]]:
    return [h for h in result_headers(page.context["cl"]) if h["text"]]
