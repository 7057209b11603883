"""Authentication: key and secret, signed requests, and the gateway's bearer tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from threading import Lock

from number_insight.sandbox.exchange import Request

SIGNATURE_WINDOW = 300
"""The largest deviation of a timestamp in either direction, in seconds."""

_DIGESTS = ("md5", "sha1", "sha256", "sha512")

Credentials = Mapping[str, "str | Sequence[str]"]
"""A mapping of keys to their secret, or to several secrets during a rotation."""


def signing_string(params: Mapping[str, str]) -> str:
    """Return the string to sign: every parameter but the signature and the secret, by name.

    In the values "_" replaces "&" and "=", and nothing is URL-encoded:
    https://developer.vonage.com/en/getting-started/concepts/signing-messages
    """
    signed = {key: params[key] for key in sorted(params) if key not in ("sig", "api_secret")}
    return "".join(
        f"&{key}={value.replace('&', '_').replace('=', '_')}" for key, value in signed.items()
    )


def signatures(params: Mapping[str, str], secret: str) -> dict[str, str]:
    """Return the signature of `params` under each of the five methods, in lower case."""
    text = signing_string(params)
    keyed = {name: hmac.new(secret.encode(), text.encode(), name).hexdigest() for name in _DIGESTS}
    plain = hashlib.md5((text + secret).encode(), usedforsecurity=False).hexdigest()
    return {"md5hash": plain, **keyed}


class Gatekeeper:
    """The check of credentials. Without `credentials` any key and secret are accepted."""

    def __init__(
        self, credentials: Credentials | None = None, signature_secret: str | None = None
    ) -> None:
        self._credentials = credentials
        self._signature_secret = signature_secret

    def admits(self, request: Request, params: Mapping[str, str]) -> bool:
        """Return whether `request` is authenticated by header, by signature, or by secret."""
        authorization = request.headers.get("authorization", "")
        if authorization.lower().startswith("basic "):
            return self.knows(*_basic(authorization))
        key = params.get("api_key", "")
        if "sig" in params:
            return self._is_known(key) and self._is_signed(params)
        return self.knows(key, params.get("api_secret", ""))

    def knows(self, key: str, secret: str) -> bool:
        """Return whether `secret` belongs to `key`."""
        if not key or not secret:
            return False
        if self._credentials is None:
            return True
        known = self._credentials.get(key, ())
        candidates = [known] if isinstance(known, str) else known
        return any(hmac.compare_digest(secret.encode(), each.encode()) for each in candidates)

    def _is_known(self, key: str) -> bool:
        return bool(key) and (self._credentials is None or key in self._credentials)

    def _is_signed(self, params: Mapping[str, str]) -> bool:
        if not _is_recent(params.get("timestamp", "")):
            return False
        if self._signature_secret is None:
            return self._credentials is None and bool(params["sig"])
        given = params["sig"].lower().encode()
        expected = signatures(params, self._signature_secret).values()
        return any(hmac.compare_digest(given, each.encode()) for each in expected)


def _basic(authorization: str) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(authorization[6:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    key, _, secret = decoded.partition(":")
    return key, secret


def _is_recent(timestamp: str) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit():
        return False
    return abs(time.time() - int(timestamp)) <= SIGNATURE_WINDOW


class Tokens:
    """The bearer tokens that the gateway has issued, each valid for `lifetime` seconds."""

    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime
        self._lock = Lock()
        self._expiries: dict[str, float] = {}

    def issue(self) -> str:
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._expiries[token] = time.monotonic() + self.lifetime
        return token

    def is_good(self, authorization: str) -> bool:
        """Return whether the header holds a token that has not expired."""
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            expiry = self._expiries.get(token.strip(), 0.0)
        return scheme.lower() == "bearer" and time.monotonic() < expiry

    def expire(self) -> None:
        """Revoke every token."""
        with self._lock:
            self._expiries.clear()
