"""A fault of ours never breaks a signup: the form answers, and somebody is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from number_insight import signals
from number_insight.models import NumberInsightRecord
from number_insight.screening import attachment, refusal, signup, worker
from number_insight.validators import NumberInsightValidator
from tests.models import Customer
from tests.support.stage import CLEAN, VIRTUAL, asking, fake, heard, logged, screened
from tests.views import SignupForm

pytestmark = pytest.mark.django_db

CANARY = "+46701740677"


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """The arguments that receivers of `screening_failed` were given."""
    with heard(signals.screening_failed) as found:
        yield found


@pytest.fixture
def broken_table(transactional_db: None) -> Iterator[None]:
    """A database in which our INSERT fails, as it does before `migrate` or on a full disk."""
    table = NumberInsightRecord._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE gone RENAME TO {table}")


def test_a_signup_whose_record_cannot_be_written_goes_on(
    broken_table: None, told: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    with transaction.atomic():
        customer = Customer.objects.create(name="Ada", phone=CANARY)
        customer.email = "ada@example.org"
        customer.save()  # the transaction is whole
    assert Customer.objects.get() == customer
    (failure,) = told
    assert (failure["subject"], failure["field"], failure["source"]) == (
        customer,
        "tests.Customer.phone",
        "signup",
    )
    assert isinstance(failure["error"], DatabaseError)
    (line,) = logged(caplog)
    assert line.startswith("A signup could not be recorded for screening (")
    assert not any(CANARY[1:] in entry for entry in logged(caplog))


def test_enforcement_that_cannot_read_its_evidence_lets_people_in(
    broken_table: None, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(NUMBER_INSIGHT=fake(ENFORCEMENT="enforce")), transaction.atomic():
        form = SignupForm({"name": "Ada", "phone": CANARY})
        assert form.is_valid()
        form.save()
    assert Customer.objects.count() == 1
    assert any("The evidence on a number could not be read" in line for line in logged(caplog))


def test_screen_returns_a_record_without_a_key_where_it_could_not_be_written(
    broken_table: None, told: list[dict[str, Any]]
) -> None:
    assert signup.screen(CANARY).pk is None
    assert len(told) == 1


def test_attach_raises_nothing_either(broken_table: None, told: list[dict[str, Any]]) -> None:
    with signup.suspended():
        customer = Customer.objects.create(name="Ada", phone=CLEAN)
    with transaction.atomic():
        assert attachment.attach(customer, record=NumberInsightRecord(pk=1, number=CLEAN)) is None
        assert Customer.objects.count() == 1
    assert len(told) == 1


def test_a_bug_of_ours_does_not_break_a_signup(
    monkeypatch: pytest.MonkeyPatch, told: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_args: Any, **_kwargs: Any) -> Any:
        raise ZeroDivisionError(CANARY)

    monkeypatch.setattr(signup, "insert", stumble)
    Customer.objects.create(name="Ada", phone=CANARY)
    NumberInsightValidator()(CANARY)
    assert [type(failure["error"]) for failure in told] == [ZeroDivisionError] * 2
    assert logged(caplog) and not any(CANARY[1:] in line for line in logged(caplog))


def test_a_bug_in_the_judging_refuses_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_args: Any, **_kwargs: Any) -> Any:
        raise ZeroDivisionError(CANARY)

    monkeypatch.setattr(refusal, "judge_on_known_facts", stumble)
    with asking(ENFORCEMENT="enforce"):
        assert not refusal.is_denied(CANARY)
    assert logged(caplog) and not any(CANARY[1:] in line for line in logged(caplog))


def test_a_provider_that_is_misconfigured_keeps_records_waiting_with_a_note() -> None:
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": {"default": {"BACKEND": "no.such.Thing"}}}):
        record = screened(CLEAN)
    assert record.state == "queued"
    assert "no.such.Thing" in record.note or "No module named" in record.note
    with asking():
        worker.screen(record.pk)
    record.refresh_from_db()
    assert (record.verdict, record.note) == ("allow", "")


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "x" * 500])
def test_what_no_column_can_hold_is_cut_to_what_it_can(text: str) -> None:
    record = signup.screen(text, name=text, country=text)
    record.refresh_from_db()
    assert (len(record.number) <= 32, record.declared_country) == (True, "")
    assert "\x00" not in record.number + record.declared_name


def test_suspended_is_over_when_its_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), signup.suspended():
        raise ZeroDivisionError
    assert signup.screen(VIRTUAL).pk is not None
