"""Whoever reads logs and mails cannot forge an answer: the address of a callback is in none."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.signing import BadSignature
from django.db import OperationalError
from django.test import Client

from number_insight.lookups import callbacks
from number_insight.models import Lookup
from number_insight.providers.fake import Fake
from number_insight.screening import webhook
from number_insight.views import MAX_BODY
from tests.support.stage import the_lookup
from tests.webhook.callbacks import body_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("submitted")]


@pytest.fixture(autouse=True)
def in_production(settings: Any) -> None:
    """Mail to an admin what Django finds worth it."""
    settings.DEBUG = False
    settings.ADMINS = [("Ada", "ada@example.org")]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Any]:
    """Return all that was logged and mailed, with what handlers may show of the records."""
    caplog.set_level(logging.DEBUG)

    def tell() -> str:
        shown = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
        shown += [
            f"{message.subject} {message.body} {message.alternatives}" for message in mail.outbox
        ]
        return "\n".join(shown)

    yield tell


def post(token: str, body: bytes = b"{}", kind: str = "application/json", slash: str = "/") -> int:
    """Post to a callback's address as a client that raises nothing; return the status."""
    client = Client(raise_request_exception=False)
    path = f"/number-insight/callback/{token}{slash}"
    return client.post(path, body, content_type=kind).status_code


@pytest.mark.parametrize(
    ("body", "kind", "slash", "status"),
    [
        (b"{}", "application/json", "/", 400),
        (b'{"status": 0, "number": 7}', "application/json", "/", 400),
        (b" " * (MAX_BODY + 1), "application/json", "/", 413),
        (b"{}", "text/plain", "/", 415),
        (b"{}", "application/json", "", 400),
        (b"{}", "application/json", "/more", 404),
        (b"{}", "application/json", "//", 404),
    ],
)
def test_no_refusal_tells_the_token(
    body: bytes, kind: str, slash: str, status: int, told: Any
) -> None:
    token = callbacks.token_for(the_lookup().pk)
    assert post(token, body, kind, slash) == status
    assert token not in told() and mail.outbox == []
    assert the_lookup().state == "submitted"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "trace", "head"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_nor_does_a_method_that_is_not_allowed(method: str, slash: str, told: Any) -> None:
    token = callbacks.token_for(the_lookup().pk)
    client = Client(raise_request_exception=False)
    answer = getattr(client, method)(f"/number-insight/callback/{token}{slash}")
    assert answer.status_code == 405
    assert token not in told()


@pytest.mark.parametrize(
    ("place", "name"), [(webhook, "absorb"), (callbacks, "lookup_id_of"), (Lookup.objects, "get")]
)
@pytest.mark.parametrize(
    "fault", [OperationalError("gone"), RuntimeError("ours"), BadSignature("no"), SystemError()]
)
def test_nor_does_a_fault_of_ours(
    place: Any, name: str, fault: Exception, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = callbacks.token_for(the_lookup().pk)

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(place, name, fail)
        assert post(token, body_of()) == 503
    assert token not in told() and mail.outbox == []


def test_an_answer_without_the_slash_is_taken(told: Any) -> None:
    assert post(callbacks.token_for(the_lookup().pk), body_of(), slash="") == 200
    assert the_lookup().state == "answered"


def test_a_project_that_logs_the_errors_of_its_own_api_is_not_asked(
    told: Any, settings: Any
) -> None:
    settings.REST_FRAMEWORK = {"EXCEPTION_HANDLER": "tests.webhook.test_secrecy.telltale"}
    token = callbacks.token_for(the_lookup().pk)
    assert Client().get(f"/number-insight/callback/{token}/").status_code == 405
    assert token not in told()


def telltale(error: Exception, context: dict[str, Any]) -> None:
    """Log the path, as a handler of the project may."""
    logging.getLogger("shop").error("%s: %s", context["request"].path, error)


def test_the_provider_that_is_asked_tells_the_address_to_nobody(told: Any) -> None:
    token = callbacks.token_for(the_lookup().pk)
    assert len(Fake.asked) == 1
    assert token not in told()
