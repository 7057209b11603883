"""The ledger holds every request and every cent, and no secret."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import requests

from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, ask, call

VIRTUAL = "+46701740611"


def test_each_request_is_booked_with_its_price(sandbox: Sandbox) -> None:
    ask(sandbox, path="basic/json")
    ask(sandbox, VIRTUAL, path="standard/json", cnam="true")
    ask(sandbox, VIRTUAL)
    assert sandbox.ledger.count() == 3
    assert sandbox.ledger.count(VIRTUAL) == 2
    assert sandbox.ledger.count("46 70 174 06 11", "advanced") == 1
    assert sandbox.ledger.charged == Decimal("0.035")
    assert sandbox.ledger.balance == Decimal("9.965")
    standard = sandbox.ledger.entries[1]
    assert (standard.price, standard.refund, standard.net, standard.balance) == (
        Decimal("0.015"),
        Decimal("0.01"),
        Decimal("0.005"),
        Decimal("9.995"),
    )


def test_an_answer_that_the_balance_does_not_cover_is_status_9() -> None:
    with Sandbox(balance="0.04") as sandbox:
        assert ask(sandbox)["status"] == 0
        assert ask(sandbox) == {"status": 9, "status_message": "Partner quota exceeded"}
        assert ask(sandbox, path="standard/json")["status"] == 0
        assert ask(sandbox, path="basic/json")["status"] == 0
        assert sandbox.ledger.balance == Decimal("0.005")


def test_the_balance_holds_when_many_ask_at_once() -> None:
    with Sandbox(balance="0.15") as sandbox, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: ask(sandbox)["status"], range(20)))
        assert (answers.count(0), answers.count(9)) == (5, 15)
        assert (sandbox.ledger.count(), sandbox.ledger.balance) == (20, 0)


def test_no_secret_is_in_the_ledger_nor_on_the_page(sandbox: Sandbox) -> None:
    call(
        sandbox,
        "advanced/async/json",
        method="GET",
        auth=None,
        params={
            "number": CLEAN,
            "api_key": "k3y-of-mine",
            "api_secret": "s3cret-of-mine",
            "callback": "http://127.0.0.1:1/callback/t0ken-of-mine",
        },
    )
    for path in ("/ledger.json", "/"):
        shown = requests.get(sandbox.url + path, timeout=5).text
        assert "http://127.0.0.1:1/" in shown
        assert "of-mine" not in shown


def test_the_ledger_is_there_in_json(sandbox: Sandbox) -> None:
    ask(sandbox, ip="81.2.69.142")
    ledger = requests.get(f"{sandbox.url}/ledger.json", timeout=5).json()
    assert (ledger["balance"], ledger["charged"], ledger["requests"]) == ("9.97", "0.03", 1)
    entry = ledger["entries"][0]
    assert (entry["number"], entry["level"], entry["status"]) == (CLEAN, "advanced", 0)
    assert entry["params"] == {"number": CLEAN, "ip": "81.2.69.142"}


def test_the_page_escapes_what_was_asked(sandbox: Sandbox) -> None:
    ask(sandbox, "<script>alert(1)</script>", ip="<b>")
    page = requests.get(sandbox.url, timeout=5)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "ip=&lt;b&gt;" in page.text


def test_the_page_shows_the_account_and_every_persona(sandbox: Sandbox) -> None:
    empty = requests.get(sandbox.url, timeout=5).text
    assert "Nothing has been asked yet." in empty
    ask(sandbox, VIRTUAL)
    page = requests.get(sandbox.url, timeout=5).text
    assert "€ 9.970" in page
    assert page.count("+46 70 174 06 11") == 2
    assert "http" not in page.replace("http-", "")  # it loads nothing from anywhere


def test_a_reset_forgets_all(sandbox: Sandbox) -> None:
    sandbox.behave(CLEAN, status=5)
    assert ask(sandbox)["status"] == 5
    sandbox.reset()
    assert (sandbox.ledger.count(), sandbox.ledger.balance) == (0, Decimal("10.00"))
    assert ask(sandbox)["status"] == 0
