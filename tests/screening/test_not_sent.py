"""What was certainly not sent holds no money and is not uncertain, whoever's fault it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.utils import timezone

from number_insight import exceptions
from number_insight.loading import MISFIT
from number_insight.lookups import callbacks, calls, claims
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers import kpn, signing, threads, transport, wire
from number_insight.providers.fake import Fake
from number_insight.providers.http import Form
from number_insight.providers.v1 import NumberInsightV1
from number_insight.sandbox.server import Sandbox
from number_insight.screening import inquiry, worker
from tests.support.stage import (
    CLEAN,
    HAS_WEBHOOK,
    PRICE,
    asking,
    money,
    record_of,
    screened,
    the_lookup,
    vonage,
)

pytestmark = pytest.mark.django_db

ASYNC = {"DELIVERY": "async", "CALLBACK_BASE_URL": "https://x.example", "LEVEL": "advanced"}
WITHOUT_WEBHOOK = override_settings(ROOT_URLCONF="django.contrib.auth.urls")


def stumble(*_args: Any, **_kwargs: Any) -> Any:
    raise ZeroDivisionError(CLEAN)


def at_kpn(sandbox: Sandbox) -> dict[str, Any]:
    options = {"client_id": "key", "client_secret": "secret", "prices": {"advanced": PRICE}}
    options |= {"base_url": sandbox.kpn_url, "token_url": sandbox.token_url}
    backend = "number_insight.providers.kpn.NumberInsight"
    return {"PROVIDERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}


def with_signature(sandbox: Sandbox) -> dict[str, Any]:
    told = vonage(sandbox)
    told["PROVIDERS"]["default"]["OPTIONS"] |= {"auth": "signature", "signature_secret": "s"}
    return told


@WITHOUT_WEBHOOK
@pytest.mark.parametrize("count", [1, 3])
def test_without_a_webhook_nothing_is_claimed_and_nothing_reserved(count: int) -> None:
    with asking(**ASYNC):
        records = [record_of(f"+4670174{index}605") for index in range(count)]
        worker.screen(records[0].pk, limit=count)
        for record in records:
            record.refresh_from_db()
        if not HAS_WEBHOOK:
            assert {record.state for record in records} == {"screened"}
            assert len(Fake.asked) == count
            return
        for record in records:
            assert (record.state, record.note) == ("waiting", f"{MISFIT} {callbacks.NO_WEBHOOK}")
    assert set(Lookup.objects.values_list("state", "attempts", "reserved")) == {("queued", 0, 0)}
    assert (money(), Fake.asked) == (("0", "0"), [])


def test_with_the_webhook_back_what_waited_is_asked() -> None:
    with asking(**ASYNC):
        with WITHOUT_WEBHOOK:
            record = screened()
        Lookup.objects.update(next_try_at=timezone.now())
        worker.screen(record.pk)
    state = "submitted" if HAS_WEBHOOK else "answered"
    assert (the_lookup().state, the_lookup().attempts) == (state, 1)


def test_without_an_origin_nothing_is_claimed_either() -> None:
    record = screened(under=asking(**{**ASYNC, "CALLBACK_BASE_URL": None}))
    if not HAS_WEBHOOK:
        assert (record.state, the_lookup().state, money()) == ("screened", "answered", (PRICE, "0"))
        return
    assert (record.state, the_lookup().state, money()) == ("waiting", "queued", ("0", "0"))
    assert record.note == f"{MISFIT} {callbacks.NO_ORIGIN}"


def test_what_is_answered_at_once_needs_no_webhook() -> None:
    with WITHOUT_WEBHOOK, asking():
        assert screened().state == "screened"


@WITHOUT_WEBHOOK
def test_no_exception_quotes_the_token() -> None:
    with asking(**ASYNC), pytest.raises(ImproperlyConfigured) as caught:
        callbacks.url_for(4711)
    assert "4711" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("place", "name", "settings"),
    [
        (NumberInsightV1, "_form", vonage),
        (NumberInsightV1, "_path", vonage),
        (Form, "to", vonage),
        (signing, "sign", with_signature),
        (kpn, "_read_token", at_kpn),
        (kpn, "_remaining", at_kpn),
        (threads, "start", vonage),
        (calls._Spacing, "wait", vonage),
        (claims.Claim, "question", vonage),
    ],
)
def test_a_bug_before_the_first_byte_is_free(
    place: Any,
    name: str,
    settings: Callable[[Sandbox], dict[str, Any]],
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with override_settings(NUMBER_INSIGHT={**settings(sandbox), "LEVEL": "advanced"}):
        record = record_of()
        with monkeypatch.context() as broken:
            broken.setattr(place, name, property(stumble) if name == "question" else stumble)
            worker.screen(record.pk)
        assert (the_lookup().state, money()) == ("queued", ("0", "0"))
        assert sandbox.ledger.count() == 0
        Lookup.objects.update(next_try_at=timezone.now())
        worker.screen(record.pk)
    record.refresh_from_db()
    assert (record.state, sandbox.ledger.count(), money()) == ("screened", 1, (PRICE, "0"))
    assert CLEAN[1:] not in caplog.text


@pytest.mark.parametrize(
    ("place", "name"), [(wire, "read_answer"), (wire, "insight_from"), (transport, "_read")]
)
def test_a_bug_after_the_first_byte_is_uncertain(
    place: Any, name: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with override_settings(NUMBER_INSIGHT=vonage(sandbox, LEVEL="advanced")):
        record = record_of()
        monkeypatch.setattr(place, name, stumble)
        worker.screen(record.pk)
    assert (the_lookup().state, sandbox.ledger.count(), money()) == ("uncertain", 1, ("0", PRICE))
    assert NumberInsightRecord.objects.get().verdict == "review"


@pytest.mark.parametrize(
    "error",
    [
        exceptions.InvalidNumber("of its own answer"),
        exceptions.BadCallback("of its own answer"),
        exceptions.NumberInsightError("something"),
        KeyError("price"),
    ],
    ids=repr,
)
def test_a_providers_bug_is_never_taken_for_a_question_that_was_not_asked(error: Exception) -> None:
    with asking(answers={CLEAN: error}, LEVEL="advanced"):
        record = record_of()
        worker.screen(record.pk)
        Lookup.objects.update(next_try_at=timezone.now())
        worker.screen(record.pk)
        assert len(Fake.asked) == 1
    assert the_lookup().state == "uncertain"
    assert money()[1] == PRICE


@pytest.mark.parametrize(
    "error", [exceptions.Unsupported("no"), ImproperlyConfigured("no key")], ids=repr
)
def test_a_provider_may_say_that_it_has_asked_nothing(error: Exception) -> None:
    with asking(answers={CLEAN: error}, LEVEL="advanced"):
        worker.screen(record_of().pk)
    assert (the_lookup().state, money()) == ("queued", ("0", "0"))


@pytest.mark.parametrize(
    ("place", "name", "error", "spent"),
    [
        (NumberInsightV1, "_form", exceptions.NotSent, "0"),
        (wire, "read_answer", exceptions.Uncertain, PRICE),
    ],
)
def test_an_inquiry_books_what_may_have_been_sent_and_nothing_else(
    place: Any,
    name: str,
    error: type[Exception],
    spent: str,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, name, stumble)
    with override_settings(NUMBER_INSIGHT=vonage(sandbox)), pytest.raises(error):
        inquiry.inquire(inquiry.Inquiry(number=CLEAN))
    assert money() == (spent, "0")
