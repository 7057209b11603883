"""A host project's tests get the fake provider, and an error on any real request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import SimpleTestCase, TestCase, override_settings

from number_insight import exceptions, loading, signals
from number_insight.insight import Carrier, Insight, Roaming, Swap
from number_insight.models import NumberInsightRecord
from number_insight.providers.base import Question
from number_insight.screening import attach, screen
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

pytestmark = pytest.mark.django_db


@pytest.fixture
def number_insight() -> Iterator[Screenings]:
    """The fixture as `pytest_plugins` would give it."""
    with screenings() as found:
        yield found


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


def test_a_provider_can_be_made_to_fail(number_insight: Screenings) -> None:
    number_insight.fail(CLEAN, exceptions.NoAnswer("no"))
    record = screen(CLEAN)
    number_insight.run()
    record.refresh_from_db()
    assert (record.verdict, record.lane) == ("review", "no_answer")


def test_run_tells_the_receivers(number_insight: Screenings) -> None:
    with heard(signals.record_screened) as told:
        screen(CLEAN)
        number_insight.run()
    assert [given["record"].verdict for given in told] == ["allow"]


def test_a_real_request_is_an_error() -> None:
    options = {"api_key": "k", "api_secret": "s"}
    real = {"PROVIDERS": {"default": {"BACKEND": VONAGE, "OPTIONS": options}}}
    refused = pytest.raises(RealRequest, match="api.nexmo.com")
    with screenings() as found, override_settings(NUMBER_INSIGHT=real), refused:
        loading.provider().lookup(Question(number=CLEAN, level="basic"))
    assert found.asked == []


def test_nothing_is_left_behind(number_insight: Screenings) -> None:
    assert number_insight.asked == []


def test_the_factories_make_rows() -> None:
    flag = RiskFlagFactory()
    assert (flag.record.verdict, flag.record.number[:3]) == ("allow", "+46")
    assert RecordFactory(verdict="deny", lookup=LookupFactory()).lookup.state == "answered"


HOST = {
    "ENABLED": False,
    "DELIVERY": "async",
    "CALLBACK_BASE_URL": "https://www.example.com",
    "LIMITS": {"number": "0/day", "ip": "0/day"},
    "BUDGET": {"day": "0"},
    "THROUGHPUT": 0.001,
    "RETRY_UNCERTAIN": 3,
    "FALLBACKS": ["backup"],
    "SHARES": {"backup": 100},
    "PROVIDERS": {},
    "THRESHOLDS": {"review": 10, "deny": 20},
}


def test_what_bounds_the_host_does_not_bound_its_tests_and_what_judges_does() -> None:
    with override_settings(NUMBER_INSIGHT=HOST), screenings() as found:
        for _ in range(3):
            record = screen(VIRTUAL, level="advanced")
            found.run()
        record.refresh_from_db()
        assert {question.level for question in found.asked} == {"advanced"}
    assert (record.state, record.verdict) == ("screened", "deny")


def test_what_bounds_can_be_tried_by_name() -> None:
    with override_settings(NUMBER_INSIGHT=HOST), screenings(ENABLED=False) as found:
        record = screen(VIRTUAL)
        found.run()
        record.refresh_from_db()
    assert (record.basis, found.asked) == ("disabled", [])


@pytest.mark.parametrize("typed", ["+46 70-174 06 05", "0046701740605", "070 174 06 05"])
def test_a_number_may_be_written_as_people_do(number_insight: Screenings, typed: str) -> None:
    with override_settings(PHONENUMBER_DEFAULT_REGION="SE"):
        number_insight.answer(typed, line_type="virtual")
        assert number_insight.answers == {CLEAN: {"line_type": "virtual"}}
        number_insight.fail(typed, exceptions.Busy("busy"))
        assert list(number_insight.answers) == [CLEAN]


@pytest.mark.parametrize("act", ["answer", "fail"])
def test_what_is_no_number_raises(number_insight: Screenings, act: str) -> None:
    arguments = [exceptions.Busy("busy")] if act == "fail" else []
    with pytest.raises(exceptions.InvalidNumber):
        getattr(number_insight, act)("nobody", *arguments)


@pytest.mark.parametrize(
    ("facts", "error", "said"),
    [
        ({"linetype": "virtual"}, TypeError, "has no 'linetype'. Did you mean 'line_type'"),
        ({"line_type": "virtuall"}, ValueError, "cannot be 'virtuall'. Did you mean 'virtual'"),
        ({"roaming": {"staus": "roaming"}}, TypeError, "has no 'staus'. Did you mean 'status'"),
        ({"roaming": {"status": "abroad"}}, ValueError, "status cannot be 'abroad'"),
        ({"raw": {}}, TypeError, "has no 'raw'"),
        ({"roaming": "abroad"}, TypeError, "A Roaming is made of a mapping, not of 'abroad'"),
        ({"roaming": Roaming(status="abroad")}, ValueError, "status cannot be 'abroad'"),
        ({"current_carrier": "Telia"}, TypeError, "A Carrier is made of a mapping"),
        ({"current_carrier": {"network_type": "mobil"}}, ValueError, "Did you mean 'mobile'"),
        ({"current_carrier": Carrier(country="Sweden")}, ValueError, "country cannot be 'Sweden'"),
        ({"country": "Sweden"}, ValueError, "alpha-2"),
        ({"country": "UK"}, ValueError, "alpha-2"),
        ({"ip": {"country": "EU"}}, ValueError, "country cannot be 'EU'"),
        ({"price": "three cents"}, ValueError, "price cannot be"),
        ({"status": "0"}, ValueError, "status cannot be '0'"),
    ],
)
def test_a_misspelt_fact_raises(
    number_insight: Screenings, facts: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        number_insight.answer(CLEAN, **facts)
    assert number_insight.answers == {}


def test_every_fact_can_be_told(number_insight: Screenings) -> None:
    facts = Insight(line_type="virtual", current_carrier=Carrier(name="N"), roaming=Roaming())
    number_insight.answer(CLEAN, **facts.as_json())
    record = screen(CLEAN)
    number_insight.run()
    record.refresh_from_db()
    assert (record.line_type, record.carrier_name) == ("virtual", "N")


def test_the_record_of_a_subject_is_its_latest() -> None:
    customer = Customer.objects.create(name="Ada", phone=VIRTUAL)
    record = RecordFactory(subject=customer, verdict="deny")
    assert customer.get_phone_record() == record
    assert (record.number, record.field, record.subject) == (
        VIRTUAL,
        "tests.Customer.phone",
        customer,
    )
    assert RecordFactory(subject=customer, number=CLEAN).number == CLEAN
    assert RecordFactory(subject=User.objects.create(username="x")).field == ""


def test_a_record_may_be_given_its_subject_by_type_and_key() -> None:
    customer = Customer.objects.create(name="Ada", phone=CLEAN)
    kind = ContentType.objects.get_for_model(customer)
    record = RecordFactory(subject_type=kind, subject_id=str(customer.pk))
    assert record.subject == customer


def test_a_record_that_was_attached_by_hand_is_found_for_its_number() -> None:
    customer = Customer.objects.bulk_create([Customer(name="Ada", phone=CLEAN)])[0]
    attach(customer, record=screen(VIRTUAL))
    assert customer.get_phone_record() is None
    record = attach(customer, record=screen(CLEAN))
    assert customer.get_phone_record() == record


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


def test_a_lookup_of_the_factory_keeps_an_answer_with_facts_of_any_vendor() -> None:
    told = Insight(sim_swap=Swap(swapped=True, period_hours=24), missing={"roaming": "failed"})
    lookup = LookupFactory(insight=told)
    lookup.refresh_from_db()
    assert Insight.from_json(lookup.insight) == told
    assert LookupFactory(insight={"voip": "fixed"}).insight == {"voip": "fixed"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"voip": "satellite"},
        {"reassigned": "perhaps"},
        {"missing": {"roaming": "because"}},
        {"location": {"verified": "true"}},
    ],
    ids=str,
)
def test_a_word_of_a_new_fact_that_there_is_not_is_refused(
    number_insight: Screenings, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        number_insight.answer("+46701740605", **wrong)


def test_a_part_of_a_new_fact_that_there_is_not_is_refused(number_insight: Screenings) -> None:
    with pytest.raises(TypeError, match="Swap has no 'swaped'. Did you mean 'swapped'"):
        number_insight.answer("+46701740605", sim_swap={"swaped": True})


@pytest.mark.parametrize("typed", ["+46 70-174 06 05", "004670-1740605", CLEAN])
def test_the_number_of_a_record_may_be_written_as_people_do(typed: str) -> None:
    assert RecordFactory(number=typed).number == CLEAN
    assert NumberInsightRecord.objects.for_number(CLEAN).count() == 1
