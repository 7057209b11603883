"""``WAIT`` lets a form wait for a verdict, within its bound; one IP is not refused for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.db import connections, transaction
from django.test import RequestFactory, override_settings

from number_insight import exceptions
from number_insight.forms import ScreenedFormMixin
from number_insight.models import NumberInsightRecord
from number_insight.screening import refusal, sweeps
from number_insight.screening.bell import bell
from number_insight.screening.visitor import visiting
from tests.models import Customer
from tests.support.servers import free_port
from tests.support.stage import CLEAN, PREMIUM, VONAGE, asking, fake
from tests.support.stubs import Stub, hangs

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = "This phone number cannot be used here. Please use another one, or contact us."
PATIENCE = timedelta(seconds=5)
WAITING: dict[str, Any] = {"ENFORCEMENT": "enforce", "WAIT": PATIENCE}


class SignupForm(ScreenedFormMixin, forms.Form):
    """The recommended form, on a plain field."""

    screened_fields = ("phone",)
    phone = forms.CharField()


@pytest.fixture(autouse=True)
def no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker of these tests needs no bell."""
    monkeypatch.setattr(bell, "ring", lambda record_id, **_options: True)


@contextmanager
def worker() -> Iterator[None]:
    """Sweep in another thread, with connections of its own."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            sweeps.sweep(inline=True)
        connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def errors(number: str) -> dict[str, list[str]]:
    """Return the errors of a form for `number`."""
    return dict(SignupForm({"phone": number}).errors)


def test_a_form_waits_for_the_verdict_and_refuses_what_is_denied() -> None:
    with override_settings(NUMBER_INSIGHT=fake(**WAITING)), worker():
        assert errors(PREMIUM) == {"phone": [MESSAGE]}
    record = NumberInsightRecord.objects.get()
    assert (record.state, record.number, str(record)) == ("refused", "", "+46 70 *** ** 12")
    assert [flag.code for flag in record.flags.all()] == ["premium"]


@pytest.mark.parametrize("named", [True, False])
def test_a_model_form_waits_where_the_field_is_named_and_is_linked_to_one_record(
    named: bool,
) -> None:
    class CustomerForm(ScreenedFormMixin, forms.ModelForm):  # type: ignore[type-arg]
        screened_fields = ("phone",) if named else ()

        class Meta:
            model = Customer
            fields = ("phone",)

    request = RequestFactory().post("/")
    with override_settings(NUMBER_INSIGHT=fake(**WAITING)), worker(), visiting(request):
        assert CustomerForm({"phone": PREMIUM}).is_valid() is not named
        form = CustomerForm({"phone": CLEAN})
        assert form.is_valid()
        customer = form.save()
    (record,) = NumberInsightRecord.objects.for_number(CLEAN)
    assert (record.subject, record.source) == (customer, "signup")


@pytest.mark.parametrize("hanging", [True, False])
def test_with_both_providers_down_a_form_answers_in_time_and_refuses_nobody(hanging: bool) -> None:
    with Stub(hangs) as first, Stub(hangs) as second:
        urls = [first.url, second.url] if hanging else [f"http://127.0.0.1:{free_port()}"] * 2
        options = [{"api_key": "k", "api_secret": "s", "timeout": 1, "base_url": u} for u in urls]
        names = zip(("default", "spare"), options, strict=True)
        providers = {name: {"BACKEND": VONAGE, "OPTIONS": given} for name, given in names}
        told = {**WAITING, "FALLBACKS": ["spare"], "ON_NO_ANSWER": "deny", "PROVIDERS": providers}
        with override_settings(NUMBER_INSIGHT=told), worker():
            began = time.monotonic()
            assert errors(CLEAN) == {}
            took = time.monotonic() - began
        assert took < PATIENCE.total_seconds() + 1
        assert (len(first.requests), len(second.requests)) == ((1, 0) if hanging else (0, 0))
    record = NumberInsightRecord.objects.get()
    if hanging:  # it may have been paid, so the other one is not asked, and nobody waits for more
        assert (record.basis, record.verdict, took < 4) == ("no_answer", "deny", True)
    else:  # it was not, and both are asked again
        assert record.verdict == "pending"


def test_what_is_allowed_passes_as_soon_as_it_is_known() -> None:
    with override_settings(NUMBER_INSIGHT=fake(**WAITING)), worker():
        began = time.monotonic()
        assert errors(CLEAN) == {}
    assert time.monotonic() - began < PATIENCE.total_seconds()
    assert NumberInsightRecord.objects.get().verdict == "allow"


def test_a_missing_answer_refuses_nobody_however_long_it_was_waited_for() -> None:
    answers = {PREMIUM: exceptions.NoAnswer("nothing")}
    with override_settings(NUMBER_INSIGHT=fake(answers, ON_NO_ANSWER="deny", **WAITING)), worker():
        assert errors(PREMIUM) == {}
    assert NumberInsightRecord.objects.get().verdict == "deny"


def test_where_nobody_works_the_form_waits_no_longer_than_it_may() -> None:
    patience = timedelta(milliseconds=200)
    with asking(ENFORCEMENT="enforce", WAIT=patience):
        began = time.monotonic()
        assert errors(PREMIUM) == {}
    assert 0.2 <= time.monotonic() - began < 2
    assert NumberInsightRecord.objects.get().state == "queued"


@pytest.mark.parametrize(
    ("options", "atomic"), [(WAITING, True), ({"ENFORCEMENT": "observe", "WAIT": PATIENCE}, False)]
)
def test_nothing_is_waited_for_in_a_transaction_or_while_observing(
    options: dict[str, Any], atomic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusal.time, "sleep", pytest.fail)
    with asking(**options):
        if atomic:
            with transaction.atomic():
                assert errors(PREMIUM) == {}
        else:
            assert errors(PREMIUM) == {}
