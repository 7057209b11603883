"""The pages that are measured: each signup and webhook of ours, and the rival written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from celery import shared_task
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.signing import BadSignature, Signer
from django.db import connection, models, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from number_insight.lookups import budget, callbacks
from number_insight.middleware import ScreeningMiddleware
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag, Spending
from number_insight.screening.bell import bell
from tests.benchmarks.models import PlainCustomer, ScreenedCustomer

View = Callable[..., HttpResponse]
COUNTER = "X-Queries"


def count_queries(get_response: View) -> View:
    """Say in a header how many queries an answer took, if it is asked for."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if COUNTER not in request.headers:
            return get_response(request)
        seen: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            response = get_response(request)
        response[COUNTER] = str(len(seen))
        return response

    return middleware


class PlainForm(forms.ModelForm):
    """A signup with a phone number that is checked and stored."""

    class Meta:
        model = PlainCustomer
        fields = ("name", "email", "phone")


class ScreenedForm(forms.ModelForm):
    """The same with our field, and nothing else."""

    class Meta:
        model = ScreenedCustomer
        fields = ("name", "email", "phone")


@shared_task(name="benchmarks.by_hand", ignore_result=True)
def by_hand(record_id: int) -> None:
    """Stand for whatever a project's own task would do."""


def _signup(form_class: type[forms.ModelForm], after: Callable[[Any], None]) -> View:
    @csrf_exempt
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        form = form_class(request.POST)
        if not form.is_valid():
            return HttpResponse(form.errors.as_json(), status=400)
        with transaction.atomic():
            after(form.save())
        return HttpResponse("welcome")

    return view


def _nothing(customer: models.Model) -> None:
    """Leave it at the signup."""


def _record_by_hand(customer: PlainCustomer) -> None:
    record = NumberInsightRecord.objects.create(
        number=customer.phone.as_e164,
        subject_type=ContentType.objects.get_for_model(customer),
        subject_id=str(customer.pk),
        source="signup",
        level="auto",
        field="benchmarks.PlainCustomer.phone",
    )
    transaction.on_commit(partial(by_hand.delay, record.pk))


plain_signup = _signup(PlainForm, _nothing)
signup_by_hand = _signup(PlainForm, _record_by_hand)
screened_signup = csrf_exempt(ScreeningMiddleware(_signup(ScreenedForm, _nothing)))


def unmute(request: HttpRequest) -> HttpResponse:
    """Let this process ring again at once, whatever has failed before."""
    bell.unmute()
    return HttpResponse("unmuted")


@csrf_exempt
@require_POST
def plain_webhook(request: HttpRequest, token: str) -> HttpResponse:
    """Verify, parse, and write what our webhook writes for one answer with one flag."""
    try:
        lookup_id = int(Signer(salt=callbacks.SALT, sep="~").unsign(token))
    except (BadSignature, ValueError):
        return HttpResponse(status=404)
    answer = json.loads(request.body)
    with transaction.atomic():
        write_answer(lookup_id, answer)
    return HttpResponse("ok")


def write_answer(lookup_id: int, answer: dict[str, Any]) -> None:
    """Write an answer and its verdict: the lookup, the money, the records, a flag on each."""
    lookup = Lookup.objects.select_for_update().get(pk=lookup_id)
    price = Decimal(answer["request_price"])
    _pay(price, lookup.reserved)
    lookup.state, lookup.answered_at, lookup.open_key = "answered", timezone.now(), None
    lookup.insight, lookup.price, lookup.status = answer, price, answer["status"]
    lookup.reserved, lookup.reserved_on = Decimal(0), None
    lookup.balance = Decimal(answer["remaining_balance"])
    lookup.save()
    records = list(NumberInsightRecord.objects.filter(lookup=lookup, state="waiting"))
    for record in records:
        _write_verdict(record, answer, price)
    RiskFlag.objects.bulk_create(
        RiskFlag(record=record, code="virtual", weight=30, message="A virtual number.")
        for record in records
    )


def _pay(price: Decimal, reserved: Decimal) -> None:
    for key in budget.current_periods().values():
        Spending.objects.filter(period=key).update(
            reserved=F("reserved") - int(reserved * 10**8), spent=F("spent") + int(price * 10**8)
        )


def _write_verdict(record: NumberInsightRecord, answer: dict[str, Any], cost: Decimal) -> None:
    carrier = answer.get("current_carrier") or {}
    record.carrier_name, record.carrier_country = carrier.get("name"), carrier.get("country")
    record.line_type, record.country = carrier.get("network_type"), answer["country_code"]
    record.state, record.basis, record.verdict, record.score = "screened", "answer", "review", 30
    record.announced_verdict = record.verdict
    record.cost, record.screened_at = cost, timezone.now()
    record.save()
