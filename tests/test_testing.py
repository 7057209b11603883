"""A host project's tests get the fake provider, and an error on any real request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import SimpleTestCase, TestCase, override_settings

from number_insight import exceptions, loading, signals
from number_insight.providers.base import Question
from number_insight.screening import screen
from number_insight.testing import (
    LookupFactory,
    NumberInsightTestMixin,
    RealRequest,
    RecordFactory,
    RiskFlagFactory,
    Screenings,
    screenings,
)
from tests.models import Customer
from tests.support.stage import CLEAN, VIRTUAL, VONAGE, heard


@pytest.fixture
def number_insight() -> Iterator[Screenings]:
    """The fixture as `pytest_plugins` would give it."""
    with screenings() as found:
        yield found


@pytest.mark.django_db
def test_inside_a_tests_transaction_run_does_the_workers_work(number_insight: Screenings) -> None:
    number_insight.answer(CLEAN, line_type="virtual")
    customer = Customer.objects.create(name="Ada", phone=CLEAN)
    assert number_insight.run() == 1
    assert customer.get_phone_record().verdict == "review"
    assert [question.number for question in number_insight.asked] == [CLEAN]


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_screened_at_once(number_insight: Screenings) -> None:
    customer = Customer.objects.create(name="Ada", phone=VIRTUAL)
    assert customer.get_phone_record().verdict == "review"


@pytest.mark.django_db
def test_a_provider_can_be_made_to_fail(number_insight: Screenings) -> None:
    number_insight.fail(CLEAN, exceptions.NoAnswer("no"))
    record = screen(CLEAN)
    number_insight.run()
    record.refresh_from_db()
    assert (record.verdict, record.lane) == ("review", "no_answer")


@pytest.mark.django_db
def test_run_tells_the_receivers(number_insight: Screenings) -> None:
    with heard(signals.record_screened) as told:
        screen(CLEAN)
        number_insight.run()
    assert [given["record"].verdict for given in told] == ["allow"]


@pytest.mark.django_db
def test_a_real_request_is_an_error() -> None:
    options = {"api_key": "k", "api_secret": "s"}
    real = {"PROVIDERS": {"default": {"BACKEND": VONAGE, "OPTIONS": options}}}
    refused = pytest.raises(RealRequest, match="api.nexmo.com")
    with screenings() as found, override_settings(NUMBER_INSIGHT=real), refused:
        loading.provider().lookup(Question(number=CLEAN, level="basic"))
    assert found.asked == []


@pytest.mark.django_db
def test_nothing_is_left_behind(number_insight: Screenings) -> None:
    assert number_insight.asked == []


@pytest.mark.django_db
def test_the_factories_make_rows() -> None:
    flag = RiskFlagFactory()
    assert (flag.record.verdict, flag.record.number[:3]) == ("allow", "+46")
    assert RecordFactory(verdict="deny", lookup=LookupFactory()).lookup.state == "answered"


class MixinTest(NumberInsightTestMixin, TestCase):
    """The mixin in Django's own test case."""

    number_insight_options = {"THRESHOLDS": {"review": 10, "deny": 20}}

    def test_the_options_are_those_of_the_class(self) -> None:
        record = screen(VIRTUAL)
        self.number_insight.run()
        record.refresh_from_db()
        assert record.verdict == "deny"

    def test_every_test_begins_with_nothing_asked(self) -> None:
        assert self.number_insight.asked == []


class PlainTest(NumberInsightTestMixin, SimpleTestCase):
    """The mixin where there is no database."""

    def test_it_needs_none(self) -> None:
        assert self.number_insight.asked == []
