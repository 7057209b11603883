"""An error report of Django's, as it is mailed to admins, shows no secret, number, IP or name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.test import override_settings
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from number_insight import loading, signals
from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.lookups import questions
from number_insight.models import NumberInsightRecord
from number_insight.providers.base import Provider, Question
from number_insight.screening import inquiry, refusal, screen, signup, webhook, worker
from number_insight.testing import LookupFactory
from tests.models import Customer
from tests.privacy.stage import CANARIES, IP, NAME, NUMBER, SECRET, found_in
from tests.support.stage import VONAGE

pytestmark = pytest.mark.django_db


class Fault(BaseException):
    """An exception that no code catches, so that a report is written wherever it is raised."""


class Broken(Provider):
    """A stranger's provider with a bug, and with secrets in its frames."""

    def __init__(self, *, api_secret: str = "") -> None:
        super().__init__()
        self.api_secret = api_secret

    def lookup(self, question: Question) -> Any:
        secret, number, ip = self.api_secret, question.number, question.ip  # noqa: F841
        raise Fault


class NeverMade(Broken):
    def __init__(self, *, api_secret: str = "") -> None:
        raise TypeError("It does not take this.")


def fail(*_: object, **__: object) -> None:
    raise Fault


def lose(*_: object, **__: object) -> None:
    raise DatabaseError("It is gone.")


def using(provider: type[Provider]) -> override_settings:
    entry = {"BACKEND": f"{__name__}.{provider.__name__}", "OPTIONS": {"api_secret": SECRET}}
    return override_settings(NUMBER_INSIGHT={"PROVIDERS": {"default": entry}})


def reported(work: Callable[[], object], kinds: type[BaseException] = Fault) -> str:
    """Return the report on the exception that `work` raises, with the locals of every frame."""
    try:
        work()
    except kinds:
        reporter = ExceptionReporter(None, *sys.exc_info())
        return reporter.get_traceback_html() + reporter.get_traceback_text()
    raise AssertionError("Nothing was raised.")


def test_a_report_shows_the_locals_of_code_that_does_not_hide_them() -> None:
    def careless() -> None:
        number = NUMBER  # noqa: F841
        raise Fault

    assert found_in(reported(careless)) == [NUMBER[1:], NUMBER[3:]]


def test_a_report_on_the_call_of_a_provider() -> None:
    with using(Broken):
        record = screen(NUMBER, ip=IP, name=NAME)
        text = reported(lambda: worker.screen(record.pk))
    assert "Broken" in text
    assert found_in(text) == []


def test_a_report_on_an_inquiry() -> None:
    with using(Broken):
        asked = inquiry.Inquiry(number=NUMBER, ip=IP)
        text = reported(lambda: inquiry.inquire(asked))
    assert found_in(text) == []


def test_a_report_on_a_provider_that_cannot_be_made() -> None:
    with using(NeverMade):
        text = reported(loading.provider, ImproperlyConfigured)
    assert "do not fit" in text
    assert found_in(text) == []


@pytest.mark.parametrize("broken", ["insert", "screened_before", "_alpha2"])
def test_a_report_on_a_signup(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signup, broken, fail)
    customer = Customer(pk=7, name="Ada", phone=NUMBER)
    text = reported(lambda: screen(customer.phone, ip=IP, name=NAME, subject=customer))
    assert found_in(text) == []
    assert found_in(reported(customer.save)) == []


def test_a_report_on_a_save_that_the_database_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = Customer.objects.create(name="Ada", phone="")
    customer.phone = NUMBER

    monkeypatch.setattr(type(Customer._base_manager), "using", lose)
    assert found_in(reported(customer.save, DatabaseError)) == []


def test_our_frames_in_a_report_on_a_form() -> None:
    class SignupForm(forms.Form):
        phone = ScreenedPhoneNumberField(validators=[fail])

    form = SignupForm({"phone": NUMBER})
    try:
        form.is_valid()
    except Fault:
        frames = ExceptionReporter(None, *sys.exc_info()).get_traceback_frames()
    ours = [frame for frame in frames if "number_insight/formfields" in frame["filename"]]
    told = " ".join(repr(frame["vars"]) for frame in ours)
    assert "value" in told
    assert found_in(told) == []


def test_a_report_on_the_signal_that_a_screening_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    signals.screening_failed.connect(fail)
    monkeypatch.setattr(NumberInsightRecord, "save", lose)
    try:
        text = reported(lambda: screen(NUMBER, ip=IP, name=NAME))
    finally:
        signals.screening_failed.disconnect(fail)
    assert found_in(text) == []


def test_a_report_on_reading_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "fresh", fail)
    record = NumberInsightRecord(number=NUMBER, ip_address=IP, declared_name=NAME)
    assert found_in(reported(lambda: refusal.judge_on_known_facts(record))) == []


def test_a_report_on_a_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "provider", fail)
    lookup = LookupFactory(number=NUMBER, state="submitted")
    text = reported(lambda: webhook.absorb(lookup.pk, callback()))
    assert found_in(text) == []


def callback() -> bytes:
    return f'{{"status": 0, "number": "{NUMBER[1:]}"}}'.encode()


def test_the_settings_page_of_a_report_hides_every_secret() -> None:
    options = {
        "api_key": SECRET,
        "api_secret": SECRET,
        "client_secret": SECRET,
        "signature_secret": SECRET,
        "private_key": SECRET,
    }
    providers = {
        "default": {"BACKEND": VONAGE, "OPTIONS": options},
        "others": [{"OPTIONS": options}],
    }
    with override_settings(
        NUMBER_INSIGHT={"PROVIDERS": providers, "FINGERPRINT_KEYS": [SECRET], "LEVEL": "basic"}
    ):
        shown = SafeExceptionReporterFilter().get_safe_settings()["NUMBER_INSIGHT"]
        whole = reported(lambda: (_ for _ in ()).throw(Fault))
    assert SECRET not in repr(shown)
    assert shown["LEVEL"] == "basic"
    assert found_in(whole, [*CANARIES]) == []
