"""A refusal inside a transaction outlives its rollback, and keeps nobody waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django import forms
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.forms import ScreenedFormMixin
from number_insight.middleware import ScreeningMiddleware
from number_insight.models import ListEntry, NumberInsightRecord, Usage
from number_insight.serializerfields import ScreenedPhoneNumberField as SerializerField
from tests.models import Customer
from tests.support.stage import CLEAN, PREMIUM, asking
from tests.support.waiting import PATIENCE, at_once

pytestmark = pytest.mark.django_db(transaction=True)

DENIED = PREMIUM


class SignupSerializer(serializers.Serializer[Any]):
    """What an API takes."""

    phone = SerializerField()


class SignupForm(ScreenedFormMixin, forms.Form):
    """The recommended form."""

    phone = ScreenedPhoneNumberField()


class SignupView(APIView):
    """A signup by serializer, which rolls its transaction back when a number is refused."""

    authentication_classes: Any = ()

    def post(self, request: Request) -> Response:
        serializer = SignupSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        Customer.objects.create(name="Ada", phone=serializer.validated_data["phone"])
        return Response()


def undecided(request: HttpRequest) -> HttpResponse:
    """A view that fails after its form has refused."""
    if not SignupForm(request.POST).is_valid():
        raise ZeroDivisionError
    return HttpResponse()


async def in_the_loop(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(SignupForm(request.POST).is_valid()))


async def in_a_thread(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(await sync_to_async(SignupForm(request.POST).is_valid)()))


urlpatterns = [
    path("api/", SignupView.as_view()),
    path("form/", undecided),
    path("loop/", in_the_loop),
    path("thread/", in_a_thread),
]


@pytest.fixture
def enforcing() -> Iterator[None]:
    """A site that refuses a number on its deny list."""
    ListEntry.objects.create(action="deny", match="number", value=DENIED)
    with asking(ENFORCEMENT="enforce"), override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def atomic_requests(enforcing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)


def refusals() -> int:
    return NumberInsightRecord.objects.filter(state="refused", verdict="deny", number="").count()


def statuses(client: Any, path: str, times: int = 14) -> list[int]:
    """Try the denied number so often; return the status of each response."""
    told = [client.post(path, {"phone": DENIED}, REMOTE_ADDR="8.8.8.8") for _ in range(times)]
    return [response.status_code for response in told]


def test_refusals_and_their_cap_outlive_the_rollback_of_a_serializer(atomic_requests: None) -> None:
    assert statuses(Client(), "/api/") == [400] * 10 + [200] * 4
    assert (refusals(), Usage.objects.get(key__startswith="refused").count) == (10, 10)
    assert Customer.objects.count() == 4


def test_refusals_and_their_cap_outlive_a_view_that_fails(atomic_requests: None) -> None:
    assert statuses(Client(raise_request_exception=False), "/form/") == [500] * 10 + [200] * 4
    assert refusals() == 10
    assert NumberInsightRecord.objects.filter(state="refused").first().ip_address == "8.8.8.8"


def test_many_numbers_in_one_request_are_many_refusals(enforcing: None) -> None:
    numbers = [f"+4670174{index:02}05" for index in range(14)]
    ListEntry.objects.create(action="deny", match="prefix", value="+4670174")

    def view(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            told = [SignupForm({"phone": number}).is_valid() for number in numbers]
            transaction.set_rollback(True)
        return HttpResponse(f"{told.count(False)}")

    answer = ScreeningMiddleware(view)(RequestFactory().post("/", REMOTE_ADDR="8.8.8.8"))
    assert (answer.content, refusals()) == (b"10", 10)


def test_without_the_middleware_a_refusal_comes_and_goes_with_its_transaction(
    enforcing: None,
) -> None:
    for _ in range(2):
        with transaction.atomic():
            assert not SignupForm({"phone": DENIED}).is_valid()
    assert (refusals(), Usage.objects.get(key__startswith="refused").count) == (2, 2)


@pytest.mark.postgres_only
@pytest.mark.parametrize("has_middleware", [True, False])
def test_refused_signups_of_one_ip_do_not_wait_for_each_other(
    enforcing: None, has_middleware: bool
) -> None:
    held = threading.Event()

    def view(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            assert not SignupForm({"phone": DENIED}).is_valid()
            if not held.is_set():
                held.set()
                time.sleep(2)
        return HttpResponse()

    def ask(nth: int) -> float:
        if nth:
            assert held.wait(PATIENCE)
        began = time.monotonic()
        request = RequestFactory().post("/", REMOTE_ADDR="8.8.8.8")
        (ScreeningMiddleware(view) if has_middleware else view)(request)
        return time.monotonic() - began

    took = at_once(3, ask)
    assert max(took[1:]) < 1
    assert refusals() == 3


def test_a_form_in_an_event_loop_is_refused_with_one_plain_sentence(
    enforcing: None, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(number: str) -> Any:
        return await AsyncClient().post("/loop/", {"phone": number})

    for number in (DENIED, CLEAN):
        with pytest.raises(SynchronousOnlyOperation, match=r"await sync_to_async\(form.is_valid\)"):
            async_to_sync(ask)(number)
    with asking(), pytest.raises(SynchronousOnlyOperation, match="sync_to_async"):
        async_to_sync(ask)(CLEAN)
    assert "backfill" not in caplog.text
    assert not NumberInsightRecord.objects.exists()


def test_a_form_that_an_async_view_hands_to_a_thread_refuses_and_screens(enforcing: None) -> None:
    async def ask(number: str) -> bytes:
        return (await AsyncClient().post("/thread/", {"phone": number})).content

    assert [async_to_sync(ask)(number) for number in (DENIED, CLEAN)] == [b"False", b"True"]
    assert (refusals(), NumberInsightRecord.objects.get(number=CLEAN).state) == (1, "queued")
