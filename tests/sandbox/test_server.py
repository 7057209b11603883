"""The sandbox starts, stops, and is controlled: in process, from outside, from a shell."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

from number_insight.management.commands.number_insight_sandbox import Command
from number_insight.sandbox.__main__ import main
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, ask, call
from tests.support import certificates
from tests.support.programs import heed_interrupts


def control(sandbox: Sandbox, **orders: object) -> requests.Response:
    return requests.post(f"{sandbox.url}/control", json=orders, timeout=5)


def test_it_starts_and_stops_at_once() -> None:
    begun = time.monotonic()
    with Sandbox() as sandbox, requests.Session() as session:
        session.get(f"{sandbox.url}/health", timeout=5)  # and is kept alive
        assert session.get(f"{sandbox.url}/health", timeout=5).json() == {"ok": True}
    assert time.monotonic() - begun < 1
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/health", timeout=1)


def test_stopping_twice_is_harmless() -> None:
    sandbox = Sandbox().start()
    sandbox.stop()
    sandbox.stop()


def test_it_can_be_started_again_at_its_port() -> None:
    with Sandbox() as first:
        port = first.port
    with Sandbox(port=port) as second:
        assert second.url == f"http://127.0.0.1:{port}"
        assert ask(second)["status"] == 0


def test_the_control_endpoint_changes_one_number(sandbox: Sandbox) -> None:
    assert control(sandbox, number=CLEAN, persona="virtual", times=1).json() == {"ok": True}
    assert ask(sandbox)["current_carrier"]["network_type"] == "virtual"
    assert ask(sandbox)["current_carrier"]["network_type"] == "mobile"
    control(sandbox, number=CLEAN, status=2147)
    assert ask(sandbox) == {"status": 2147, "status_message": "Unknown error"}


def test_the_control_endpoint_sets_the_balance_and_resets(sandbox: Sandbox) -> None:
    control(sandbox, balance="0.01")
    assert ask(sandbox)["status"] == 9
    control(sandbox, reset=True)
    assert sandbox.ledger.count() == 0
    assert ask(sandbox)["status"] == 0


@pytest.mark.parametrize(
    "orders",
    [
        {"number": CLEAN, "fault": "sideways"},
        {"number": CLEAN, "persona": "nobody"},
        {"number": CLEAN, "color": "red"},
        {"number": CLEAN, "status": "high"},
        {"number": CLEAN, "delay": -1},
        {"balance": "much"},
        {"balance": "NaN"},
        {"fault": "hang"},
    ],
)
def test_the_control_endpoint_says_what_it_does_not_understand(
    sandbox: Sandbox, orders: dict[str, object]
) -> None:
    response = control(sandbox, **orders)
    assert response.status_code == 400
    assert response.json()["error"]


def test_it_serves_https_with_a_certificate(tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    with Sandbox(tls=(made.cert, made.key)) as sandbox:
        with socket.create_connection(("127.0.0.1", sandbox.port)):  # one that never shakes hands
            response = call(sandbox, "basic/json", data={"number": CLEAN}, verify=str(made.cert))
        assert sandbox.url.startswith("https://")
        assert response.json()["status"] == 0


def test_a_request_that_breaks_off_is_none() -> None:
    head = b"POST /ni/basic/json HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nnumber=4670"
    with Sandbox() as sandbox:
        with socket.create_connection(("127.0.0.1", sandbox.port)) as link:
            link.sendall(head)
            link.shutdown(socket.SHUT_WR)
            assert link.recv(100) == b""
        assert sandbox.ledger.count() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_serves_until_it_is_interrupted(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "number_insight.sandbox", "--port", "0", "--key", "k"]
    process = subprocess.Popen(
        [*command, "--secret", "hush"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    assert process.stdout is not None
    introduction = "".join(iter(process.stdout.readline, "\n"))  # to the first empty line
    url = introduction.split()[4]
    response = requests.get(
        f"{url}/ni/basic/json", {"number": CLEAN}, auth=("k", "hush"), timeout=5
    )
    rest = "".join(iter(process.stdout.readline, "}\n"))
    process.send_signal(number)
    _, err = process.communicate(timeout=5)
    assert response.json()["status"] == 0
    assert (process.returncode, err) == (0, "")
    assert f"{url}/ledger.json" in introduction
    assert f'"base_url": "{url}/ni"' in rest
    assert "hush" not in introduction + rest


def test_the_command_line_says_in_one_sentence_that_the_port_is_taken(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", str(sandbox.port)]) == 1
    assert capsys.readouterr().err == (
        f"127.0.0.1:{sandbox.port} is taken by another program; "
        "choose another --port, or 0 for any.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--key", "k"], "Give --key and --secret together"),
        (["--tls", "no.pem", "no.key"], "certificate and key of --tls"),
        (["--port", "70000"], "no port 70000"),
    ],
)
def test_the_command_line_says_why_it_cannot_serve(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", *arguments]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_a_taken_port_is_one_clear_error(sandbox: Sandbox) -> None:
    with pytest.raises(CommandError, match=f"127.0.0.1:{sandbox.port} is taken"):
        call_command(Command(), "--port", str(sandbox.port))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--balance", "much"), ("--delay", "-1"), ("--throughput", "0"), ("--dialect", "1999")],
)
def test_a_bad_option_is_named(option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option):
        call_command(Command(), option, value)
