"""Behind gunicorn, over a socket: a callback is taken however its length is told."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection

from number_insight.lookups import callbacks
from number_insight.models import NumberInsightRecord
from tests.support.servers import free_port
from tests.support.stage import asking, command, the_lookup
from tests.webhook.callbacks import ASYNC, body_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submitted")]

ROOT = Path(__file__).resolve().parents[2]
STARTUP = 60.0
"""Seconds that gunicorn may take until it listens."""
JSON = {"Content-Type": "application/json"}


@contextmanager
def gunicorn(environment: dict[str, str]) -> Iterator[int]:
    """Serve the host project; yield the port."""
    port = free_port()
    command = ["-m", "gunicorn", "--worker-class", "gthread", "--log-level", "error"]
    place = {"NI_TEST_POSTGRESQL_PORT": str(connection.settings_dict.get("PORT", ""))}
    process = subprocess.Popen(
        [
            sys.executable,
            *command,
            f"--bind=127.0.0.1:{port}",
            "django.core.wsgi:get_wsgi_application()",
        ],
        cwd=ROOT,
        env={**os.environ, **environment, **place, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + STARTUP
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


@pytest.fixture
def port(subprocess_environment: dict[str, str]) -> Iterator[int]:
    with gunicorn(subprocess_environment) as found:
        yield found


def path() -> str:
    return f"/number-insight/callback/{callbacks.token_for(the_lookup().pk)}/"


def post(port: int, chunks: list[bytes]) -> int:
    """Post `chunks` without saying how long they are; return the status."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as link:
        told = {**JSON, "Transfer-Encoding": "chunked"}
        link.request("POST", path(), iter(chunks), told, encode_chunked=True)
        return link.getresponse().status


def test_a_chunked_answer_is_taken(submitted: NumberInsightRecord, port: int) -> None:
    body = body_of()
    assert post(port, [body[:100], body[100:]]) == 200
    submitted.refresh_from_db()
    assert (the_lookup().state, submitted.state) == ("answered", "screened")


def test_a_chunked_body_without_end_is_refused_and_one_without_content_is_none(port: int) -> None:
    assert post(port, [b" " * 8192] * 9) == 413
    assert post(port, []) == 400
    assert the_lookup().state == "submitted"


def test_a_chunked_body_that_breaks_off_is_asked_for_again(port: int) -> None:
    head = f"POST {path()} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + b'5\r\n{"a":\r\n')
        link.shutdown(socket.SHUT_WR)
        assert b" 400 " in link.recv(1000).split(b"\r\n")[0]
    assert the_lookup().state == "submitted"


def test_an_answer_that_says_how_long_it_is_is_taken_as_ever(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as link:
        link.request("POST", path(), body_of(), JSON)
        assert link.getresponse().status == 200
    assert the_lookup().state == "answered"


def test_the_self_test_sees_every_probe_arrive(port: int) -> None:
    with asking(**{**ASYNC, "CALLBACK_BASE_URL": f"http://localhost:{port}"}):
        out = command("selftest")
    assert out.count("arrived.") == 3
