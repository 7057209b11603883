"""The check of a JSON Web Token, as an application of Vonage sends it with each request.

The claims are those of https://developer.vonage.com/en/getting-started/concepts/authentication.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

try:
    import jwt

    IS_INSTALLED = True
except ImportError:  # only a sandbox with a public key needs it
    IS_INSTALLED = False

LEEWAY = 60
"""The largest lead of a client's clock, in seconds."""
LONGEST_LIFE = 24 * 3600
"""The longest time between ``iat`` and ``exp``, in seconds."""
_TEXTS = ("application_id", "jti")
_TIMES = ("iat", "exp")


class Verifier:
    """The check of bearer tokens: the claims always, the signature if there is a public key.

    `public_key` is the key in PEM, or the path of a file that holds it. Raise ValueError if it
    cannot be used, OSError if the file cannot be read.
    """

    def __init__(self, public_key: str | Path | None = None) -> None:
        self._key = None if public_key is None else _loaded(public_key)

    def trouble(self, authorization: str) -> str:
        """Return the reason why the header `authorization` is not accepted, or ""."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or token.count(".") != 2:
            return "the header Authorization holds no bearer token"
        try:
            header, claims = (_decoded(part) for part in token.split(".")[:2])
        except ValueError:
            return "the token cannot be read"
        if header.get("alg") != "RS256":
            return "the token is not signed with RS256"
        return _trouble_of(claims) or self._trouble_of_signature(token)

    def _trouble_of_signature(self, token: str) -> str:
        if self._key is None:
            return ""
        try:
            # The times have been checked, with a leeway of our own.
            checks = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
            jwt.decode(token, self._key, algorithms=["RS256"], options=checks)  # type: ignore[arg-type]
        except jwt.InvalidTokenError:
            return "the signature does not fit the public key"
        return ""


def _loaded(public_key: str | Path) -> Any:
    text = str(public_key)
    if "-----BEGIN" not in text:
        text = Path(text).read_text(encoding="utf-8")
    if not IS_INSTALLED:
        raise ValueError(
            "Signatures are checked with PyJWT: pip install django-number-insight[identity]"
        )
    try:
        return jwt.get_algorithm_by_name("RS256").prepare_key(text)
    except (jwt.InvalidKeyError, NotImplementedError) as exc:
        raise ValueError("The public key is not an RSA key in PEM.") from exc


def _decoded(part: str) -> Mapping[str, Any]:
    document = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document


def _trouble_of(claims: Mapping[str, Any]) -> str:
    for name in _TEXTS:
        if not isinstance(claims.get(name), str) or not claims[name]:
            return f"the claim {name} is missing"
    for name in _TIMES:
        if type(claims.get(name)) not in (int, float):
            return f"the claim {name} is missing"
    now, begun, end = time.time(), claims["iat"], claims["exp"]
    if begun > now + LEEWAY:
        return "the token was issued in the future"
    if end <= now:
        return "the token has expired"
    return "the token lives for too long" if end - begun > LONGEST_LIFE else ""
