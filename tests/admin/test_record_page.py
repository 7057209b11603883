"""The page of a record explains its verdict."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.privacy import erasing
from number_insight.screening import signup, sweeps
from tests.admin.builders import (
    LIST,
    add_flag,
    make_lookup,
    make_record,
    make_staff,
    page_of,
    queries_of,
)
from tests.models import Customer, Member
from tests.support.stage import IS_IDENTITY

pytestmark = pytest.mark.django_db


def _text(client: Client, record: NumberInsightRecord) -> str:
    """Return the text of the page, without its markup."""
    page = client.get(page_of(record)).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


TOLD = (
    "review +46 70 174 06 42 Ada · customer",
    "and IP in another country: 75 points, and “review” begins at 30.",
    "+30 Virtual line The line is virtual (Example Voice SE).",
    "Ported no",
    "The IP is in NL, the number is from SE.",
)
if IS_IDENTITY:  # which knows no IP, no virtual network by name, and no reason of a silence
    TOLD = (
        "review +46 70 174 06 42 Ada",
        "40 points",
        "The line is virtual.",
        "Ported cannot be told here:",
    )


def test_a_screened_signup_is_explained_in_full(admin_client: Client) -> None:
    with signup.suspended():
        customer = Customer.objects.create(name="Ada", phone="+46701740642")
    record = signup.screen("+46701740642", ip="81.2.69.142", subject=customer, name="Ada L")
    sweeps.sweep(inline=True)
    text = _text(admin_client, record)
    for part in (
        "Judged on an answer of the provider",
        "IP address 81.2.69.142",
        "Name given Ada L",
        "Level advanced",
        "Price 0.03 EUR",
        "Line type virtual",
        *TOLD,
    ):
        assert part in text


@pytest.mark.parametrize(
    ("codenames", "is_shown"),
    [((), False), (("view_customer",), True), (("change_customer",), True)],
)
def test_a_subject_is_described_to_those_who_may_view_it(
    client: Client, codenames: tuple[str, ...], is_shown: bool
) -> None:
    customer = Customer.objects.create(name="Ada of Lovelace", phone="+46701740642")
    client.force_login(make_staff("r", "view_numberinsightrecord", *codenames))
    text = _text(client, customer.get_phone_record())
    assert f"customer {customer.pk}" in text
    assert ("Ada of Lovelace" in text) is is_shown


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_subject_without_an_admin_is_described_by_its_permission_alone(
    client: Client, is_shown: bool
) -> None:
    member = Member.objects.create(first_name="Ada of Lovelace", phone="+46701740642")
    assert not admin.site.is_registered(Member)
    codenames = ("view_numberinsightrecord", *(["view_member"] if is_shown else []))
    client.force_login(make_staff("r", *codenames))
    text = _text(client, member.get_phone_record())
    assert f"member {member.pk}" in text
    assert ("Ada of Lovelace" in text) is is_shown


def test_an_ip_that_is_not_public_is_noted(admin_client: Client) -> None:
    assert "unknown (private or not given)" in _text(admin_client, make_record())


def test_flags_that_do_not_count_are_shown_and_left_out_of_the_sum(admin_client: Client) -> None:
    record = make_record(score=80)
    add_flag(record, "premium", weight=80, message="Premium.")
    add_flag(record, "virtual", weight=30, message="Virtual.", counted=False)
    text = _text(admin_client, record)
    assert "1 finding does not count" in text
    assert "+30 Virtual line Virtual. outweighed by Premium-rate line (80)" in text
    assert "Premium-rate line alone: 80 points" in text


def test_the_page_says_what_would_have_let_the_signup_pass_and_what_was_saved(
    admin_client: Client,
) -> None:
    record = make_record(score=30, basis="reused")
    add_flag(record)
    text = _text(admin_client, record)
    assert "Would have passed if the line were mobile." in text
    assert "Saved against the highest level 0.03 EUR" in text


def test_a_broken_setting_leaves_the_page_readable(admin_client: Client, settings: Any) -> None:
    record = make_record(score=30, basis="reused")
    add_flag(record)
    settings.NUMBER_INSIGHT = {"PROVIDERS": {}, "EXTRA_RULES": [{"NAME": "shop.rules.Gone"}]}
    text = _text(admin_client, record)
    assert "The line is virtual." in text
    assert "Saved against the highest level –" in text


def test_a_decision_is_shown_with_who_when_and_why(admin_client: Client) -> None:
    record = make_record(
        decision="refused",
        decided_by=User.objects.create(username="grace"),
        decided_at=timezone.now(),
        decision_reason="Called; nobody there.",
    )
    text = _text(admin_client, record)
    assert "refused by grace" in text
    assert "Called; nobody there." in text


def test_all_lookups_of_the_number_are_shown_with_their_prices(admin_client: Client) -> None:
    make_lookup(price=Decimal("0.0051"), refund=Decimal("0.001"))
    make_lookup(state="failed", price=None)
    make_lookup("+46701740699", price=Decimal("9.99"))
    text = _text(admin_client, make_record())
    assert "answered 0.0051 EUR 0.001 EUR" in text
    assert "failed – –" in text
    assert "9.99" not in text


def test_others_with_the_number_and_the_ip_are_counted_and_linked(admin_client: Client) -> None:
    record = make_record(ip_address="81.2.69.142")
    others = [make_record() for _ in range(7)]
    make_record("+46701740699", ip_address="81.2.69.142")
    page = admin_client.get(page_of(record)).content.decode()
    assert f"?same_number_as={record.pk}" in page
    assert "7 others: 7 wait" in page
    assert f"?same_ip_as={record.pk}" in page
    assert page_of(others[-1]) in page
    assert page_of(others[0]) not in page


def test_an_erased_record_is_still_distinguished_from_other_erased_ones(
    admin_client: Client,
) -> None:
    records = [signup.screen("+46701740605") for _ in range(2)]
    signup.screen("+46701740611")
    sweeps.sweep(inline=True)
    erasing.erase_records(tuple(NumberInsightRecord.objects.values_list("pk", flat=True)))
    erasing.erase_lookups(tuple(Lookup.objects.values_list("pk", flat=True)))
    text = _text(admin_client, records[0])
    assert "allow erased number" in text
    assert "IP address erased" in text
    assert "1 other: 1 passed" in text
    assert "70174" not in text
    same = admin_client.get(LIST, {"same_number_as": records[0].pk})
    assert {each.pk for each in same.context["cl"].result_list} == {each.pk for each in records}
    lookups = admin_client.get(reverse("admin:number_insight_lookup_changelist"))
    assert "erased number" in lookups.content.decode()


def test_the_page_takes_as_many_queries_for_many_others_as_for_few(admin_client: Client) -> None:
    with signup.suspended():
        customer = Customer.objects.create(name="Ada", phone="+46701740605")
    lookup = make_lookup()
    record = make_record(ip_address="81.2.69.142", subject=customer, lookup=lookup)
    make_record(ip_address="81.2.69.142")
    queries_of(admin_client, page_of(record))  # fills the cache of content types
    few = len(queries_of(admin_client, page_of(record)))
    for _ in range(30):
        make_lookup()
        add_flag(record)
        make_record(ip_address="81.2.69.142")
    assert len(queries_of(admin_client, page_of(record))) == few
    assert few <= 18


@pytest.mark.parametrize("subject_id", ["999999", "no number", ""])
def test_a_deleted_subject_is_shown_as_deleted(admin_client: Client, subject_id: str) -> None:
    customer = Customer(name="Ada", phone="")
    customer.save()
    record = make_record(subject=customer)
    NumberInsightRecord.objects.filter(pk=record.pk).update(subject_id=subject_id)
    assert "(deleted)" in _text(admin_client, record)


def test_a_subject_of_a_deleted_model_is_shown_as_deleted(admin_client: Client) -> None:
    gone = ContentType.objects.create(app_label="shop", model="customer")
    record = make_record(subject_type=gone, subject_id="7")
    assert "deleted kind 7" in _text(admin_client, record)


def test_a_record_that_does_not_exist_redirects_to_the_index(admin_client: Client) -> None:
    record = make_record()
    url = page_of(record)
    record.delete()
    assert admin_client.get(url).status_code == 302


@pytest.mark.parametrize(
    ("codenames", "buttons"),
    [
        ((), []),
        (("decide_numberinsightrecord",), ["release", "refuse"]),
        (("decide_numberinsightrecord", "look_up_again"), ["release", "refuse", "look_up_again"]),
        (("look_up_again",), ["Look up again …"]),
    ],
)
def test_only_permitted_actions_have_a_button(
    client: Client, codenames: tuple[str, ...], buttons: list[str]
) -> None:
    client.force_login(make_staff("r", "view_numberinsightrecord", *codenames))
    page = client.get(page_of(make_record())).content.decode()
    assert _buttons(page) == buttons


def _buttons(page: str) -> list[str]:
    """Return the acts that the page offers: of the decision bar, or with a page of their own."""
    found = re.findall(r'(?:name="act" value="([^"]+)"|class="ni-button">([^<]+)</button>)', page)
    return [act or text for act, text in found]


def test_a_decided_record_has_no_button_to_decide(admin_client: Client) -> None:
    page = admin_client.get(page_of(make_record(decision="released"))).content.decode()
    assert _buttons(page) == ["Look up again, at most 0.03 EUR …", "Reopen …"]


def test_a_record_without_flags_has_neither_a_sum_nor_a_second_score(admin_client: Client) -> None:
    page = admin_client.get(page_of(make_record(verdict="allow", score=0))).content.decode()
    assert "No finding counts." in page
    assert "ni-sum" not in page
    assert '<table class="ni-findings">' not in page
    assert page.count(">Score<") == 0
    assert page.count('class="ni-bar-score"') == 1
