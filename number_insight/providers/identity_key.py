"""The private key of an application, and the token that it signs for each request.

The token is that of https://developer.vonage.com/en/getting-started/concepts/authentication.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

try:
    import jwt
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    IS_INSTALLED = True
except ImportError:  # the extra "identity" brings both
    IS_INSTALLED = False

LIFETIME = 900
"""The lifetime of a token, in seconds, as the vendor's clients have it."""
SMALLEST = 2048
"""The fewest bits of a key."""
MISSING_LIBRARY = "PyJWT with cryptography is missing, which signs the requests"
INSTALL = "Run: pip install 'django-number-insight[identity]'"
_OTHERS = {
    "ENCRYPTED": "private_key is protected by a passphrase",
    "PUBLIC KEY": "private_key holds a public key",
    "CERTIFICATE": "private_key holds a certificate",
    "OPENSSH": "private_key has the form of OpenSSH",
}
"""A word in the PEM of what is no usable private key -> the trouble with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTrouble:
    """The reason why a private key cannot be used, which shows nothing of it.

    `is_absent` says that its file is not there, as in a build without secrets. It is no exception,
    for an error report shows the variables of the frames, and one of those holds the key.
    """

    message: str
    is_absent: bool = False


class PrivateKey:
    """A private key that signs tokens, hidden from reprs and so from error reports."""

    __slots__ = ("_key",)

    def __init__(self, key: Any) -> None:
        self._key = key

    def token(self, application_id: str) -> str:
        """Return a token for one request."""
        now = int(time.time())
        claims = {
            "application_id": application_id,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, self._key, algorithm="RS256")


def load_key(option: str) -> PrivateKey | KeyTrouble:
    """Return the key in `option`, PEM text or the path of a file, or the trouble with it."""
    if not IS_INSTALLED:
        return KeyTrouble(message=MISSING_LIBRARY)
    text = option if "-----BEGIN" in option else _file(option)
    if isinstance(text, KeyTrouble):
        return text
    pem = _pem(text)
    head = pem.partition("\n")[0]
    for word, message in _OTHERS.items():
        if word in head or (word == "ENCRYPTED" and word in pem):
            return KeyTrouble(message=message)
    return _parsed(pem)


def _parsed(pem: str) -> PrivateKey | KeyTrouble:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return KeyTrouble(message="private_key is damaged: it cannot be read as PEM")
    if not isinstance(key, RSAPrivateKey):
        return KeyTrouble(message="private_key is not an RSA key")
    if key.key_size < SMALLEST:
        return KeyTrouble(message=f"private_key has fewer than {SMALLEST} bits")
    return PrivateKey(key)


def _pem(text: str) -> str:
    """Return `text` from the beginning of the PEM in it, with real line breaks."""
    # Environment variables often hold a line break in two characters.
    lines = text.replace("\\n", "\n").splitlines()
    text = "\n".join(line.strip() for line in lines)
    return text[text.index("-----BEGIN") :] + "\n"


def _file(name: str) -> str | KeyTrouble:
    try:
        text = Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        message = "private_key is neither a key in PEM nor the path of a file that is there"
        return KeyTrouble(message=message, is_absent=True)
    except UnicodeDecodeError:
        text = ""
    except (OSError, ValueError):  # no right to read, a folder, a name that no file can have
        message = "private_key is no key in PEM, and no file that can be read"
        return KeyTrouble(message=message, is_absent=True)
    if "-----BEGIN" in text:
        return text
    return KeyTrouble(message="private_key names a file without a key in PEM")
