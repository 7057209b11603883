"""A visitor's IP is taken from trusted proxies alone, and only if it is public."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from number_insight.middleware import ScreeningMiddleware
from number_insight.screening import visitor
from tests.support.stage import asking, screened
from tests.support.waiting import at_once

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("remote", "forwarded", "count", "expected"),
    [
        ("8.8.8.8", None, 0, "8.8.8.8"),
        ("8.8.8.8", "1.1.1.1", 0, "8.8.8.8"),
        ("", "1.1.1.1", 0, None),
        (PROXY, "1.1.1.1", 0, None),
        (PROXY, "1.1.1.1", 1, "1.1.1.1"),
        (PROXY, "9.9.9.9, 1.1.1.1", 1, "1.1.1.1"),
        (PROXY, "9.9.9.9,8.8.4.4 ,  1.1.1.1", 1, "1.1.1.1"),
        (PROXY, "9.9.9.9, 1.1.1.1, 10.0.0.2", 2, "1.1.1.1"),
        (PROXY, "1.1.1.1", 2, None),
        (PROXY, None, 1, None),
        (PROXY, "", 1, None),
        (PROXY, "nonsense", 1, None),
        (PROXY, "1.1.1.1, nonsense", 1, None),
        (PROXY, "' OR 1=1 --", 1, None),
        (PROXY, "1.1.1.1:4711", 1, "1.1.1.1"),
        (PROXY, "[2606:4700:4700::1111]:443", 1, "2606:4700:4700::1111"),
        (PROXY, "2606:4700:4700::1111", 1, "2606:4700:4700::1111"),
        (PROXY, "9.9.9.9, 192.168.0.7", 1, None),
        (PROXY, "unknown", 1, None),
        (PROXY, '6.6.6.6, fe80::1%", 1.1.1.1', 1, "1.1.1.1"),
        (PROXY, '::1%", 1.1.1.1', 1, "1.1.1.1"),
        (PROXY, '"6.6.6.6, 1.1.1.1', 1, "1.1.1.1"),
        (PROXY, '6.6.6.6, "1.1.1.1"', 1, None),
        (PROXY, "1.1.1.1,", 1, None),
        (PROXY, "1.1.1.1:x", 1, None),
        (PROXY, "[2606:4700:4700::1111]x", 1, None),
        (PROXY, "2606:4700:4700:0:0::1111%eth0", 1, "2606:4700:4700::1111"),
        (PROXY, "::ffff:1.1.1.1", 1, "1.1.1.1"),
        ("", "9.9.9.9, 1.1.1.1", 1, "1.1.1.1"),
        ("", "9.9.9.9, 1.1.1.1, unix:", 2, "1.1.1.1"),
        ("2606:4700:4700::1111%eth0", None, 0, "2606:4700:4700::1111"),
    ],
)
def test_the_ip_is_what_the_outermost_trusted_proxy_saw(
    remote: str, forwarded: str | None, count: int, expected: str | None
) -> None:
    meta = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    with override_settings(NUMBER_INSIGHT={"CLIENT_IP": {"PROXY_COUNT": count}}):
        assert visitor.client_ip(meta) == expected


def found(meta: Mapping[str, str], **client_ip: Any) -> str | None:
    with override_settings(NUMBER_INSIGHT={"CLIENT_IP": client_ip}):
        return visitor.client_ip(meta)


def test_another_header_and_listed_proxies_can_be_trusted() -> None:
    meta = {"REMOTE_ADDR": PROXY, "HTTP_X_REAL_IP": "1.1.1.1", "HTTP_X_FORWARDED_FOR": "9.9.9.9"}
    assert found(meta, PROXY_LIST=["10.0."], HEADER="HTTP_X_REAL_IP") == "1.1.1.1"


@pytest.mark.parametrize(
    ("remote", "forwarded", "listed", "expected"),
    [
        ("10.0.0.2", "9.9.9.9, 1.1.1.1", ["10.0.0.1", "10.0.0.2"], "1.1.1.1"),
        ("10.0.0.1", "9.9.9.9, 1.1.1.1", ["10.0.0.1", "10.0.0.2"], "1.1.1.1"),
        ("10.0.0.1", "9.9.9.9, 1.1.1.1, 10.7.0.1", ["10."], "1.1.1.1"),
        ("10.0.0.1", "9.9.9.9, 1.1.1.1, 10.7.0.1, 10.8.0.1", ["10.0.0.0/8"], "1.1.1.1"),
        ("172.16.0.9", "1.1.1.1, 10.7.0.1", ("10.", "172.16.0.0/12"), "1.1.1.1"),
        ("fd00::1%eth0", "1.1.1.1, [fd00::2]:443", ["fd00::/8"], "1.1.1.1"),
        ("::ffff:10.0.0.1", "1.1.1.1", ["::ffff:10.0.0.0/104"], "1.1.1.1"),
        ("", "9.9.9.9, 1.1.1.1, 10.0.0.1", ["10."], "1.1.1.1"),
        # A single address is no prefix, and whoever comes past the proxies is who calls.
        ("8.8.4.40", "1.1.1.1", ["8.8.4.4"], "8.8.4.40"),
        ("10.0.0.1", "1.1.1.1, 8.8.8.8", ["10.0.0.1"], "8.8.8.8"),
        ("10.0.0.1", "1.1.1.1, unknown", ["10."], None),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", ["10."], None),
        ("10.0.0.1", None, ["10."], None),
    ],
)
def test_listed_proxies_are_a_set_that_is_peeled_from_the_near_end(
    remote: str, forwarded: str | None, listed: Any, expected: str | None
) -> None:
    meta = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    assert found(meta, PROXY_LIST=listed) == expected


def test_with_a_count_and_a_list_a_proxy_has_to_fit_both() -> None:
    meta = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": "1.1.1.1, 10.0.0.3, 10.0.0.2"}
    assert found(meta, PROXY_COUNT=3, PROXY_LIST=["10."]) == "1.1.1.1"
    assert found(meta, PROXY_COUNT=2, PROXY_LIST=["10."]) is None  # 10.0.0.3 is private
    meta["HTTP_X_FORWARDED_FOR"] = "1.1.1.1, 8.8.8.8"
    assert found(meta, PROXY_COUNT=2, PROXY_LIST=["10."]) == "8.8.8.8"


FRAGMENTS = (
    *("6.6.6.6", "2a00:1450::6", "10.0.0.1", "fd00::7", "127.0.0.1", "::1", "fe80::1", "unix:"),
    *("%", '%"', '"', "'", "%eth0", "%25", "[", "]", ":", ":80", "::ffff:", "for=", ";", "\\"),
    *(",", ", ", " ,", ",,", " ", "\t", "\r\n", "\x00", "\u2028", "unknown", "_x", "-", "é", "٣"),
)


def appended(chance: random.Random) -> tuple[str, str | None]:
    """Return what a proxy appends for a visitor, and the canonical form if it is public."""
    bits = chance.choice((32, 128))
    address = ip_address(chance.getrandbits(bits).to_bytes(bits // 8, "big"))
    text = chance.choice((str(address), address.exploded, address.exploded.upper()))
    if chance.random() < 0.2:
        text = f"[{text}]:{chance.randrange(65536)}" if bits == 128 else f"{text}:4711"
    mapped = getattr(address, "ipv4_mapped", None) or address
    judged = getattr(mapped, "sixtofour", None) or mapped  # all of 2002::/16 is private in 3.13
    return text, str(mapped) if judged.is_global and not judged.is_multicast else None


@pytest.mark.parametrize("trusted", [{"PROXY_COUNT": 1}, {"PROXY_LIST": ["10.0.0.0/8"]}])
def test_no_header_yields_an_address_that_the_trusted_proxy_did_not_append(
    trusted: dict[str, Any],
) -> None:
    chance = random.Random(41)
    with override_settings(NUMBER_INSIGHT={"CLIENT_IP": trusted}):
        for _ in range(50_000):
            written = "".join(chance.choices(FRAGMENTS, k=chance.randrange(8)))
            text, expected = appended(chance)
            if text.startswith("10."):  # the visitor is a proxy himself
                continue
            header = f"{written},{text}" if written else text
            meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": header}
            assert visitor.client_ip(meta) == expected, header


@pytest.mark.parametrize(
    "slip",
    [
        {"PROXY_COUNT": -1},
        {"PROXY_COUNT": True},
        {"PROXY_COUNT": "1"},
        {"PROXY_COUNT": 1.5},
        {"PROXY_LIST": [""]},
        {"PROXY_LIST": ["10.0.0.1", "proxy"]},
        {"PROXY_LIST": ["10.0"]},
        {"PROXY_LIST": ["300."]},
        {"PROXY_LIST": "10.0.0.1"},
        {"PROXY_LIST": [None]},
        {"PROXY_LIST": ["0.0.0.0/0"]},
        {"HEADER": "X-Forwarded-For", "PROXY_COUNT": 1},
    ],
)
@pytest.mark.django_db
def test_with_a_slip_in_the_setting_the_ip_is_unknown_and_the_signup_is_screened(
    slip: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    request = RequestFactory().post("/", REMOTE_ADDR="8.8.8.8", HTTP_X_FORWARDED_FOR="1.1.1.1")
    with asking(CLIENT_IP=slip), visitor.visiting(request):
        record = screened(source="signup")
    assert (record.state, record.ip_address) == ("screened", None)
    assert "CLIENT_IP" in caplog.text


def ip_of_current() -> str | None:
    current = visitor.current()
    return current.ip if current else None


def test_the_middleware_tells_who_it_is_and_forgets_it() -> None:
    seen: list[Any] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(ip_of_current())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ScreeningMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR="8.8.8.8"))
    assert (seen, visitor.current()) == (["8.8.8.8"], None)


def test_requests_in_threads_do_not_see_one_another() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(ip_of_current() or "")

    def ask(index: int) -> bytes:
        request = RequestFactory().get("/", REMOTE_ADDR=f"8.8.8.{index}")
        return bytes(ScreeningMiddleware(view)(request).content)

    assert at_once(20, ask) == [f"8.8.8.{index}".encode() for index in range(20)]


def test_requests_in_one_event_loop_do_not_see_one_another() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0.01)
        return HttpResponse(await sync_to_async(ip_of_current)() or "")

    async def ask() -> list[bytes]:
        requests = [RequestFactory().get("/", REMOTE_ADDR=f"8.8.8.{i}") for i in range(10)]
        answers = await asyncio.gather(*(ScreeningMiddleware(view)(r) for r in requests))
        return [answer.content for answer in answers]

    assert asyncio.run(ask()) == [f"8.8.8.{index}".encode() for index in range(10)]
    assert visitor.current() is None
