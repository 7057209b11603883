"""The webhook takes an answer once, from whoever holds its token, and survives the rest."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings

from number_insight.lookups import callbacks
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from tests.support.stage import PRICE, money, the_lookup, vonage
from tests.webhook.callbacks import CLEAN, VIRTUAL, body_for, post, submitted

pytestmark = pytest.mark.django_db

NOT_FOUND = (404, b'{"detail":"not found"}')


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


def verdict(record: NumberInsightRecord) -> tuple[str, str]:
    record.refresh_from_db()
    return record.state, record.verdict


def test_an_answer_settles_the_lookup_and_whoever_waits_for_it(client: Client) -> None:
    record = submitted(VIRTUAL)
    response = post(client, body_for(VIRTUAL))
    assert (response.status_code, response.content) == (200, b'{"detail":"ok"}')
    assert response["Cache-Control"] == "no-store"
    assert verdict(record) == ("screened", "review")
    assert (the_lookup().state, money()) == ("answered", (PRICE, "0"))


def test_a_duplicate_gets_200_and_changes_nothing(client: Client) -> None:
    record = submitted(VIRTUAL)
    post(client, body_for(VIRTUAL))
    assert post(client, body_for(VIRTUAL)).status_code == 200
    assert post(client, body_for(VIRTUAL, line_type="mobile")).status_code == 200
    assert (verdict(record), money()) == (("screened", "review"), (PRICE, "0"))
    assert record.flags.count() == 1


@pytest.mark.parametrize("state", ["uncertain", "no_callback"])
def test_a_late_answer_heals_and_judges_again(client: Client, state: str) -> None:
    record = submitted(VIRTUAL)
    Lookup.objects.update(state=state)
    NumberInsightRecord.objects.update(state="failed", verdict="deny", basis="no_answer")
    assert post(client, body_for(VIRTUAL)).status_code == 200
    assert (the_lookup().state, verdict(record)) == ("answered", ("screened", "review"))


def test_a_late_answer_never_overrules_a_person(client: Client) -> None:
    record = submitted(VIRTUAL)
    Lookup.objects.update(state="uncertain")
    NumberInsightRecord.objects.update(state="failed", verdict="deny", decision="released")
    assert post(client, body_for(VIRTUAL)).status_code == 200
    assert the_lookup().state == "answered"
    assert (verdict(record), record.decision) == (("failed", "deny"), "released")


def test_an_answer_about_another_number_is_a_conflict_and_overwrites_nothing(
    client: Client,
) -> None:
    record = submitted(CLEAN)
    assert post(client, body_for(VIRTUAL)).status_code == 200
    assert (the_lookup().conflict, the_lookup().state) == (True, "submitted")
    assert verdict(record) == ("waiting", "pending")
    post(client, body_for(CLEAN))
    assert verdict(record) == ("screened", "allow")


def test_a_final_no_is_an_answer_too(client: Client, sandbox: Sandbox) -> None:
    record = submitted(CLEAN)
    with override_settings(NUMBER_INSIGHT=vonage(sandbox)):
        assert post(client, b'{"status": 5, "status_message": "no"}').status_code == 200
    assert (the_lookup().state, verdict(record)) == ("failed", ("failed", "review"))


@pytest.mark.parametrize(
    "token",
    ["1", "1~", "~", "1~AAAA", "x~y", "%00", "1:abc", "9" * 400, "٣~abc"],
)
def test_a_bad_token_is_not_found_and_reads_no_row(
    client: Client, token: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = post(client, body_for(), token=token)
    assert (response.status_code, response.content) == NOT_FOUND


def test_a_lookup_that_is_gone_looks_like_a_bad_token(client: Client) -> None:
    response = post(client, body_for(), token=callbacks.token_for(4711))
    assert (response.status_code, response.content) == NOT_FOUND


def test_the_token_of_one_lookup_opens_no_other(client: Client) -> None:
    submitted()
    _, signature = callbacks.token_for(the_lookup().pk).split("~")
    response = post(client, body_for(), token=f"{the_lookup().pk + 1}~{signature}")
    assert (response.status_code, response.content) == NOT_FOUND


def test_a_token_outlives_its_secret_key_by_the_fallbacks(client: Client) -> None:
    record = submitted()
    token = callbacks.token_for(the_lookup().pk)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["of-the-tests-alone"]):
        assert post(client, body_for(), token=token).status_code == 200
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[]):
        assert post(client, body_for(), token=token).status_code == 404
    assert verdict(record) == ("screened", "allow")


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"status": "\\u0000"}',
        b'{"status": 0, "number": 7}',
        b"[" * 30_000,
        b'{"status":' * 2000,
        b'{"status": 1e999}',
        b"<xml/>",
    ],
)
def test_what_is_no_answer_is_400_and_changes_nothing(client: Client, body: bytes) -> None:
    record = submitted()
    assert post(client, body).status_code == 400
    assert (the_lookup().state, verdict(record)) == ("submitted", ("waiting", "pending"))


@pytest.mark.parametrize("headers", [{}, {"CONTENT_LENGTH": "nonsense"}])
def test_a_body_of_more_than_64_kib_is_413_and_reads_no_row(
    client: Client, headers: dict[str, str], django_assert_num_queries: Any
) -> None:
    token = callbacks.token_for(1)
    with django_assert_num_queries(0):
        assert post(client, b" " * (64 * 1024 + 1), token=token, **headers).status_code == 413


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_a_type_that_no_provider_sends_is_415_and_reads_no_row(
    client: Client, kind: str, django_assert_num_queries: Any
) -> None:
    path = f"/number-insight/callback/{callbacks.token_for(1)}/"
    with django_assert_num_queries(0):
        assert client.post(path, data=b"{}", content_type=kind).status_code == 415


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "trace"])
def test_only_post_is_taken(client: Client, method: str) -> None:
    path = f"/number-insight/callback/{callbacks.token_for(1)}/"
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.parametrize("error", [OperationalError("gone"), RuntimeError("our bug +46701740605")])
def test_a_fault_of_ours_is_503_so_that_the_sender_comes_again(
    client: Client,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = submitted()
    token = callbacks.token_for(the_lookup().pk)

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise error

    with monkeypatch.context() as broken:  # a server that is down would end the test as well
        broken.setattr(Lookup.objects, "get", fail)
        assert post(client, body_for(), token=token).status_code == 503
    assert "the callback was not stored" in caplog.text
    assert (
        "701740605" not in caplog.text.replace(record.number, "") or "RuntimeError" in caplog.text
    )
    assert post(client, body_for(), token=token).status_code == 200
    assert verdict(record) == ("screened", "allow")


@pytest.mark.django_db(transaction=True)
def test_it_works_under_atomic_requests_and_behind_a_login(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    record = submitted()
    assert post(client, body_for()).status_code == 200
    assert verdict(record) == ("screened", "allow")


def test_the_address_never_comes_from_a_request(client: Client) -> None:
    submitted()
    with override_settings(NUMBER_INSIGHT={"CALLBACK_BASE_URL": "https://shop.example/"}):
        url = callbacks.url_for(7)
    assert url == f"https://shop.example/number-insight/callback/{callbacks.token_for(7)}/"
