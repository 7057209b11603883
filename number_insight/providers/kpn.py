"""Number Insight in the KPN API store: OAuth 2 and a gateway before Vonage's service."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.core.cache import cache

from number_insight.exceptions import BadCredentials, Busy, Gone, NotSent, Uncertain
from number_insight.providers import scalars, transport
from number_insight.providers.base import Fault
from number_insight.providers.documents import Unreadable, read_json
from number_insight.providers.http import Form, Request, Response
from number_insight.providers.v1 import NumberInsightV1, missing_faults, url_faults

BASE_URL = "https://api-prd.kpn.com/communication/nexmo/number-insight"
TOKEN_URL = "https://api-prd.kpn.com/oauth/client_credential/accesstoken"  # noqa: S105

TOKEN_LIFETIME = 3000
"""Seconds that a token is used if its lifetime is not told; the documents' sample has 3599."""

RENEWAL = 60
"""Seconds before its end at which a token is no longer used."""

_NOTED = (
    "quota-limit",
    "quota-interval",
    "quota-time-unit",
    "quota-used",
    "quota-reset-utc",
    "sunset",
    "api-version",
)
_BUSY = frozenset({429, 503})
_GONE = frozenset({404, 410})

logger = logging.getLogger("number_insight.providers.kpn")


class NumberInsight(NumberInsightV1):
    """Number Insight through the KPN API store.

    The access token is shared through Django's cache, so give several workers a cache that they
    share. `timeout` is in seconds and covers fetching a token as well. `quota` holds what the
    gateway last said of the account's quota.
    """

    live_keys: ClassVar[frozenset[str] | None] = NumberInsightV1.live_keys

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
        self.client_id = str(client_id or "")
        self.client_secret = str(client_secret or "")
        self.token_url = token_url
        self.quota: Mapping[str, str] = {}

    def check(self) -> Iterable[Fault]:
        """Yield what is wrong with the options."""
        yield from super().check()
        yield from url_faults("token_url", self.token_url)
        yield from missing_faults(
            {"client_id": self.client_id, "client_secret": self.client_secret}
        )

    def _post(self, path: str, form: Form) -> Response:
        if not (self.client_id and self.client_secret):
            raise BadCredentials(
                "Nothing was asked: client_id and client_secret are needed in OPTIONS."
            )
        deadline = time.monotonic() + self.seconds
        response = self._ask(path, form, deadline)
        if response.status == 401:
            # The token may have been withdrawn before its time. A 401 is a plain refusal, so
            # asking once more cannot be paid twice.
            self._forget_token()
            response = self._ask(path, form, deadline)
        self._note(response)
        return response

    def _ask(self, path: str, form: Form, deadline: float) -> Response:
        token = self._token(deadline)
        request = form.to(f"{self.base_url}/{path}", Authorization=f"Bearer {token.value}")
        return transport.send(request, timeout=_left(deadline))

    def _note(self, response: Response) -> None:
        self.quota = {name: response.headers[name] for name in _NOTED if name in response.headers}
        if self.quota:
            logger.info("The KPN API store says of the quota: %s", dict(self.quota))

    def _token(self, deadline: float) -> _Token:
        kept = _cached(self._cache_key)
        return _Token(kept) if kept else self._fetch_token(deadline)

    def _fetch_token(self, deadline: float) -> _Token:
        try:
            response = transport.send(self._grant(), timeout=_left(deadline))
        except Uncertain as exc:
            # A token costs nothing, and without one no lookup was asked.
            raise NotSent(f"No lookup was asked, for want of a token: {exc}") from exc
        token, lifetime = _read_token(response)
        if lifetime > RENEWAL:
            _keep(self._cache_key, token.value, lifetime - RENEWAL)
        return token

    def _grant(self) -> Request:
        form = Form({"client_id": self.client_id, "client_secret": self.client_secret})
        return form.to(f"{self.token_url}?grant_type=client_credentials")

    def _forget_token(self) -> None:
        _keep(self._cache_key, "", 0)

    @property
    def _cache_key(self) -> str:
        of = hashlib.sha256(f"{self.client_id}\n{self.token_url}".encode()).hexdigest()
        return f"number_insight.kpn.token.{of}"


class _Token:
    """An access token that does not show itself."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotSent("No lookup was asked: fetching the token took all the time there was.")
    return left


def _read_token(response: Response) -> tuple[_Token, int]:
    """Return the token in `response` and its lifetime in seconds (every number is a string)."""
    code = response.status
    if code in _BUSY:
        raise Busy(
            f"The KPN API store gives no token just now (HTTP {code}); it is asked again later.",
            http_status=code,
        )
    if code in _GONE:
        raise Gone(
            f"The KPN API store knows no such address (HTTP {code}); check token_url, and whether "
            "the service is still there.",
            http_status=code,
        )
    if 400 <= code < 500:
        raise BadCredentials(
            f"The KPN API store gave no token (HTTP {code}); check client_id, client_secret and "
            "token_url.",
            http_status=code,
        )
    try:
        found = read_json(response.body) if code == 200 else {}
    except Unreadable:
        found = {}
    token = scalars.text(found.get("access_token"))
    if token is None:
        raise NotSent(
            f"The KPN API store gave no token that can be read (HTTP {code}); check token_url.",
            http_status=code,
        )
    lifetime = scalars.amount(found.get("expires_in"))
    return _Token(token), TOKEN_LIFETIME if lifetime is None else int(lifetime)


def _cached(key: str) -> str | None:
    try:
        found = cache.get(key)
    except Exception:  # each cache fails in its own way, and a lookup needs none
        logger.warning("The cache failed; a token is fetched for this lookup alone.")
        return None
    return found if isinstance(found, str) else None


def _keep(key: str, value: str, seconds: int) -> None:
    try:
        cache.set(key, value, seconds)
    except Exception:  # as above
        logger.warning("The cache failed; the token is not kept for the next lookup.")
