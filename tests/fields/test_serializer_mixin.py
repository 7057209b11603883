"""The mixin screens once all of a serializer is valid, and links the record to the saved object."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from rest_framework import serializers

from number_insight.middleware import ScreeningMiddleware
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.screening import attach, refusal
from number_insight.serializerfields import ScreenedPhoneNumberField
from number_insight.serializers import ScreenedSerializerMixin
from number_insight.validators import NumberInsightValidator
from tests.models import Customer, Member
from tests.support.stage import CLEAN, PREMIUM, VIRTUAL, asking

pytestmark = pytest.mark.django_db

GOOD: dict[str, Any] = {"name": "Ada", "email": "ada@example.org", "phone": CLEAN}


class OurField(ScreenedSerializerMixin, serializers.Serializer):
    """Finds the field by its class."""

    email = serializers.EmailField()
    phone = ScreenedPhoneNumberField(level="basic")


class OurValidator(ScreenedSerializerMixin, serializers.Serializer):
    """Finds the field by its validator."""

    email = serializers.EmailField()
    phone = serializers.CharField(validators=[NumberInsightValidator(level="basic")])


class Named(ScreenedSerializerMixin, serializers.Serializer):
    """Is told the field."""

    email = serializers.EmailField()
    phone = serializers.CharField()
    screened_fields = ("phone",)


class OfModel(ScreenedSerializerMixin, serializers.ModelSerializer):
    """A model whose field screens on save."""

    class Meta:
        model = Customer
        fields = ["name", "email", "phone"]


SERIALIZERS = [OurField, OurValidator, Named]


def numbers() -> list[str]:
    return list(NumberInsightRecord.objects.order_by("pk").values_list("number", flat=True))


@pytest.mark.parametrize("serializer", [*SERIALIZERS, OfModel])
def test_a_bad_email_costs_nothing(serializer: Any) -> None:
    assert not serializer(data={**GOOD, "email": "nonsense"}).is_valid()
    assert numbers() == []


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_what_the_serializer_itself_refuses_costs_nothing(serializer: Any) -> None:
    class Refusing(serializer):
        def validate(self, attrs: Any) -> Any:
            raise serializers.ValidationError("no")

    assert not Refusing(data=GOOD).is_valid()
    assert numbers() == []


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_valid_serializer_is_one_record_however_often_it_is_asked(serializer: Any) -> None:
    bound = serializer(data=GOOD)
    assert bound.is_valid() and bound.is_valid()
    assert numbers() == [CLEAN]
    assert bound.screening_records["phone"].number == CLEAN
    level = "auto" if serializer is Named else "basic"
    assert bound.screening_records["phone"].level == level


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_an_unchanged_number_costs_nothing(serializer: Any) -> None:
    bound = serializer({"email": "", "phone": CLEAN}, data={**GOOD, "phone": "+46 70 174 06 05"})
    assert bound.is_valid()
    assert (numbers(), bound.screening_records) == ([], {})


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_part_without_a_number_costs_nothing(serializer: Any) -> None:
    assert serializer(data={"email": "ada@example.org"}, partial=True).is_valid()
    assert numbers() == []


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_serializer_does_not_change_the_fields_of_its_class(serializer: Any) -> None:
    for number in (CLEAN, VIRTUAL):
        assert serializer(data={**GOOD, "phone": number}).is_valid()
    assert numbers() == [CLEAN, VIRTUAL]


@pytest.mark.parametrize("serializer", [*SERIALIZERS, OfModel])
@pytest.mark.parametrize("typed", ["+46", "nonsense", None, [], 7.5])
def test_what_is_no_number_is_an_error(serializer: Any, typed: object) -> None:
    assert list(_errors(serializer, typed)) == ["phone"]
    assert numbers() == []


def _errors(serializer: Any, typed: object) -> Any:
    bound = serializer(data={**GOOD, "phone": typed})
    assert not bound.is_valid()
    return bound.errors


@pytest.mark.parametrize("serializer", [*SERIALIZERS, OfModel])
def test_under_enforce_a_denied_number_is_refused(serializer: Any) -> None:
    ListEntry.objects.create(action="deny", match="number", value=CLEAN)
    with asking(ENFORCEMENT="enforce"):
        assert [detail.code for detail in _errors(serializer, CLEAN)["phone"]] == ["refused"]


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_verdict_that_comes_in_time_is_waited_for(
    serializer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusal, "is_denied_soon", lambda record: record is not None)
    with asking(ENFORCEMENT="enforce", WAIT=timedelta(seconds=1)):
        assert [detail.code for detail in _errors(serializer, CLEAN)["phone"]] == ["refused"]


def test_a_model_serializer_leaves_the_buying_to_the_save() -> None:
    bound = OfModel(data=GOOD)
    assert bound.is_valid() and numbers() == []
    saved = bound.save()
    assert saved.get_phone_record() == NumberInsightRecord.objects.get()


def test_a_record_is_linked_to_what_was_saved() -> None:
    class Typed(ScreenedSerializerMixin, serializers.ModelSerializer):
        mobile = serializers.CharField(write_only=True)
        screened_fields = ("mobile",)

        class Meta:
            model = Customer
            fields = ["name", "mobile"]

        def create(self, validated_data: Any) -> Customer:
            return Customer.objects.bulk_create([Customer(phone=validated_data["mobile"])])[0]

    bound = Typed(data={"name": "Ada", "mobile": CLEAN})
    assert bound.is_valid()
    saved = bound.save()
    assert NumberInsightRecord.objects.for_subject(saved).get().number == CLEAN


def test_a_serializer_without_a_model_is_linked_by_attach() -> None:
    bound = OurField(data=GOOD)
    assert bound.is_valid()
    customer = Customer.objects.bulk_create([Customer(name="Ada", phone=CLEAN)])[0]
    record = attach(customer, record=bound.screening_records["phone"])
    assert NumberInsightRecord.objects.for_subject(customer).get() == record


def test_what_the_person_said_of_themselves_is_handed_on() -> None:
    class Declared(ScreenedSerializerMixin, serializers.Serializer):
        country_field, name_field = "land", "full_name"
        land = serializers.CharField(source="address.country", required=False)
        full_name = serializers.CharField(required=False)
        phone = ScreenedPhoneNumberField()

    told = {"land": "se", "full_name": "Vera Virtual", "phone": CLEAN}
    assert Declared(data=told).is_valid() and Declared(data={"phone": VIRTUAL}).is_valid()
    said = NumberInsightRecord.objects.order_by("pk")
    assert list(said.values_list("declared_country", "declared_name")) == [
        ("SE", "Vera Virtual"),
        ("", ""),
    ]


class Profile(serializers.Serializer):
    """A nested serializer with numbers in every shape."""

    phone = ScreenedPhoneNumberField()
    others = serializers.ListField(child=ScreenedPhoneNumberField(), required=False)


class Inner(ScreenedSerializerMixin, serializers.Serializer):
    """A nested serializer with the mixin."""

    screened_fields = ("mobile",)
    mobile = serializers.CharField()


class Outer(ScreenedSerializerMixin, serializers.Serializer):
    """The serializer that answers for those within it."""

    email = serializers.EmailField()
    profile = Profile()
    inner = Inner(required=False)
    many = Profile(many=True, required=False)


NESTED = {
    "email": "ada@example.org",
    "profile": {"phone": CLEAN, "others": [VIRTUAL]},
    "inner": {"mobile": PREMIUM},
    "many": [{"phone": "+46701740677"}],
}


def test_nested_numbers_cost_nothing_until_all_is_valid() -> None:
    assert not Outer(data={**NESTED, "email": "nonsense"}).is_valid()
    assert numbers() == []
    bound = Outer(data=NESTED)
    assert bound.is_valid(), bound.errors
    assert sorted(numbers()) == sorted([CLEAN, VIRTUAL, PREMIUM, "+46701740677"])
    assert set(bound.screening_records) == {
        "profile.phone",
        "profile.others.0",
        "inner.mobile",
        "many.0.phone",
    }


def test_a_refusal_stands_where_its_number_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        refusal, "is_denied_soon", lambda record: record.number in (VIRTUAL, "+46701740677")
    )
    bound = Outer(data=NESTED)
    assert not bound.is_valid()
    assert set(bound.errors) == {"profile", "many"}
    assert bound.errors["profile"]["others"][0][0].code == "refused"
    assert bound.errors["many"][0]["phone"][0].code == "refused"


def test_each_of_many_is_screened_when_it_is_valid() -> None:
    many = OurField(data=[GOOD, {**GOOD, "email": "nonsense", "phone": VIRTUAL}], many=True)
    assert not many.is_valid()
    assert numbers() == [CLEAN]


def test_one_request_is_one_record_however_many_faces_see_the_number() -> None:
    found: list[Customer] = []

    def view(request: HttpRequest) -> HttpResponse:
        bound = OurField(data=request.POST.dict())
        assert bound.is_valid()
        found.append(Customer.objects.create(phone=bound.validated_data["phone"]))
        return HttpResponse()

    request = RequestFactory().post("/", GOOD, REMOTE_ADDR="8.8.8.8")
    ScreeningMiddleware(view)(request)
    record = NumberInsightRecord.objects.get()
    assert (record.subject, record.ip_address, record.source) == (found[0], "8.8.8.8", "signup")


def test_a_member_says_its_country_by_the_model_field() -> None:
    class Joining(ScreenedSerializerMixin, serializers.ModelSerializer):
        class Meta:
            model = Member
            fields = ["first_name", "country", "phone"]

    bound = Joining(data={"first_name": "Ada", "country": "SE", "phone": CLEAN})
    assert bound.is_valid() and bound.save()
    record = NumberInsightRecord.objects.get()
    assert (record.declared_country, record.declared_name) == ("SE", "Ada Lovelace")


def test_a_field_that_is_only_read_is_left_alone() -> None:
    class Shown(ScreenedSerializerMixin, serializers.Serializer):
        phone = ScreenedPhoneNumberField(read_only=True)

    bound = Shown({"phone": CLEAN}, data={})
    assert bound.is_valid() and numbers() == []
    assert bound.data == {"phone": CLEAN}
