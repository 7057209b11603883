"""Models that are copies of others, as a history has them, are not screened."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from number_insight.modelfields import ScreenedPhoneNumberField
from number_insight.models import NumberInsightRecord
from tests.models import Customer, TrackedCustomer
from tests.support.stage import CLEAN, VIRTUAL, asking, sweep

pytestmark = pytest.mark.django_db


def screened() -> list[tuple[str, Any]]:
    """Return each record's number and subject, the oldest first."""
    return [(one.number, one.subject) for one in NumberInsightRecord.objects.order_by("pk")]


def test_a_history_leaves_one_record_for_each_number_and_none_for_its_own_rows() -> None:
    ada = TrackedCustomer.objects.create(name="Ada", phone=CLEAN)
    ada.name = "Ada L."
    ada.save()
    ada.phone = VIRTUAL
    ada.save()
    ada.delete()
    assert TrackedCustomer.history.count() == 4
    assert [number for number, _subject in screened()] == [CLEAN, VIRTUAL]
    kinds = NumberInsightRecord.objects.values_list("subject_type__model", flat=True)
    assert set(kinds) == {"trackedcustomer"}


def test_the_second_of_a_family_is_not_crowded_by_the_history_of_the_first() -> None:
    with asking():
        TrackedCustomer.objects.create(name="Ada", phone=CLEAN)
        Customer.objects.create(name="Ben", phone=CLEAN)
        sweep()
    seen = [record.history.get("number_seen") for record in NumberInsightRecord.objects.all()]
    assert sorted(filter(None, seen)) == [1]
    assert set(NumberInsightRecord.objects.values_list("verdict", flat=True)) == {"allow"}


def test_a_history_passes_the_checks_of_a_field_whose_attributes_it_lacks() -> None:
    errors = StringIO()
    call_command("check", stderr=errors)
    assert "E019" not in errors.getvalue()


def test_a_row_of_a_history_has_its_number_and_no_record() -> None:
    TrackedCustomer.objects.create(name="Ada", phone=CLEAN)
    row = TrackedCustomer.history.get()
    assert (row.phone, row.get_phone_record()) == (CLEAN, None)
    assert TrackedCustomer.history.filter(phone="+46 70-174 06 05").exists()


def test_going_back_in_a_history_screens_the_number_only_if_it_changes() -> None:
    ada = TrackedCustomer.objects.create(name="Ada", phone=CLEAN)
    ada.name = "Ada L."
    ada.save()
    ada.history.earliest().instance.save()
    assert TrackedCustomer.objects.get().name == "Ada"
    assert [number for number, _subject in screened()] == [CLEAN]
    ada.phone = VIRTUAL
    ada.save()
    ada.history.earliest().instance.save()
    assert [number for number, _subject in screened()] == [CLEAN, VIRTUAL, CLEAN]


@pytest.fixture
def made() -> Iterator[Callable[..., type[models.Model]]]:
    """Make models with temporary tables, which end no transaction on MariaDB."""
    tables = []

    def make(name: str, *bases: type[models.Model], **fields: Any) -> type[models.Model]:
        meta = type("Meta", (), {"app_label": "tests"})
        attributes = {"__module__": __name__, "Meta": meta, **fields}
        model: Any = type(name, bases or (models.Model,), attributes)
        statement, parameters = connection.schema_editor(collect_sql=True).table_sql(model)
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("CREATE TABLE", "CREATE TEMPORARY TABLE"), parameters)
        tables.append(connection.ops.quote_name(model._meta.db_table))
        return model

    with isolate_apps("tests"):
        yield make
    if not connection.features.can_rollback_ddl:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TEMPORARY TABLE {', '.join(tables)}")


def phone() -> Any:
    return Customer._meta.get_field("phone")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda field: field.clone()])
def test_a_model_whose_field_is_a_copy_is_not_screened(made: Any, copied: Any) -> None:
    history = made("CustomerHistory", phone=copied(phone()))
    row = history.objects.create(phone=CLEAN)
    row.phone = VIRTUAL
    row.save()
    assert screened() == []


def test_a_copy_that_comes_by_an_abstract_model_is_not_screened(made: Any) -> None:
    class Past(models.Model):
        phone = copy.copy(phone())

        class Meta:
            abstract = True
            app_label = "tests"

    made("CustomerPast", Past).objects.create(phone=CLEAN)
    assert screened() == []


def test_what_is_declared_on_an_abstract_model_is_screened_on_each_of_its_children(
    made: Any,
) -> None:
    class Person(models.Model):
        phone = ScreenedPhoneNumberField()

        class Meta:
            abstract = True
            app_label = "tests"

    for name in ("Buyer", "Seller"):
        made(name, Person).objects.create(phone=CLEAN)
    fields = NumberInsightRecord.objects.order_by("pk").values_list("field", flat=True)
    assert list(fields) == ["tests.Buyer.phone", "tests.Seller.phone"]


def test_the_field_that_was_copied_is_still_screened(made: Any) -> None:
    made("Another", phone=copy.copy(phone()))
    Customer.objects.create(name="Ada", phone=CLEAN)
    assert [number for number, _subject in screened()] == [CLEAN]
