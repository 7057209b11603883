"""No text from outside becomes markup: names of carriers, callers and subjects, and reasons."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from number_insight.models import NumberInsightRecord
from number_insight.screening import signup
from tests.admin.builders import (
    EVIL,
    LIST,
    action_url,
    add_flag,
    confirmed,
    make_lookup,
    make_record,
    page_of,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db


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
