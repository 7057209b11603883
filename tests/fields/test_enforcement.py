"""``enforce`` refuses on evidence and on nothing else, and tells a stranger nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from number_insight import exceptions
from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.forms import ScreenedFormMixin
from number_insight.middleware import ScreeningMiddleware
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import visitor
from number_insight.validators import NumberInsightValidator
from tests.models import Customer
from tests.support.stage import CLEAN, PREMIUM, VIRTUAL, asking, screened
from tests.views import SignupForm

pytestmark = pytest.mark.django_db

MESSAGE = "This phone number cannot be used here. Please use another one, or contact us."
ENFORCE = {"ENFORCEMENT": "enforce"}


class MixedForm(ScreenedFormMixin, forms.Form):
    """The recommended form."""

    phone = ScreenedPhoneNumberField()


def form_for(number: str, **options: Any) -> forms.ModelForm:
    return SignupForm({"name": "Ada", "phone": number}, **options)


def refusals() -> list[str]:
    rows = NumberInsightRecord.objects.filter(state="refused")
    return list(rows.values_list("number_masked", flat=True))


@pytest.mark.parametrize("form", [SignupForm, MixedForm])
def test_an_earlier_answer_that_denies_is_evidence(form: Any) -> None:
    with asking(**ENFORCE):
        screened(PREMIUM)
        bound = form({"name": "Ada", "phone": PREMIUM})
        assert bound.errors == {"phone": [MESSAGE]}
    assert (refusals(), len(Fake.asked)) == (["+46 70 *** ** 12"], 1)
    record = NumberInsightRecord.objects.get(state="refused")
    assert (record.verdict, record.source, record.basis) == ("deny", "signup", "reused")
    assert [flag.code for flag in record.flags.all()] == ["premium"]


def test_without_evidence_nobody_is_refused() -> None:
    with asking(**ENFORCE):
        assert form_for(PREMIUM).is_valid()
        screened(VIRTUAL)
        assert form_for(VIRTUAL).is_valid()
    assert refusals() == []


def test_a_missing_answer_refuses_nobody() -> None:
    with asking({CLEAN: exceptions.NoAnswer("no")}, ON_NO_ANSWER="deny", **ENFORCE):
        assert screened(CLEAN).verdict == "deny"
        assert form_for(CLEAN).is_valid()
    with asking(ENABLED=False, ON_NO_ANSWER="deny", **ENFORCE):
        assert form_for(CLEAN).is_valid()
    with asking(BUDGET={"day": "0"}, ON_BUDGET="deny", **ENFORCE):
        assert form_for(CLEAN).is_valid()
    assert refusals() == []


def test_stale_evidence_refuses_nobody() -> None:
    with asking(**ENFORCE):
        screened(PREMIUM)
        Lookup.objects.update(answered_at="2020-01-01T00:00:00Z")
        assert form_for(PREMIUM).is_valid()


def test_free_facts_are_evidence_too() -> None:
    with asking(WEIGHTS={"not_in_plan": 100}, **ENFORCE):
        assert form_for("447700900000").errors == {"phone": [MESSAGE]}
    assert Fake.asked == []


def test_to_observe_is_to_refuse_nobody() -> None:
    with asking():
        screened(PREMIUM)
        assert form_for(PREMIUM).is_valid()
        assert form_for(PREMIUM).save().get_phone_record().state == "queued"
    assert refusals() == []


def test_an_unchanged_number_is_not_refused() -> None:
    customer = Customer.objects.create(name="Ada", phone=PREMIUM)
    with asking(**ENFORCE):
        screened(PREMIUM)
        assert form_for("+46 70 174 06 12", instance=customer).is_valid()
        assert not form_for(PREMIUM, instance=Customer(name="Ada", phone=CLEAN)).is_valid()


def test_a_refused_number_is_not_queued() -> None:
    with asking(**ENFORCE):
        screened(PREMIUM)
        with pytest.raises(ValidationError) as refused:
            NumberInsightValidator()(PREMIUM)
    assert (refused.value.messages, refused.value.code) == ([MESSAGE], "refused")
    assert not NumberInsightRecord.objects.filter(state="queued").exists()


def test_one_request_is_one_refusal_however_often_it_is_checked() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        assert not form_for(PREMIUM).is_valid()
        assert not MixedForm({"phone": PREMIUM}).is_valid()
        return HttpResponse()

    with asking(**ENFORCE):
        screened(PREMIUM)
        ScreeningMiddleware(view)(RequestFactory().post("/", REMOTE_ADDR="8.8.8.8"))
    assert NumberInsightRecord.objects.get(state="refused").ip_address == "8.8.8.8"


def probed(addresses: Iterable[str], **settings: Any) -> int:
    """Try a denied number from each of `addresses`; return how often it was refused."""

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("" if form_for(PREMIUM).is_valid() else "refused")

    with asking(**ENFORCE, **settings):
        screened(PREMIUM)
        answers = [
            ScreeningMiddleware(view)(RequestFactory().post("/", REMOTE_ADDR=address))
            for address in addresses
        ]
    return sum(answer.content == b"refused" for answer in answers)


@pytest.mark.parametrize(
    "addresses",
    [
        ["8.8.8.8"] * 14,
        [f"2a00:1450:0:7::{nth:x}" for nth in range(14)],
        [f"2a00:1450:0:7::1%eth{nth}" for nth in range(14)],
        [f"10.0.0.{nth}" for nth in range(14)],
        ["", "127.0.0.1", "unknown", "fe80::1%eth0"] * 4,
    ],
    ids=["one address", "one /64", "one address with zones", "private ones", "no address at all"],
)
def test_one_visitor_is_told_ten_denied_numbers_a_day_and_no_more(addresses: list[str]) -> None:
    assert probed(addresses) == 10


def test_visitors_of_other_networks_are_counted_apart() -> None:
    assert probed(f"2a00:1450:0:{nth:x}::1" for nth in range(14)) == 14


def test_behind_a_unix_socket_the_proxy_tells_visitors_apart() -> None:
    def meta(nth: int) -> dict[str, str]:
        return {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": f"6.6.6.6, 8.8.{nth}.8"}

    with asking(CLIENT_IP={"PROXY_COUNT": 1}):
        assert [visitor.client_ip(meta(nth)) for nth in (1, 2)] == ["8.8.1.8", "8.8.2.8"]
