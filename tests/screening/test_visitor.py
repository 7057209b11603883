"""A visitor's IP is taken from trusted proxies alone, and only if it is public."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from number_insight.middleware import ScreeningMiddleware
from number_insight.screening import visitor
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


def test_another_header_and_listed_proxies_can_be_trusted() -> None:
    meta = {"REMOTE_ADDR": PROXY, "HTTP_X_REAL_IP": "1.1.1.1", "HTTP_X_FORWARDED_FOR": "9.9.9.9"}
    with override_settings(
        NUMBER_INSIGHT={"CLIENT_IP": {"PROXY_LIST": ["10.0."], "HEADER": "HTTP_X_REAL_IP"}}
    ):
        assert visitor.client_ip(meta) == "1.1.1.1"
        assert visitor.client_ip({**meta, "REMOTE_ADDR": "11.0.0.1"}) is None


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
