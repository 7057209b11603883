"""The sandbox obeys programs on its machine, and no web page that a developer has open."""

from __future__ import annotations

import json
import socket

import pytest
import requests

from number_insight.sandbox import routes
from number_insight.sandbox.exchange import Request
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, ask

ORDER = json.dumps({"number": CLEAN, "persona": "virtual"}).encode()
JSON = {"Content-Type": "application/json"}
FORMS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]


def post(sandbox: Sandbox, path: str = "/control", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(f"{sandbox.url}{path}", data=ORDER, headers=named, timeout=5).status_code


def is_untouched(sandbox: Sandbox) -> bool:
    """Whether no order was taken, and nothing asked."""
    if sandbox.ledger.entries:
        return False
    return bool(ask(sandbox)["current_carrier"]["network_type"] == "mobile")


@pytest.mark.parametrize("kind", [*FORMS, "", "text/json", "application/jsonx"])
def test_what_a_form_can_send_is_no_order(sandbox: Sandbox, kind: str) -> None:
    assert post(sandbox, Content_Type=kind) == 415
    assert is_untouched(sandbox)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_a_program_gives_orders_in_json(sandbox: Sandbox, kind: str) -> None:
    assert post(sandbox, Content_Type=kind) == 200
    assert ask(sandbox)["current_carrier"]["network_type"] == "virtual"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:8000"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8017"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/control", "/ni/advanced/json", "/ni/advanced/async/json"])
def test_a_web_page_neither_controls_nor_asks(
    sandbox: Sandbox, headers: dict[str, str], path: str
) -> None:
    assert post(sandbox, path, **JSON, **headers) == 403
    assert is_untouched(sandbox)


def test_its_own_page_may_be_read(sandbox: Sandbox) -> None:
    told = {"Sec-Fetch-Site": "same-origin", "Origin": sandbox.url}
    for path in ("/", "/ledger.json", "/health"):
        assert requests.get(f"{sandbox.url}{path}", headers=told, timeout=5).status_code == 200


def test_a_page_that_renames_itself_reads_no_ledger(sandbox: Sandbox) -> None:
    told = {"Host": f"evil.example:{sandbox.port}"}
    assert requests.get(f"{sandbox.url}/ledger.json", headers=told, timeout=5).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["localhost", "sandbox", "host.docker.internal:8017", "127.0.0.1:8017", "[::1]:8017", ""],
)
def test_a_local_name_is_fine(sandbox: Sandbox, host: str) -> None:
    request = Request(method="GET", target="/health", headers={"host": host})
    assert routes.reply_to(sandbox._state, request).status == 200


@pytest.mark.parametrize(
    ("peer", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("192.168.1.7", 403), ("fe80::1%eth0", 403), ("", 403)],
)
def test_another_machine_gives_no_orders(sandbox: Sandbox, peer: str, status: int) -> None:
    headers = {"content-type": "application/json"}
    request = Request(method="POST", target="/control", headers=headers, body=ORDER, peer=peer)
    assert routes.reply_to(sandbox._state, request).status == status


def test_it_listens_on_the_loopback_address_unless_told_otherwise(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    assert sandbox._server is not None
    assert sandbox._server.socket.getsockname()[0] == "127.0.0.1"
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5):
        pass
