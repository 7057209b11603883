"""Texts from outside, odd summaries and odd keys become no markup, and leave each page standing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.screening import signup
from tests.admin.builders import (
    DESK,
    EVIL,
    LIST,
    NUMBER,
    action_url,
    add_flag,
    confirmed,
    make_lookup,
    make_record,
    page_of,
    posted,
    text_of,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db
LONG = "w" * 200
HOSTILE = [
    EVIL,
    LONG,
    "\u202egnp.exe\u202c",
    "👩‍👩‍👧‍👦" * 12,
    "%(name)s %s {0} {{ x }}",
    "\x07 \u200b\u2066",
]


class _Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def _record(name: str = "Ada", **fields: Any) -> NumberInsightRecord:
    with signup.suspended():
        customer = Customer.objects.create(name="Ada", phone=NUMBER)
    Customer.objects.filter(pk=customer.pk).update(name=name[:100])
    record = make_record(subject=customer, ip_address="8.8.8.8", **fields)
    add_flag(record, "mine", message="%(name)s", evidence={"name": name}, weight=30)
    return record


def _pages(record: NumberInsightRecord) -> list[str]:
    together = "admin:number_insight_numberinsightrecord_together"
    keys = [record.pk]
    return [
        DESK,
        LIST,
        page_of(record),
        reverse(together, args=[record.pk, "number"]),
        reverse("admin:number_insight_numberinsightrecord_reveal", args=keys),
        reverse("admin:number_insight_numberinsightrecord_history", args=keys),
        reverse("admin:number_insight_overview"),
        reverse("admin:number_insight_lookup_changelist"),
        reverse("admin:number_insight_listentry_changelist"),
        reverse("admin:number_insight_rulefault_changelist"),
        reverse("admin:tests_customer_changelist"),
        reverse("admin:tests_customer_change", args=[record.subject_id]),
        "/admin/",
    ]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_text_on_every_page(admin_client: Client, name: str) -> None:
    record = _record(
        name,
        carrier_name=name,
        declared_name=name,
        caller_name=name,
        lookup=make_lookup(error=name, insight=None, state="failed"),
    )
    ListEntry.objects.create(action="deny", match="carrier", value=name[:50], reason=name[:200])
    User.objects.filter(username="admin").update(first_name=name[:50])
    for url in _pages(record):
        response = admin_client.get(url)
        assert response.status_code == 200, url
        assert "<img src=x" not in response.content.decode(), url


@pytest.mark.parametrize(
    "told",
    [
        None,
        "Ada",
        [],
        {"name": None},
        {"name": _Unprintable()},
        {"name": LONG * 50, "state": EVIL, "url": "javascript:alert(1)", "email": 7},
        {7: "odd"},
    ],
    ids=range(7),
)
def test_an_odd_summary_leaves_the_pages_standing(
    admin_client: Client, settings: Any, told: Any
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SUBJECT_SUMMARY": lambda _subject: told}
    record = _record()
    for url in _pages(record):
        page = admin_client.get(url)
        assert page.status_code == 200, url
        for evil in ("<img src=x", "javascript:alert"):
            assert evil not in page.content.decode(), url


def test_a_summary_that_raises_shows_the_name_alone_and_is_logged(
    admin_client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_subject: Any) -> None:
        raise LookupError("no profile")

    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SUBJECT_SUMMARY": fail}
    record = _record()
    for url in (DESK, LIST, page_of(record)):
        assert "Ada" in text_of(admin_client.get(url))
    assert "SUBJECT_SUMMARY" in caplog.text
    assert "no profile" not in caplog.text


@pytest.mark.parametrize("act", ["release", "refuse"])
def test_a_reason_of_two_thousand_letters_is_kept_and_shown(admin_client: Client, act: str) -> None:
    record, reason = _record(), "w" * 2000
    admin_client.post(action_url(act), confirmed(record, reason=reason))
    record.refresh_from_db()
    assert record.decision_reason == reason
    for url in _pages(record):
        assert admin_client.get(url).status_code == 200, url


def test_a_long_reason_is_kept_with_the_entry_that_a_refusal_makes(admin_client: Client) -> None:
    record = _record()
    given = {"reason": "w" * 2000, "also": ["number", "ip", "prefix"], "expires": ""}
    answer = admin_client.post(DESK, posted(record, "refuse", **given))
    assert answer.status_code == 302
    record.refresh_from_db()
    assert record.decision == "refused"
    assert set(ListEntry.objects.values_list("reason", flat=True)) == {"w" * 300}
    assert ListEntry.objects.count() == 3


@pytest.mark.parametrize("reason", ["x\x00y", "w" * 2001, "\u202e"])
def test_a_reason_that_cannot_be_kept_breaks_no_page(admin_client: Client, reason: str) -> None:
    record = _record()
    for url, data in (
        (action_url("refuse"), confirmed(record, reason=reason)),
        (reverse("admin:number_insight_numberinsightrecord_reveal", args=[record.pk]), {}),
        (DESK, posted(record, "refuse", reason=reason)),
    ):
        body = {**data, "reason": reason}
        assert admin_client.post(url, body).status_code in (200, 302)


@pytest.mark.parametrize("key", ["0", "-1", "9" * 18, "9" * 40, "x", "", "1 OR 1=1", "١٢"])
def test_a_key_of_no_record_is_no_fault(admin_client: Client, key: str) -> None:
    for url in (f"{DESK}?record={key}", f"{DESK}?back={key}", f"{LIST}?same_ip_as={key}"):
        assert admin_client.get(url).status_code == 200
    assert admin_client.post(DESK, {"record": key, "act": "release"}).status_code == 302
    pressed = {"_selected_action": key, "confirmed": "1"}
    assert admin_client.post(action_url("release"), pressed).status_code == 302


def test_a_subject_that_is_gone_leaves_the_pages_standing(admin_client: Client) -> None:
    record = _record()
    Customer.objects.filter(pk=record.subject_id).delete()
    record.refresh_from_db()
    for url in _pages(record):
        if url != reverse("admin:tests_customer_change", args=[record.subject_id]):
            assert admin_client.get(url).status_code == 200, url
    assert f"customer {record.subject_id} (deleted)" in text_of(admin_client.get(DESK))
    admin_client.post(action_url("release"), confirmed(record, reason="Gone."))
    record.refresh_from_db()
    assert record.decision == "released"


@pytest.fixture
def evil() -> NumberInsightRecord:
    """A record whose every text is an attack."""
    with signup.suspended():
        customer = Customer.objects.create(name=EVIL, phone="+46701740605")
    short = dict.fromkeys(("level", "ported", "valid_number", "reachable"), EVIL[:20])
    short |= dict.fromkeys(("line_type", "roaming_status", "caller_type"), EVIL[:20])
    short |= dict.fromkeys(("verdict", "decision", "basis", "state", "lane"), EVIL[:10])
    short |= dict.fromkeys(("country", "ip_country", "carrier_country"), "<b")
    long = dict.fromkeys(("carrier_name", "original_carrier_name", "caller_name"), EVIL)
    long |= dict.fromkeys(("field", "declared_name", "note", "decision_reason"), EVIL)
    lookup = make_lookup(error=EVIL, request_id=EVIL, provider=EVIL, insight={"x": EVIL})
    record = make_record(
        EVIL,
        subject=customer,
        lookup=lookup,
        decided_by=User.objects.create(username=EVIL),
        not_evaluable=[EVIL],
        raised_rules=[EVIL],
        **short,
        **long,
    )
    add_flag(record, EVIL, group=EVIL, message="%(x)s", evidence={"x": EVIL})
    add_flag(record, "broken", message=EVIL + "%(gone)s", weight=0)
    return record


def _is_clean(response: Any) -> bool:
    assert response.status_code == 200
    page = response.content.decode()
    return "<img src=x" not in page and "<b " not in page and "&lt;img src=x" in page


def test_the_list_escapes(admin_client: Client, evil: NumberInsightRecord) -> None:
    assert _is_clean(admin_client.get(LIST))


def test_the_search_and_the_filters_escape(admin_client: Client, evil: NumberInsightRecord) -> None:
    for name in ("q", "queue", "verdict", "flag", "same_number_as"):
        assert "<img src=x" not in admin_client.get(LIST, {name: EVIL}).content.decode()


def test_the_page_of_a_record_escapes(admin_client: Client, evil: NumberInsightRecord) -> None:
    assert _is_clean(admin_client.get(page_of(evil)))


@pytest.mark.parametrize("action", ["release", "look_up_again"])
def test_the_confirmation_escapes(
    admin_client: Client, evil: NumberInsightRecord, action: str
) -> None:
    pressed = {"_selected_action": evil.pk, "one": "1"}
    assert _is_clean(admin_client.post(action_url(action), pressed))


def test_a_reason_is_escaped_where_it_is_shown_again(admin_client: Client) -> None:
    record = make_record()
    admin_client.post(action_url("refuse"), confirmed(record, reason=EVIL))
    assert _is_clean(admin_client.get(page_of(record)))


def test_the_message_about_a_colleague_escapes(
    admin_client: Client, evil: NumberInsightRecord
) -> None:
    assert _is_clean(admin_client.post(action_url("release"), confirmed(evil), follow=True))


def test_the_lookups_escape(admin_client: Client, evil: NumberInsightRecord) -> None:
    assert evil.lookup is not None
    assert _is_clean(admin_client.get(reverse("admin:number_insight_lookup_changelist")))
    url = reverse("admin:number_insight_lookup_change", args=[evil.lookup.pk])
    assert _is_clean(admin_client.get(url))


def test_the_mixin_escapes(admin_client: Client, evil: NumberInsightRecord) -> None:
    assert _is_clean(admin_client.get(reverse("admin:tests_customer_changelist")))
    url = reverse("admin:tests_customer_change", args=[evil.subject_id])
    assert _is_clean(admin_client.get(url))
