"""Every control of the admin takes its permission, a login, a POST, and the token of its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.admin import permissions
from number_insight.models import Circuit, ListEntry, Lookup, NumberInsightRecord, Switch
from tests.admin.builders import (
    DESK,
    LIST,
    action_url,
    confirmed,
    make_lookup,
    make_record,
    make_staff,
    posted,
)

pytestmark = pytest.mark.django_db

SEE = "view_numberinsightrecord"
Post = tuple[str, dict[str, Any]]


def _desk(act: str, record: NumberInsightRecord) -> Post:
    return DESK, posted(record, act, reason="x")


def _action(name: str, record: NumberInsightRecord) -> Post:
    return action_url(name), confirmed(record, reason="x")


def _side_page(page: str, record: NumberInsightRecord) -> Post:
    return f"{LIST}{record.pk}/{page}/", {"reason": "x"}


def _bill(answer: str, record: NumberInsightRecord) -> Post:
    assert record.lookup is not None
    url = reverse("admin:number_insight_lookup_settle", args=[record.lookup.pk])
    return url, {"answer": answer}


def _turn(_record: NumberInsightRecord) -> Post:
    return reverse("admin:number_insight_switch_turn"), {"turn": "off", "reason": "x"}


def _probe(_record: NumberInsightRecord) -> Post:
    key = Circuit.objects.get().pk
    return reverse("admin:number_insight_circuit_probe", args=[key]), {}


DESK_ACTS = ("release", "refuse", "skip", "undo", "take_over", "claim", "look_up_again")
POSTS: dict[str, Callable[[NumberInsightRecord], Post]] = {
    **{f"desk {act}": partial(_desk, act) for act in DESK_ACTS},
    **{name: partial(_action, name) for name in ("release", "refuse", "look_up_again", "reopen")},
    **{page: partial(_side_page, page) for page in ("reveal", "together/number", "allow")},
    **{answer: partial(_bill, answer) for answer in ("paid", "not_paid")},
    "turn": _turn,
    "probe": _probe,
}
each_control = pytest.mark.parametrize("name", POSTS)


@pytest.fixture
def record() -> NumberInsightRecord:
    """A record that waits, beside an uncertain lookup and an open circuit."""
    later = timezone.now() + timedelta(hours=1)
    Circuit.objects.create(provider="default", reason="The key is wrong.", open_until=later)
    return make_record(lookup=make_lookup(state="uncertain", reserved="0.03", insight=None))


def state() -> list[Any]:
    """Return all that a control may change, but for the claim that looking at a case makes."""
    hidden = {"claimed_by_id": None, "claimed_at": None}
    records = [{**row, **hidden} for row in NumberInsightRecord.objects.values()]
    rows = (Lookup, ListEntry, Switch, Circuit)
    return [records, *(list(model._base_manager.values()) for model in rows)]


@each_control
@pytest.mark.parametrize("permissions", [(), (SEE,), (SEE, "view_lookup", "view_switch")])
def test_a_direct_post_without_the_permission_is_forbidden(
    client: Client, record: NumberInsightRecord, name: str, permissions: tuple[str, ...]
) -> None:
    client.force_login(make_staff("looker", *permissions))
    before, (url, data) = state(), POSTS[name](record)
    assert client.post(url, data).status_code == 403
    assert state() == before


@each_control
def test_a_stranger_is_sent_to_the_login(
    client: Client, record: NumberInsightRecord, name: str
) -> None:
    before, (url, data) = state(), POSTS[name](record)
    assert client.post(url, data)["Location"].startswith("/admin/login/")
    assert state() == before


@each_control
def test_nothing_is_done_by_get(
    admin_client: Client, record: NumberInsightRecord, name: str
) -> None:
    before, (url, data) = state(), POSTS[name](record)
    is_missing = name == "allow"  # no form has refused this number
    assert admin_client.get(url, data).status_code in ((404,) if is_missing else (200, 302))
    assert state() == before


@each_control
def test_nothing_is_done_without_the_csrf_token(record: NumberInsightRecord, name: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("root"))
    before, (url, data) = state(), POSTS[name](record)
    assert strict.post(url, data).status_code == 403
    assert state() == before


OF_RECORDS: dict[str, Callable[[Any], bool]] = {
    "view_full_number": permissions.can_view_full_number,
    "reveal_full_number": permissions.can_reveal,
    "decide_numberinsightrecord": permissions.can_decide,
    "reopen_numberinsightrecord": permissions.can_reopen,
    "look_up_again": permissions.can_look_up_again,
}
OF_OTHERS: dict[str, Callable[[Any], bool]] = {
    SEE: permissions.can_view,
    "add_listentry": permissions.can_add_to_lists,
    "view_listentry": permissions.can_view_lists,
    "change_listentry": permissions.can_view_lists,
    "view_lookup": permissions.can_view_lookups,
    "view_spending": permissions.can_view_spending,
}


@pytest.mark.parametrize("codename", OF_RECORDS)
def test_an_act_on_records_takes_its_permission_and_the_one_to_see(codename: str) -> None:
    allowed = make_staff("ana", SEE, codename)
    for name, may in OF_RECORDS.items():
        assert may(allowed) == (name == codename)
        assert not may(make_staff(f"without {name}", codename))
        assert not may(AnonymousUser())


@pytest.mark.parametrize("codename", OF_OTHERS)
def test_other_pages_have_permissions_of_their_own(codename: str) -> None:
    user = make_staff("ana", codename)
    assert OF_OTHERS[codename](user)
    others = {may for may in OF_OTHERS.values() if may is not OF_OTHERS[codename]}
    assert not any(may(user) for may in others)


def test_a_superuser_may_do_all() -> None:
    user = User.objects.create_superuser("root")
    assert all(may(user) for may in (*OF_RECORDS.values(), *OF_OTHERS.values()))


def test_the_text_of_a_record_is_masked_for_all() -> None:
    record = make_record("+46701740605")
    assert str(record) == "+46 70 *** ** 05"
    assert record.full_number == "+46 70 174 06 05"


def test_a_number_in_djangos_own_titles_keeps_its_order_from_right_to_left(
    admin_client: Client,
) -> None:
    record = make_record("+46701740605")
    url = reverse("admin:number_insight_numberinsightrecord_history", args=[record.pk])
    page = admin_client.get(url, headers={"accept-language": "ar"}).content.decode()
    title = re.search(r"<h1>(.*?)</h1>", page)
    assert title is not None
    assert title[1].endswith("\u2066+46 70 *** ** 05\u2069")
