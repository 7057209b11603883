"""A mistake of the calling code raises at once, in one sentence; no input of a visitor does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import SimpleLazyObject
from phonenumber_field.phonenumber import PhoneNumber

from number_insight.exceptions import BadArgument, NumberInsightError
from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.models import NumberInsightRecord
from number_insight.screening import ascreen, attach, label, screen, suspended
from number_insight.serializerfields import ScreenedPhoneNumberField as SerializerField
from number_insight.validators import NumberInsightValidator
from tests.models import Customer, UUIDCustomer
from tests.support.stage import CLEAN, asking

pytestmark = pytest.mark.django_db

MISTAKES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no number": (None, {}, "not NoneType"),
    "an empty number": ("", {}, "blank"),
    "a blank number": (" \u200b\n", {}, "blank"),
    "bytes": (b"+46701740605", {}, "not bytes"),
    "a truth": (True, {}, "not bool"),
    "a list": ([CLEAN], {}, "not list"),
    "no such level": (CLEAN, {"level": "gold"}, "no level 'gold'. Known are: basic"),
    "a misspelt level": (CLEAN, {"level": "advance"}, "Did you mean 'advanced'"),
    "no such source": (CLEAN, {"source": "signups"}, "Did you mean 'signup'"),
    "no source at all": (CLEAN, {"source": None}, "no source None"),
    "no such region": (CLEAN, {"region": "UK"}, "no region 'UK'"),
    "an unsaved subject": (CLEAN, {"subject": Customer(name="Ada")}, "This Customer has no key"),
    "a visitor": (CLEAN, {"subject": AnonymousUser()}, "not AnonymousUser"),
    "a class": (CLEAN, {"subject": Customer}, "row of a model"),
    "a key": (CLEAN, {"subject": 7}, "not int"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("kind", [ValueError, TypeError, NumberInsightError])
def test_a_mistake_of_the_code_raises_and_leaves_no_record(
    mistake: str, kind: type[Exception]
) -> None:
    number, options, sentence = MISTAKES[mistake]
    with asking(), pytest.raises(kind, match=sentence):
        screen(number, **options)
    with suspended(), pytest.raises(BadArgument):
        screen(number, **options)
    assert not NumberInsightRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_raises_in_async_code_as_well() -> None:
    with pytest.raises(BadArgument):
        asyncio.run(ascreen("", level="gold"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: NumberInsightValidator(level="gold"),
        lambda: ScreenedPhoneNumberField(level="gold"),
        lambda: SerializerField(level="gold"),
        lambda: SerializerField(region="UK"),
    ],
)
def test_a_form_that_cannot_be_right_is_not_made(make: Any) -> None:
    with pytest.raises(BadArgument):
        make()


@pytest.mark.parametrize("call", ["attach", "attach nothing", "label", "for_subject"])
def test_nothing_is_linked_to_an_unsaved_object(call: str) -> None:
    unsaved, record = Customer(name="Ada"), screen(CLEAN)
    calls: dict[str, Any] = {
        "attach": lambda: attach(unsaved, record=record),
        "attach nothing": lambda: attach(unsaved),
        "label": lambda: label(unsaved, True),
        "for_subject": lambda: NumberInsightRecord.objects.for_subject(unsaved),
    }
    with pytest.raises(BadArgument, match="save it"):
        calls[call]()
    record.refresh_from_db()
    assert (record.subject_id, record.subject_type) == ("", None)


def test_the_user_of_a_request_is_a_subject_as_any_other() -> None:
    user = get_user_model().objects.create_user("ada")
    lazy: Any = SimpleLazyObject(lambda: user)  # as request.user is
    with asking():
        record = screen(CLEAN, subject=lazy)
        assert record.subject == user
        assert list(NumberInsightRecord.objects.for_subject(lazy)) == [record]
        assert attach(lazy, record=record) == record
        assert label(lazy, True) == 1
    assert NumberInsightRecord.objects.get().subject == user


def test_an_unsaved_object_has_no_record() -> None:
    assert Customer(name="Ada", phone=CLEAN).get_phone_record() is None


@pytest.mark.parametrize("level", ["basic", "standard", "advanced", "auto", None])
@pytest.mark.parametrize("number", [CLEAN, 46701740605, PhoneNumber.from_string(CLEAN)])
def test_what_is_right_is_screened(number: Any, level: str | None) -> None:
    subject = UUIDCustomer.objects.create()
    record = screen(number, level=level, subject=subject, region="se", name=None, country=None)
    assert (record.number, record.subject) == (CLEAN, subject)


@pytest.mark.parametrize("number", ["?", "call me", "0", "+", "\x00"])
def test_what_a_visitor_may_have_typed_raises_nothing(number: str) -> None:
    assert screen(number, country="nowhere", name="\x00", ip="not an IP").pk is not None


def test_a_level_that_is_wrong_in_the_settings_costs_no_signup() -> None:
    with asking(LEVEL="gold"):
        assert screen(CLEAN).pk is not None
        assert Customer.objects.create(name="Ada", phone=CLEAN).get_phone_record() is not None


def test_a_region_that_is_wrong_in_the_settings_costs_no_signup(settings: Any) -> None:
    settings.PHONENUMBER_DEFAULT_REGION = "UK"
    assert screen(CLEAN).number == CLEAN
    assert Customer.objects.create(name="Ada", phone=CLEAN).get_phone_record() is not None
