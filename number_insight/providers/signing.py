"""Signatures of requests: a hash over the sorted parameters.

The scheme is that of https://developer.vonage.com/en/getting-started/concepts/signing-messages.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

METHODS = ("md5hash", "md5", "sha1", "sha256", "sha512")
"""The signature methods of an account; all but the first, the default, are HMACs."""


def sign(params: Mapping[str, str], secret: str, method: str = "md5hash") -> str:
    """Return the ``sig`` of `params`, which must hold ``timestamp`` and no ``api_secret``.

    Raise ValueError for an unknown `method`. Vonage's clients send the hash in either case, so
    compare it case-insensitively, and in constant time.
    """
    text = "".join(
        f"&{key}={_plain(params[key])}" for key in sorted(params, key=str.encode) if key != "sig"
    )
    if method == "md5hash":
        # Not our choice: the account's default method is a plain MD5 with the secret appended.
        digest = hashlib.md5((text + secret).encode(), usedforsecurity=False)
        return digest.hexdigest()
    if method not in METHODS:
        raise ValueError(f"there is no signature method {method!r}")
    return hmac.new(secret.encode(), text.encode(), method).hexdigest()


def _plain(value: str) -> str:
    return str(value).replace("&", "_").replace("=", "_")
