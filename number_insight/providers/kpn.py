"""Number Insight in the KPN API store: Vonage's service behind OAuth 2 and a gateway."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.core.cache import cache

from number_insight.exceptions import BadCredentials, Busy, Gone, NotSent, Uncertain
from number_insight.providers import options, scalars, transport
from number_insight.providers.base import Fault
from number_insight.providers.documents import Unreadable, read_json
from number_insight.providers.http import Form, Response
from number_insight.providers.v1 import NumberInsightV1
from number_insight.wording import gettext_noop, with_detail

BASE_URL = "https://api-prd.kpn.com/communication/nexmo/number-insight"
TOKEN_URL = "https://api-prd.kpn.com/oauth/client_credential/accesstoken"  # noqa: S105

TOKEN_LIFETIME = 3000
"""The lifetime of a token that states none, in seconds; the documents' sample has 3599."""

RENEWAL = 60
"""The part of a token's lifetime in which it is no longer used, in seconds before its end."""

_NOTED = (
    "quota-limit",
    "quota-interval",
    "quota-time-unit",
    "quota-used",
    "quota-reset-utc",
    "sunset",
    "api-version",
)
NO_LOOKUP = gettext_noop("No lookup was asked, for want of a token.")
NO_TOKEN_NOW = gettext_noop("The KPN API store gives no token just now; it is asked again later.")
NO_TOKEN_ADDRESS = gettext_noop(
    "The KPN API store knows no such address; check token_url, and whether the service is still "
    "there."
)
NO_TOKEN = gettext_noop(
    "The KPN API store gave no token; check client_id, client_secret and token_url."
)
NO_READABLE_TOKEN = gettext_noop(
    "The KPN API store gave no token that can be read; check token_url."
)
TOKEN_TOO_LATE = gettext_noop(
    "No lookup was asked: fetching the token took all the time there was."
)

_BUSY = frozenset({429, 503})
_GONE = frozenset({404, 410})

logger = logging.getLogger("number_insight.providers.kpn")


class NumberInsight(NumberInsightV1):
    """Number Insight through the KPN API store.

    The access token is kept in Django's cache, so several workers need a shared cache. `timeout`
    is in seconds and covers the request for a token as well. `prices` are in EUR. `quota` holds
    the gateway's last headers about the account's quota.
    """

    title = "KPN Number Insight"
    vendor = "KPN, which asks Vonage"

    def __init__(
        self,
        *,
        client_id: str = "",
        client_secret: str = "",
        base_url: str = BASE_URL,
        token_url: str = TOKEN_URL,
        timeout: float = 20,
        prices: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(base_url=base_url, timeout=timeout, prices=prices)
        self.client_id, self.client_secret = map(options.text_of, (client_id, client_secret))
        self._given = {"client_id": client_id, "client_secret": client_secret}
        self.token_url = token_url
        self.quota: Mapping[str, str] = {}

    def check(self) -> Iterable[Fault]:
        """Yield the faults of the options."""
        yield from super().check()
        yield from options.url_faults("token_url", self.token_url)
        yield from options.credential_faults(self._given)

    def _post(self, path: str, form: Form) -> Response:
        if not (self.client_id and self.client_secret):
            raise BadCredentials(
                "Nothing was asked: client_id and client_secret are needed in OPTIONS."
            )
        deadline = time.monotonic() + self.seconds
        response = self._ask(path, form, deadline)
        if response.status == 401:
            # The token may have been revoked early. A 401 is a plain refusal, so asking once
            # more cannot be paid twice.
            _cache_token(self._cache_key, "", 0)
            response = self._ask(path, form, deadline)
        self._note(response)
        return response

    def _ask(self, path: str, form: Form, deadline: float) -> Response:
        token = self._token(deadline)
        request = form.to(f"{self.base_url}/{path}", Authorization=f"Bearer {token.value}")
        return transport.send(request, timeout=_remaining(deadline))

    def _note(self, response: Response) -> None:
        self.quota = {name: response.headers[name] for name in _NOTED if name in response.headers}
        if self.quota:
            logger.info("The KPN API store says of the quota: %s", dict(self.quota))

    def _token(self, deadline: float) -> _Token:
        cached = _cached_token(self._cache_key)
        return _Token(cached) if cached else self._fetch_token(deadline)

    def _fetch_token(self, deadline: float) -> _Token:
        form = Form({"client_id": self.client_id, "client_secret": self.client_secret})
        request = form.to(f"{self.token_url}?grant_type=client_credentials")
        request = replace(request, is_free=True)
        try:
            response = transport.send(request, timeout=_remaining(deadline))
        except Uncertain as exc:
            # A token costs nothing, and without one no lookup was asked.
            raise NotSent(f"{NO_LOOKUP} {exc}") from exc
        token, lifetime = _read_token(response)
        if lifetime > RENEWAL:
            _cache_token(self._cache_key, token.value, lifetime - RENEWAL)
        return token

    @property
    def _cache_key(self) -> str:
        digest = hashlib.sha256(f"{self.client_id}\n{self.token_url}".encode()).hexdigest()
        return f"number_insight.kpn.token.{digest}"


class _Token:
    """An access token, hidden from reprs and so from error reports."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise NotSent(TOKEN_TOO_LATE)
    return seconds


def _read_token(response: Response) -> tuple[_Token, int]:
    """Return the token in `response` and its lifetime in seconds (the store sends a string)."""
    code = response.status
    if code in _BUSY:
        raise Busy(
            with_detail(NO_TOKEN_NOW, f"HTTP {code}"),
            http_status=code,
        )
    if code in _GONE:
        raise Gone(
            with_detail(NO_TOKEN_ADDRESS, f"HTTP {code}"),
            http_status=code,
        )
    if 400 <= code < 500:
        raise BadCredentials(
            with_detail(NO_TOKEN, f"HTTP {code}"),
            http_status=code,
        )
    try:
        found = read_json(response.body) if code == 200 else {}
    except Unreadable:
        found = {}
    token = scalars.text(found.get("access_token"))
    if token is None:
        raise NotSent(
            with_detail(NO_READABLE_TOKEN, f"HTTP {code}"),
            http_status=code,
        )
    lifetime = scalars.amount(found.get("expires_in"))
    return _Token(token), TOKEN_LIFETIME if lifetime is None else int(lifetime)


def _cached_token(key: str) -> str | None:
    try:
        found = cache.get(key)
    except Exception:  # every backend has exceptions of its own, and a lookup needs no cache
        logger.warning("The cache failed; a token is fetched for this lookup alone.")
        return None
    return found if isinstance(found, str) else None


def _cache_token(key: str, value: str, seconds: int) -> None:
    try:
        cache.set(key, value, seconds)
    except Exception:  # as above
        logger.warning("The cache failed; the token is not kept for the next lookup.")
