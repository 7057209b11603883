"""The private key of an application, and the token that it signs for each request.

The token is that of https://developer.vonage.com/en/getting-started/concepts/authentication.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

try:
    import jwt
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
except ImportError:  # the extra "identity" brings both
    jwt = None  # type: ignore[assignment]

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


class UnusableKey(ValueError):
    """The private key cannot be used; the message says why, and shows nothing of it.

    `is_absent` says that its file is not there, as in a build without secrets.
    """

    def __init__(self, message: str, *, is_absent: bool = False) -> None:
        super().__init__(message)
        self.is_absent = is_absent


class PrivateKey:
    """A private key that signs tokens, hidden from reprs and so from error reports."""

    __slots__ = ("_key",)

    def __init__(self, option: object) -> None:
        """Load the key in `option`, PEM text or a path; raise `UnusableKey` if that fails."""
        if jwt is None:
            raise UnusableKey(MISSING_LIBRARY)
        # Nothing but the result is kept in a variable: error reports show those.
        self._key: Any = _loaded(option)

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


def _loaded(option: object) -> Any:
    key, trouble = _read(option)
    del option  # here and below: error reports show the variables of a frame
    if trouble is not None:
        raise trouble
    return key


def _read(option: object) -> tuple[Any, UnusableKey | None]:
    text, trouble = _text(option)
    if trouble is not None:
        return None, trouble
    head = text.partition("\n")[0]
    for word, sentence in _OTHERS.items():
        if word in head or (word == "ENCRYPTED" and word in text):
            return None, UnusableKey(sentence)
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None, UnusableKey("private_key is damaged: it cannot be read as PEM")
    if not isinstance(key, RSAPrivateKey):
        return None, UnusableKey("private_key is not an RSA key")
    if key.key_size < SMALLEST:
        return None, UnusableKey(f"private_key has fewer than {SMALLEST} bits")
    return key, None


def _text(option: object) -> tuple[str, UnusableKey | None]:
    """Return the PEM text in `option` or in its file, with real line breaks."""
    text = str(option).strip()
    if "-----BEGIN" not in text:
        text, trouble = _file(text)
        if trouble is not None:
            return "", trouble
    # Environment variables often hold "\n" in two characters.
    lines = text.replace("\\n", "\n").splitlines()
    text = "\n".join(line.strip() for line in lines)
    start = text.find("-----BEGIN")
    if start < 0:
        return "", UnusableKey("private_key names a file without a key in PEM")
    return text[start:] + "\n", None


def _file(name: str) -> tuple[str, UnusableKey | None]:
    try:
        return Path(name).read_text(encoding="utf-8"), None
    except FileNotFoundError:
        words = "private_key is neither a key in PEM nor the path of a file that is there"
        return "", UnusableKey(words, is_absent=True)
    except UnicodeDecodeError:
        return "", UnusableKey("private_key names a file without a key in PEM")
    except (OSError, ValueError):  # no right to read, a folder, a name that no file can have
        words = "private_key is no key in PEM, and no file that can be read"
        return "", UnusableKey(words, is_absent=True)
