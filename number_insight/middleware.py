"""The middleware that gives fields and validators the visitor's IP and user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase

from number_insight.screening.visitor import visiting

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class ScreeningMiddleware:
    """Give the screenings of a request the visitor's IP and user, in sync and async sites.

    It comes after the authentication middleware. The IP is found by ``CLIENT_IP``; one that is
    private or malformed is unknown, and raises nothing.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._acall(request)
        with visiting(request):
            return self.get_response(request)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        with visiting(request) as visitor:
            try:
                return await cast("Awaitable[HttpResponseBase]", self.get_response(request))
            finally:
                await sync_to_async(visitor.finish)()
