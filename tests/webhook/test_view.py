"""The webhook takes POST alone, refuses a body that is no answer, and has 503 for our faults."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client, RequestFactory, override_settings

from number_insight.exceptions import BadCallback
from number_insight.lookups import callbacks
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import webhook
from number_insight.verdicts import recording
from number_insight.views import MAX_BODY, CallbackView
from tests.support.stage import CLEAN, VONAGE, fake, the_lookup
from tests.webhook.callbacks import ASYNC, ORIGIN, body_of, path_of, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("submitted")]


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_only_post_is_answered(method: str) -> None:
    response = getattr(Client(), method)(path_of())
    assert (response.status_code, response.headers["Cache-Control"]) == (405, "no-store")


@pytest.mark.parametrize("accept", ["text/xml", "text/html", "nothing", ""])
def test_whatever_the_sender_accepts_its_answer_is_taken(accept: str) -> None:
    assert post(body_of(), HTTP_ACCEPT=accept).status_code == 200


@override_settings(
    REST_FRAMEWORK={
        "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
        "ALLOWED_VERSIONS": ["9"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    }
)
def test_what_the_project_wants_of_its_own_api_is_not_wanted_here() -> None:
    assert post(body_of(), QUERY_STRING="format=xml").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_works_under_atomic_requests_and_behind_a_login(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    login = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, login]
    assert post(body_of()).status_code == 200
    assert NumberInsightRecord.objects.get().verdict == "allow"


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/xml", "multipart/form-data; boundary=x", "", "x" * 300]
)
def test_a_type_that_no_provider_sends_is_refused_and_reads_no_row(
    kind: str, django_assert_num_queries: Any
) -> None:
    path, body = path_of(), body_of()
    with django_assert_num_queries(0):
        assert post(body, path, content_type=kind).status_code == 415


def test_a_provider_that_was_asked_for_xml_may_answer_in_xml() -> None:
    options = {"api_key": "k", "api_secret": "s", "format": "xml"}
    told = {**fake(**ASYNC), "PROVIDERS": {"default": {"BACKEND": VONAGE, "OPTIONS": options}}}
    body = b"<lookup><status>0</status><international_format_number>46701740605"
    body += b"</international_format_number><ported>ported</ported></lookup>"
    with override_settings(NUMBER_INSIGHT=told):
        assert post(body, content_type="text/xml; charset=utf-8").status_code == 200
    assert the_lookup().state == "answered"


NUMBER = '"international_format_number": "46701740605"'


@pytest.mark.parametrize(
    "body",
    [
        f'{{"status": 0, {NUMBER}, "ported": "ported", "a": "Åland"}}'.encode("latin-1"),
        f'{{"status": 0, {NUMBER}, "ported": "ported", "a": "Åland"}}'.encode("utf-16"),
        f'{{{NUMBER}, "ported": "ported", "request_price": "0.03"}}'.encode(),
        f'{{"status": "1e-9", {NUMBER}, "ported": "ported"}}'.encode(),
    ],
    ids=["latin-1", "utf-16", "no status", "a status that is none"],
)
def test_what_would_be_read_as_an_answer_is_read_as_a_callback(body: bytes) -> None:
    told = {**fake(**ASYNC), "PROVIDERS": {"default": {"BACKEND": VONAGE}}}
    with override_settings(NUMBER_INSIGHT=told):
        assert post(body).status_code == 200
    assert the_lookup().state == "answered"


def test_what_is_too_large_is_refused_whether_it_says_so_or_not(
    django_assert_num_queries: Any,
) -> None:
    path, token = path_of(), callbacks.token_for(the_lookup().pk)
    request = RequestFactory().post(path, b"x", content_type="application/json")
    request._stream = stream = io.BytesIO(b" " * (4 * MAX_BODY))  # as a chunked body arrives
    del request.META["CONTENT_LENGTH"]
    with django_assert_num_queries(0):
        assert post(b" " * (MAX_BODY + 1), path).status_code == 413
        response = CallbackView.as_view()(request, token=token)
    assert (response.status_code, stream.tell()) == (413, MAX_BODY + 1)


@pytest.mark.parametrize("length", ["-1", "many", "1e3", "99999999999999999999"])
def test_a_length_that_is_none_does_no_harm(length: str) -> None:
    assert post(body_of(), CONTENT_LENGTH=length).status_code in (200, 400, 413)
    assert post(b" " * (MAX_BODY + 1), CONTENT_LENGTH=length).status_code in (400, 413)


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b'"text"',
        b"<xml/>",
        b"\xff\xfe{\x00}\x00",
        b'{"status": 0, "status": 9}',
        b'{"status": 0, "number": 7}',
        b'{"status": "\\u0000"}',
        b'{"status": 1e999}',
        b'{"status": ' + b"9" * 5000 + b"}",
        b"[" * 30_000,
        b'{"status":' * 2000,
        b'{"a":' * 25 + b"1" + b"}" * 25,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_answer_is_refused_and_changes_nothing(body: bytes) -> None:
    before = Lookup.objects.values().get(), NumberInsightRecord.objects.values().get()
    assert post(body).status_code == 400
    assert (Lookup.objects.values().get(), NumberInsightRecord.objects.values().get()) == before


@pytest.mark.parametrize("fault", [OperationalError("no"), RuntimeError(CLEAN), RecursionError()])
def test_our_own_fault_is_logged_without_the_body_and_gets_503_so_that_the_sender_retries(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(webhook, "absorb", fail)
        assert post(body_of()).status_code == 503
    assert type(fault).__name__ in caplog.text
    assert CLEAN[1:] not in caplog.text
    assert json.loads(body_of())["request_id"] not in caplog.text
    assert post(body_of()).status_code == 200
    assert NumberInsightRecord.objects.get().verdict == "allow"


@pytest.mark.parametrize(
    "fault", [Lookup.DoesNotExist(), BadCallback("no"), DataError(), KeyError()]
)
def test_what_cannot_be_judged_is_read_once_kept_and_put_before_a_person(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, bodies = Fake.read_callback, list[bytes]()

    def count(provider: Fake, body: bytes) -> Any:
        bodies.append(body)
        return read(provider, body)

    def fail(*_args: object) -> None:
        raise fault

    monkeypatch.setattr(Fake, "read_callback", count)
    monkeypatch.setattr(recording, "judge", fail)
    assert (post(body_of()).status_code, len(bodies)) == (200, 1)
    lookup, record = the_lookup(), NumberInsightRecord.objects.get()
    assert (lookup.state, lookup.reserved, record.verdict) == ("answered", 0, "review")
    assert (record.state, record.lane) == ("failed", "fault")


def test_the_address_never_comes_from_a_request() -> None:
    with override_settings(NUMBER_INSIGHT={"CALLBACK_BASE_URL": f"{ORIGIN}/"}):
        url = callbacks.url_for(7)
    assert url == f"{ORIGIN}/number-insight/callback/{callbacks.token_for(7)}/"
