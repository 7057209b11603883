"""The buttons of a decision are ordered by the verdict, and the same on every page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from number_insight import screening
from tests.admin.builders import (
    DESK,
    LIST,
    NUMBER,
    action_url,
    confirmed,
    make_staff,
    page_of,
    selected,
    waiting,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db
BUTTON = re.compile(r'<button type="submit"[^>]* class="(ni-button[^"]*)"[^>]*>([^<]+)')
ORDER = {
    "deny": [("ni-button ni-refuse", "Refuse"), ("ni-button", "Release")],
    "review": [("ni-button ni-release", "Release"), ("ni-button ni-refuse", "Refuse")],
}


@pytest.fixture
def reviewer(client: Client) -> User:
    """A user who decides, looks up again and sees costs; `client` is logged in as them."""
    user = make_staff(
        "ada",
        *("view_numberinsightrecord", "decide_numberinsightrecord", "view_full_number"),
        *("look_up_again", "view_lookup", "view_customer"),
    )
    client.force_login(user)
    return user


def buttons(response: Any) -> list[tuple[str, str]]:
    """Return the class and the text of each button of ours, in the order of the page."""
    found = BUTTON.findall(response.content.decode())
    return [(classes, text.strip()) for classes, text in found]


@pytest.mark.parametrize("verdict", ["deny", "review"])
def test_the_verdict_orders_the_buttons_on_every_page(
    client: Client, reviewer: User, verdict: str
) -> None:
    with screening.suspended():
        person = Customer.objects.create(name="Grace", phone=NUMBER)
    record = waiting(verdict=verdict, subject=person)
    pages = (DESK, page_of(record), reverse("admin:tests_customer_change", args=[person.pk]))
    for url in pages:
        assert buttons(client.get(url))[:2] == ORDER[verdict], url
    together = client.get(f"{LIST}{record.pk}/together/number/")
    named = [(classes, f"{text} 1") for classes, text in ORDER[verdict]]
    assert buttons(together) == named


def test_together_no_act_is_suggested_unless_all_are_denied(client: Client, reviewer: User) -> None:
    record = waiting(verdict="deny")
    waiting(verdict="review")
    found = buttons(client.get(f"{LIST}{record.pk}/together/number/"))
    assert found == [(classes, f"{text} all 2") for classes, text in ORDER["review"]]


@pytest.mark.parametrize(
    ("act", "verdict", "expected"),
    [
        ("refuse", "deny", ("ni-button ni-refuse", "Refuse")),
        ("release", "deny", ("ni-button", "Release")),
        ("release", "review", ("ni-button ni-release", "Release")),
        ("look_up_again", "review", ("ni-button", "Look up again, at most 0.03 EUR")),
    ],
)
def test_the_page_to_confirm_an_act_has_the_button_of_the_other_pages(
    client: Client, reviewer: User, act: str, verdict: str, expected: tuple[str, str]
) -> None:
    record = waiting(verdict=verdict)
    assert buttons(client.post(LIST, selected(act, record))) == [expected]
    if act == "refuse":
        response = client.post(action_url(act), confirmed(record))
        assert buttons(response) == [expected]


def test_money_is_never_spent_by_a_suggested_button(client: Client, reviewer: User) -> None:
    allowed = waiting(verdict="allow", score=0)
    assert buttons(client.get(page_of(allowed))) == [
        ("ni-button", "Look up again, at most 0.03 EUR …")
    ]
