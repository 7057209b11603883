"""A backfill finds exactly the rows that have no record, says what they cost, and goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.test import override_settings
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import NumberInsightRecord, Pace
from number_insight.privacy import subject
from number_insight.screening import signup
from tests.models import ChildCustomer, Customer, TwoNumbers, UUIDCustomer
from tests.support import stage
from tests.support.stage import command

pytestmark = pytest.mark.django_db

PHONE = "tests.Customer.phone"
FIRST, SECOND, THIRD = (f"+4670174069{last}" for last in "123")
CLEAN, OTHER = "+46701750605", "+46701750606"


@pytest.fixture(autouse=True)
def fake_provider():
    with stage.asking():
        yield


def backfill(path: str = PHONE, **options: Any) -> str:
    """Return what ``number_insight_backfill`` prints."""
    return command("backfill", path, **options)


def unscreened(*numbers: str) -> list[Customer]:
    with signup.suspended():
        return [Customer.objects.create(name="Ada", phone=number) for number in numbers]


def queued() -> list[str]:
    rows = NumberInsightRecord.objects.filter(source="backfill").order_by("pk")
    return list(rows.values_list("number", flat=True))


def test_rows_without_a_record_are_queued_once_without_an_ip():
    first, _second = unscreened(FIRST, SECOND)
    assert "2 records queued." in backfill()
    assert queued() == [FIRST, SECOND]
    record = first.get_phone_record()
    assert (record.field, record.state, record.ip_address) == (PHONE, "queued", None)
    assert "0 of the rows" in backfill()
    assert queued() == [FIRST, SECOND]


def test_what_was_screened_on_save_is_passed_over():
    stage.sign_up(FIRST)
    assert "0 of the rows" in backfill()


def test_a_number_that_was_changed_behind_our_back_is_found():
    customer = stage.sign_up(FIRST)
    Customer.objects.filter(pk=customer.pk).update(phone=SECOND)
    backfill()
    assert queued() == [SECOND]


def test_an_erased_record_still_counts_as_screened():
    customer = stage.sign_up(FIRST)
    NumberInsightRecord.objects.update(state="screened")
    subject.erase(subject=customer)
    assert NumberInsightRecord.objects.get().number == ""
    assert "0 of the rows" in backfill()


def test_a_dry_run_counts_and_estimates_and_writes_nothing():
    unscreened(FIRST, SECOND)
    told = backfill(dry_run=True)
    assert "2 of the rows of tests.Customer.phone have no record" in told
    assert "costs at most 0.06 EUR (0.03 each)" in told
    assert queued() == []


def test_a_limit_is_kept_and_a_second_run_goes_on():
    unscreened(FIRST, SECOND, THIRD)
    backfill(limit=2, batch=1)
    assert queued() == [FIRST, SECOND]
    backfill(limit=2, batch=1)
    assert queued() == [FIRST, SECOND, THIRD]


def test_no_more_is_queued_than_the_budget_has_room_for():
    unscreened(FIRST, SECOND, THIRD)
    with stage.asking(BUDGET={"day": "0.07"}):
        told = backfill()
        assert "2 records queued." in told
        assert "no room for the other 1" in told
        assert "0 records queued." in backfill()
    assert queued() == [FIRST, SECOND]


def test_rows_that_cost_nothing_leave_the_bound_where_it_is():
    unscreened(*(f"+4670174{last:04}" for last in range(100, 103)))
    with signup.suspended():
        for _ in range(25):  # the first keys: premium numbers, about which nothing is asked
            Customer.objects.create(name="Ada", phone=stage.PREMIUM)
        late = [Customer.objects.create(name="Ada", phone=f"+4670175{n:04}") for n in range(30)]
    with stage.asking(BUDGET={"day": "1.00"}):
        assert f"costs at most {58 * 0.03:.2f} EUR (0.03 each)" in backfill(dry_run=True)
        assert "33 records queued." in backfill()
    assert late[0].get_phone_record() is not None


@pytest.mark.parametrize("level", ["basic", "standard", "advanced", "auto"])
@pytest.mark.parametrize("cnam", [True, False])
def test_the_bound_is_the_highest_price_of_any_question_that_may_be_asked(level, cnam):
    prices = {"basic": "0.00", "standard": "0.01", "advanced": "0.50", "cnam": "0.25"}
    fake = {"BACKEND": stage.FAKE, "OPTIONS": {"prices": prices}}
    unscreened(FIRST)
    highest = {"basic": 0.0, "standard": 0.01, "advanced": 0.5, "auto": 0.5}[level]
    highest += 0.25 if cnam and level != "basic" else 0
    with stage.asking(PROVIDERS={"default": fake}, LEVEL=level, CNAM=cnam):
        assert f"costs at most {highest:.2f} EUR" in backfill(dry_run=True)


def test_the_bound_follows_what_the_provider_has_charged_above_its_prices():
    unscreened(FIRST)
    today = timezone.localdate().isoformat()
    Pace.objects.create(provider="default", charged={"advanced": ["0.05", today]})
    assert "costs at most 0.05 EUR (0.05 each)" in backfill(dry_run=True)


def test_what_ended_for_want_of_budget_is_taken_up_again():
    customer = stage.sign_up(CLEAN)
    (other,) = unscreened(OTHER)
    with stage.asking(BUDGET={"day": "0.00"}, ON_BUDGET="deny"):
        backfill(limit=1)
        NumberInsightRecord.objects.create(number=OTHER, subject=other, source="backfill")
        stage.sweep()
    assert [one.get_phone_record().basis for one in (customer, other)] == ["budget", "budget"]
    assert "2 more were judged without an answer" in backfill(dry_run=True)
    assert "2 records queued." in backfill()
    assert "0 of the rows" in backfill()
    stage.sweep()
    records = NumberInsightRecord.objects.order_by("pk")
    assert [(one.source, one.basis, one.verdict) for one in records] == [
        ("signup", "answer", "allow"),
        ("backfill", "answer", "allow"),
    ]


def test_what_a_person_has_decided_is_not_taken_up_again():
    customer = stage.sign_up(CLEAN)
    with stage.asking(BUDGET={"day": "0.00"}):
        stage.sweep()
    assert reviewing.release(customer.get_phone_record())
    assert "0 records queued" not in backfill()
    assert customer.get_phone_record().state == "failed"


def test_a_limit_that_a_backfill_has_reached_is_made_up_for():
    unscreened(CLEAN, OTHER)
    with stage.asking(LIMITS={"block": "1/day"}):
        backfill()
        stage.sweep()
        assert sorted(NumberInsightRecord.objects.values_list("basis", flat=True)) == [
            "answer",
            "limit",
        ]
    assert "1 records queued." in backfill()
    stage.sweep()
    assert set(NumberInsightRecord.objects.values_list("basis", flat=True)) == {"answer"}


@pytest.mark.parametrize("typed", ["070-174 06 91", "0701740691", "555-1234", "(070) 174"])
def test_rows_that_hold_no_number_as_they_stand_are_told_and_cost_nothing(typed):
    get_user_model().objects.create(username="ada", first_name=typed)
    get_user_model().objects.create(username="grace", first_name="n/a")
    get_user_model().objects.create(username="joan", first_name=" ")
    get_user_model().objects.create(username="mary", first_name=FIRST)
    told = backfill("auth.User.first_name", dry_run=True)
    assert "3 of the rows of auth.User.first_name have no record" in told
    assert "2 of them hold no number as they stand" in told
    assert "PHONENUMBER_DEFAULT_REGION" in told
    assert "costs at most 0.03 EUR" in told


def test_with_a_region_the_same_rows_hold_numbers():
    get_user_model().objects.create(username="ada", first_name="070-174 06 91")
    with override_settings(PHONENUMBER_DEFAULT_REGION="SE"):
        assert "hold no number" not in backfill("auth.User.first_name", dry_run=True)


@pytest.mark.parametrize("name", ["first_name", "last_name", "password"])
def test_a_field_that_holds_no_numbers_is_refused(name):
    get_user_model().objects.create_user(
        "ada", "ada@example.com", "secret 12345", first_name="Ada", last_name="O'Neill 3"
    )
    for is_dry in (True, False):
        with pytest.raises(CommandError, match=f"No value of auth.User.{name} looks like a phone"):
            backfill(f"auth.User.{name}", dry_run=is_dry)
    assert not NumberInsightRecord.objects.exists()


def test_nothing_is_queued_while_lookups_are_off_or_screening_is_suspended():
    unscreened(FIRST)
    with stage.asking(ENABLED=False), pytest.raises(CommandError, match="switched off"):
        backfill()
    with signup.suspended(), pytest.raises(CommandError, match="suspended"):
        backfill()
    assert queued() == []


def test_what_is_queued_is_screened_by_the_sweep():
    (customer,) = unscreened(stage.VIRTUAL)
    backfill()
    stage.sweep()
    assert customer.get_phone_record().verdict == "review"


def test_any_text_field_can_be_screened():
    with override_settings(PHONENUMBER_DEFAULT_REGION="SE"):
        user = get_user_model().objects.create(username="ada", first_name="070-174 06 91")
        get_user_model().objects.create(username="grace")
        backfill("auth.User.first_name")
    assert queued() == [FIRST]
    record = NumberInsightRecord.objects.for_subject(user).get()
    assert record.field == "auth.User.first_name"


def test_a_record_from_a_form_counts_for_a_field_that_is_not_ours():
    user = get_user_model().objects.create(username="ada", first_name=FIRST)
    signup.screen(FIRST, subject=user)
    assert "0 of the rows" in backfill("auth.User.first_name")


def test_keys_that_are_no_integers_and_numbers_that_are_not_there_do_no_harm():
    with signup.suspended():
        UUIDCustomer.objects.create(phone=FIRST)
        UUIDCustomer.objects.create(phone="")
        TwoNumbers.objects.create(phone=SECOND, backup_phone=None)
    backfill("tests.UUIDCustomer.phone", batch=1)
    backfill("tests.TwoNumbers.backup_phone")
    assert queued() == [FIRST]


def test_a_child_models_row_is_not_screened_again_as_its_parents():
    child = ChildCustomer.objects.create(name="Ada", phone=FIRST)
    assert NumberInsightRecord.objects.for_subject(child).count() == 1
    assert "0 of the rows" in backfill()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Customer", "write app.Model.field"),
        ("test.Customer.phone", "Did you mean 'tests'?"),
        ("tests.Custmer.phone", "Did you mean 'Customer'?"),
        ("tests.Customer.phne", "Did you mean 'phone'?"),
        ("tests.Customer.id", "holds no text"),
        ("auth.User.email", "'email' is an EmailField, so it holds no numbers"),
    ],
)
def test_a_bad_path_is_one_clear_sentence(path, said):
    with pytest.raises(CommandError) as caught:
        backfill(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
