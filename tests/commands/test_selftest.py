"""The self-test posts to the webhook as a provider would, and names what is in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import override_settings

from number_insight.lookups import callbacks
from number_insight.models import Lookup
from number_insight.views import MAX_BODY
from tests.support import certificates
from tests.support.servers import free_port
from tests.support.stage import command, fake
from tests.support.stubs import Script, Stub, closes, hangs, says


def page(status: int, text: bytes = b"", **headers: str) -> Script:
    return says(status, body=text, Content_Type="text/html", **headers)


def run(origin: str | None, *options: str, **settings: Any) -> str:
    """Return what the command prints of `origin`; raise `CommandError` at an obstacle."""
    given = fake(CALLBACK_BASE_URL=origin)
    with override_settings(NUMBER_INSIGHT=given, **settings):
        return command("selftest", *options)


def obstacle(origin: str | None, *options: str, **settings: Any) -> str:
    with pytest.raises(CommandError) as caught:
        run(origin, *options, **settings)
    return str(caught.value)


@pytest.mark.django_db(transaction=True)
def test_a_server_that_reads_no_chunks_is_named_and_nothing_is_stored(live_server: Any) -> None:
    told = obstacle(live_server.url)
    assert told.startswith("An answer in chunks: A body in chunks does not arrive")
    assert not Lookup.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_site_that_lacks_the_webhook_is_told_so(live_server: Any) -> None:
    told = obstacle(live_server.url, ROOT_URLCONF="tests.commands.bare_urls")
    assert "The URLs of number_insight are not included" in told


@pytest.mark.django_db(transaction=True)
def test_a_deployment_with_another_key_is_told_apart(
    live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "SALT", "another")
    url = callbacks.token_for(callbacks.PROBE)
    monkeypatch.undo()
    monkeypatch.setattr(callbacks, "token_for", lambda _key: url)
    assert "another SECRET_KEY" in obstacle(live_server.url)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (page(200, b"<html>"), "Something else answers at 127.0.0.1 (text/html)"),
        (says(200, {"detail": "ok", "received": 7}), "Only 7 of 2048 bytes arrived"),
        (page(301, Location="https://x.example/a/"), "redirected to https://x.example,"),
        (page(302, Location="/accounts/login/?next=/x"), "A login is demanded"),
        (page(400, b"<h1>Bad Request</h1>"), "ALLOWED_HOSTS"),
        (page(401), "asks for a password"),
        (page(403, b"CSRF verification failed."), "CSRF protection refuses it"),
        (page(403), "A firewall, proxy or middleware forbids it"),
        (page(404, b"<h1>Not Found</h1>"), "Nothing is at /number-insight/ there"),
        (page(405), "Another view answers there"),
        (page(413), f"allow {MAX_BODY // 1024} KiB"),
        (page(502), "The proxy does not reach the site"),
        (page(418), "HTTP 418 came back"),
        (closes, "broke off"),
    ],
)
def test_what_is_in_the_way_is_named_in_a_sentence(script: Script, sentence: str) -> None:
    with Stub(script) as stub:
        told = obstacle(stub.url)
    assert sentence in told
    assert told.endswith((".", "?"))
    assert "~" not in told, "a signed token"
    assert stub.connections == 1


def test_a_host_that_keeps_silent_is_named_after_the_timeout() -> None:
    with Stub(hangs) as stub:
        assert "did not answer within 0.2 s" in obstacle(stub.url, "--timeout", "0.2")


def test_hosts_that_cannot_be_reached_are_named() -> None:
    assert "DNS does not know nowhere.invalid" in obstacle("https://nowhere.invalid")
    assert "refuses connections" in obstacle(f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("settings", [{}, {"ROOT_URLCONF": "tests.commands.bare_urls"}])
def test_what_is_missing_for_a_webhook_is_named_whatever_the_delivery(settings: Any) -> None:
    told = obstacle("https://x.example" if settings else None, **settings)
    assert told.endswith(", so that no answer can be posted here.")
    assert "async" not in told, "DELIVERY is 'sync'"


def test_a_certificate_that_is_not_trusted_is_named(tmp_path: Path) -> None:
    certificate = certificates.make(tmp_path)
    with Stub(says(200, {}), tls=certificate.server_context) as stub:
        assert "The TLS certificate of 127.0.0.1 is not trusted" in obstacle(stub.url)
    assert stub.requests == []


@pytest.mark.django_db(transaction=True)
def test_a_port_without_tls_is_named(live_server: Any) -> None:
    assert "speaks no TLS there" in obstacle(live_server.url.replace("http:", "https:"))


def test_a_timeout_that_is_none_is_refused() -> None:
    assert "--timeout needs a positive number" in obstacle("http://127.0.0.1:1", "--timeout", "0")
