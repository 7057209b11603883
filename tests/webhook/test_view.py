"""The webhook takes what was asked for, from whoever knows the token, and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.test import Client, RequestFactory, override_settings

from number_insight.exceptions import BadCallback
from number_insight.lookups import callbacks
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import screen, webhook
from number_insight.verdicts import recording
from number_insight.views import MAX_BODY, CallbackView
from tests.support.stage import CLEAN, VONAGE, asking, fake, work_off

pytestmark = pytest.mark.django_db

ASYNC = {"DELIVERY": "async", "CALLBACK_BASE_URL": "https://x.example", "LEVEL": "advanced"}


@pytest.fixture
def lookup() -> Iterator[Lookup]:
    """A lookup whose answer was promised."""
    with asking(**ASYNC):
        work_off(screen(CLEAN).pk)
        yield Lookup.objects.get()


def address(lookup: Lookup) -> str:
    """Return the path that opens `lookup`."""
    return callbacks.url_for(lookup.pk).removeprefix("https://x.example")


def answer() -> bytes:
    """Return the callback to what was asked."""
    return Fake().callback_body(Fake.asked[0])


def post(lookup: Lookup, body: bytes | None = None, **options: Any) -> Any:
    """Post to the webhook of `lookup`."""
    told = {"content_type": "application/json", **options}
    client = Client(enforce_csrf_checks=True)
    return client.post(address(lookup), answer() if body is None else body, **told)


def test_an_answer_gets_200_and_no_cache_keeps_it(lookup: Lookup) -> None:
    response = post(lookup)
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    lookup.refresh_from_db()
    assert lookup.state == "answered"


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_only_post_is_answered(lookup: Lookup, method: str) -> None:
    response = getattr(Client(), method)(address(lookup))
    assert (response.status_code, response.headers["Cache-Control"]) == (405, "no-store")


@pytest.mark.parametrize("accept", ["text/xml", "text/html", "nothing", ""])
def test_whatever_the_sender_accepts_its_answer_is_taken(lookup: Lookup, accept: str) -> None:
    assert post(lookup, HTTP_ACCEPT=accept).status_code == 200


@override_settings(
    REST_FRAMEWORK={
        "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
        "ALLOWED_VERSIONS": ["9"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    }
)
def test_what_the_project_wants_of_its_own_api_is_not_wanted_here(lookup: Lookup) -> None:
    assert post(lookup, QUERY_STRING="format=xml").status_code == 200


@override_settings(
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
)
def test_nobody_has_to_log_in(lookup: Lookup) -> None:
    assert post(lookup).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "text/xml", "multipart/form-data", "", "x" * 300])
def test_what_no_provider_posts_is_refused_unread(lookup: Lookup, kind: str) -> None:
    assert post(lookup, content_type=kind).status_code == 415


def test_a_provider_that_was_asked_for_xml_may_answer_in_xml(lookup: Lookup) -> None:
    options = {"api_key": "k", "api_secret": "s", "format": "xml"}
    told = {**fake(**ASYNC), "PROVIDERS": {"default": {"BACKEND": VONAGE, "OPTIONS": options}}}
    body = b"<lookup><status>0</status><international_format_number>46701740605"
    body += b"</international_format_number></lookup>"
    with override_settings(NUMBER_INSIGHT=told):
        assert post(lookup, body, content_type="text/xml; charset=utf-8").status_code == 200
    lookup.refresh_from_db()
    assert lookup.state == "answered"


def test_what_is_too_large_is_refused_whether_it_says_so_or_not(lookup: Lookup) -> None:
    assert post(lookup, b" " * (MAX_BODY + 1)).status_code == 413
    request = RequestFactory().post(address(lookup), b"x", content_type="application/json")
    request._stream = stream = io.BytesIO(b" " * (4 * MAX_BODY))  # as a chunked body arrives
    del request.META["CONTENT_LENGTH"]
    response = CallbackView.as_view()(request, token=callbacks.token_for(lookup.pk))
    assert (response.status_code, stream.tell()) == (413, MAX_BODY + 1)


@pytest.mark.parametrize("length", ["-1", "many", "1e3", "99999999999999999999"])
def test_a_length_that_is_none_does_no_harm(lookup: Lookup, length: str) -> None:
    assert post(lookup, CONTENT_LENGTH=length).status_code in (200, 400, 413)


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe{\x00}\x00",
        b'{"status": 0, "status": 9}',
        b"[" * 5000,
        b'{"a":' * 25 + b"1" + b"}" * 25,
        b'{"status": 1e999}',
        b'{"status": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_answer_is_refused_and_changes_nothing(lookup: Lookup, body: bytes) -> None:
    assert post(lookup, body).status_code == 400
    before = Lookup.objects.values().get()
    assert before["state"] == "submitted"


def test_a_callback_for_a_lookup_that_is_gone_gets_the_404_of_a_bad_token(lookup: Lookup) -> None:
    path = address(lookup)
    gone = Client().post("/number-insight/callback/1~bad/", b"", content_type="application/json")
    Lookup.objects.all().delete()
    response = Client().post(path, answer(), content_type="application/json")
    assert (response.status_code, response.content) == (404, gone.content)


@pytest.mark.parametrize("fault", [OperationalError("no"), RuntimeError(CLEAN), RecursionError()])
def test_our_own_fault_gets_503_and_is_logged_without_the_body(
    lookup: Lookup,
    fault: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_args: object) -> None:
        raise fault

    monkeypatch.setattr(webhook, "absorb", fail)
    assert post(lookup).status_code == 503
    assert type(fault).__name__ in caplog.text
    assert CLEAN[1:] not in caplog.text
    assert json.loads(answer())["request_id"] not in caplog.text


@pytest.mark.parametrize(
    "fault", [Lookup.DoesNotExist(), BadCallback("no"), DataError(), KeyError()]
)
def test_what_cannot_be_judged_is_kept_and_before_a_person(
    lookup: Lookup, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise fault

    monkeypatch.setattr(recording, "judge", fail)
    assert post(lookup).status_code == 200
    lookup.refresh_from_db()
    record = NumberInsightRecord.objects.get()
    assert (lookup.state, lookup.reserved, record.verdict) == ("answered", 0, "review")
    assert (record.state, record.lane) == ("failed", "fault")


def test_an_answer_is_read_once_though_it_cannot_be_judged(
    lookup: Lookup, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, bodies = Fake.read_callback, list[bytes]()

    def count(provider: Fake, body: bytes) -> Any:
        bodies.append(body)
        return read(provider, body)

    def fail(*_args: object) -> None:
        raise KeyError

    monkeypatch.setattr(Fake, "read_callback", count)
    monkeypatch.setattr(recording, "judge", fail)
    assert (post(lookup).status_code, len(bodies)) == (200, 1)
