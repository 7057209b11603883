"""Each act has its permission, which counts only for people who may see records."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client
from django.urls import reverse

from number_insight.admin import permissions
from tests.admin.builders import make_record, make_staff

pytestmark = pytest.mark.django_db

SEE = "view_numberinsightrecord"
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
