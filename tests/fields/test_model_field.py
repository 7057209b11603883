"""Saving a new or changed number screens it, and nothing else does."""

from __future__ import annotations

import json
import uuid

import pytest
from django.core import serializers
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.state import ModelState, ProjectState
from django.test.utils import CaptureQueriesContext

from number_insight.modelfields import ScreenedPhoneNumberField
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.screening import suspended
from tests.models import ChildCustomer, Customer, ProxyCustomer, TwoNumbers, UUIDCustomer
from tests.support.stage import CLEAN, IMPOSSIBLE, VIRTUAL, asking, sweep

pytestmark = pytest.mark.django_db


def numbers() -> list[str]:
    """Return the numbers that were screened, the oldest first."""
    return list(NumberInsightRecord.objects.order_by("pk").values_list("number", flat=True))


def test_a_new_number_is_screened_and_linked(customer: Customer) -> None:
    record = customer.get_phone_record()
    assert (record.number, record.source, record.field) == (CLEAN, "signup", "tests.Customer.phone")
    assert record.subject == customer
    assert list(NumberInsightRecord.objects.for_subject(customer)) == [record]


def test_a_changed_number_is_screened_as_a_change(customer: Customer) -> None:
    customer.phone = VIRTUAL
    customer.save()
    assert numbers() == [CLEAN, VIRTUAL]
    assert customer.get_phone_record().source == "change"


def test_an_unchanged_number_is_not_screened_and_costs_no_query(customer: Customer) -> None:
    loaded = Customer.objects.get()
    loaded.name, loaded.phone = "Ada L.", "+46 70-174 06 05"
    with CaptureQueriesContext(connection) as queries:
        loaded.save()
    assert (numbers(), len(queries)) == ([CLEAN], 1)


def test_a_number_that_changes_back_and_forth_is_screened_each_time(customer: Customer) -> None:
    for number in (VIRTUAL, CLEAN, CLEAN, VIRTUAL):
        customer.phone = number
        customer.save()
    assert numbers() == [CLEAN, VIRTUAL, CLEAN, VIRTUAL]


def test_update_fields_decide_what_is_screened(customer: Customer) -> None:
    customer.phone = VIRTUAL
    customer.save(update_fields=["name"])
    assert numbers() == [CLEAN]
    customer.save(update_fields=["phone"])
    assert numbers() == [CLEAN, VIRTUAL]


@pytest.mark.parametrize("loaded", [Customer.objects.defer("phone"), Customer.objects.only("name")])
def test_a_deferred_number_is_screened_if_it_changes_and_only_then(
    customer: Customer, loaded: models.QuerySet[Customer]
) -> None:
    found = loaded.all().get()
    found.save()
    assert found.phone == CLEAN
    found.save()
    assert numbers() == [CLEAN]
    found = loaded.all().get()
    found.phone = CLEAN
    found.save()
    assert numbers() == [CLEAN]
    found.phone = VIRTUAL
    found.save()
    assert numbers() == [CLEAN, VIRTUAL]


def test_what_another_process_changed_is_not_screened_again(customer: Customer) -> None:
    Customer.objects.update(phone=VIRTUAL)
    customer.refresh_from_db()
    customer.save()
    assert numbers() == [CLEAN]


def test_a_failed_save_leaves_nothing_to_be_screened_by_the_next(customer: Customer) -> None:
    other = Customer.objects.get()
    other.phone = VIRTUAL
    other.pk, other._state.adding = customer.pk, True
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save(force_insert=True)
    other._state.adding = False
    other.save(update_fields=["name"])
    assert numbers() == [CLEAN]


def test_a_copy_is_a_new_object_with_a_new_record(customer: Customer) -> None:
    copy = Customer.objects.get()
    copy.pk = None
    copy.save()
    assert numbers() == [CLEAN, CLEAN]
    assert copy.get_phone_record().subject == copy


@pytest.mark.parametrize("model", [ProxyCustomer, ChildCustomer])
def test_proxies_and_child_models_are_screened(model: type[Customer]) -> None:
    saved = model.objects.create(name="Ada", phone=CLEAN)
    assert saved.get_phone_record().number == CLEAN
    saved = model.objects.get()
    saved.phone = VIRTUAL
    saved.save()
    assert numbers() == [CLEAN, VIRTUAL]


def test_a_key_that_is_no_number_is_linked_too() -> None:
    customer = UUIDCustomer.objects.create(phone=CLEAN)
    record = customer.get_phone_record()
    assert (record.subject_id, record.subject) == (str(customer.pk), customer)
    assert isinstance(record.subject.pk, uuid.UUID)


def test_each_field_of_a_model_has_its_own_record() -> None:
    both = TwoNumbers.objects.create(phone=CLEAN, backup_phone=VIRTUAL)
    assert both.get_phone_record().number == CLEAN
    assert both.get_backup_phone_record().number == VIRTUAL


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_number_is_nothing_to_screen(nothing: str | None) -> None:
    both = TwoNumbers.objects.create(phone=CLEAN, backup_phone=nothing)
    both.backup_phone = VIRTUAL
    both.save()
    both.backup_phone = nothing
    both.save()
    assert numbers() == [CLEAN, VIRTUAL]
    assert not TwoNumbers.objects.get().backup_phone


def test_bulk_create_and_update_screen_nothing() -> None:
    Customer.objects.bulk_create([Customer(name="Ada", phone=CLEAN)])
    Customer.objects.update(phone=VIRTUAL)
    assert numbers() == []


def test_fixtures_screen_nothing(customer: Customer) -> None:
    text = serializers.serialize("json", [customer])
    NumberInsightRecord.objects.all().delete()
    for loaded in serializers.deserialize("json", text.replace(CLEAN, VIRTUAL)):
        loaded.save()
    assert Customer.objects.get().phone == VIRTUAL
    assert numbers() == []
    assert json.loads(text)[0]["fields"]["phone"] == CLEAN


def test_the_models_of_migrations_screen_nothing() -> None:
    state = ProjectState()
    state.add_model(ModelState.from_model(Customer))
    historical = state.apps.get_model("tests", "Customer")
    historical.objects.create(name="Ada", phone=CLEAN)
    assert Customer.objects.get().phone == CLEAN
    assert numbers() == []


def test_suspended_saves_screen_nothing_and_the_next_ones_do() -> None:
    with suspended():
        customer = Customer.objects.create(name="Ada", phone=CLEAN)
    assert numbers() == []
    customer.phone = VIRTUAL
    customer.save()
    assert numbers() == [VIRTUAL]


def test_what_cannot_be_a_number_is_saved_recorded_and_denied_for_free() -> None:
    customer = Customer.objects.create(name="Ada", phone=IMPOSSIBLE)
    with asking():
        sweep()
    record = customer.get_phone_record()
    assert (record.number, record.verdict, record.basis) == (IMPOSSIBLE, "deny", "free")
    assert not Lookup.objects.exists()
    assert Customer.objects.get().phone.raw_input == IMPOSSIBLE


def test_the_field_is_written_into_migrations_as_it_is() -> None:
    field = ScreenedPhoneNumberField(region="SE", null=True)
    _, path, args, kwargs = field.deconstruct()
    assert path == "number_insight.modelfields.ScreenedPhoneNumberField"
    again = ScreenedPhoneNumberField(*args, **kwargs)
    assert again.deconstruct()[1:] == field.deconstruct()[1:]
    assert (again.region, again.max_length) == ("SE", 128)


def test_the_form_of_a_model_refuses_but_never_buys() -> None:
    field = Customer._meta.get_field("phone").formfield()
    assert field.clean("+46 70 174 06 05") == CLEAN
    assert numbers() == []


def test_a_parent_finds_the_record_that_its_child_was_saved_with() -> None:
    child = ChildCustomer.objects.create(name="Ada", phone=CLEAN)
    parent = Customer.objects.get(pk=child.pk)
    assert parent.get_phone_record() == child.get_phone_record() is not None
