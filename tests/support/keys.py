"""Key pairs and tokens of an application, as Vonage makes them."""

from __future__ import annotations

import time
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"

_PRIVATE_FORMS = {
    "PKCS#1": serialization.PrivateFormat.TraditionalOpenSSL,
    "PKCS#8": serialization.PrivateFormat.PKCS8,
}


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_key(name: str = "ours", form: str = "PKCS#8") -> str:
    """Return the private key called `name`, in PEM; it is the same for the whole run."""
    pem = _key(name).private_bytes(
        serialization.Encoding.PEM, _PRIVATE_FORMS[form], serialization.NoEncryption()
    )
    return pem.decode()


def encrypted_key(name: str = "ours") -> str:
    """Return the private key called `name`, in PEM, under a passphrase."""
    pem = _key(name).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    return pem.decode()


def public_key(name: str = "ours") -> str:
    """Return the public key called `name`, in PEM."""
    pem = (
        _key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return pem.decode()


def token(name: str = "ours", *, algorithm: str = "RS256", **claims: Any) -> str:
    """Return a token signed with the key called `name`; a claim that is None is left out."""
    now = int(time.time())
    known = {"application_id": APPLICATION, "iat": now, "exp": now + 900, "jti": str(uuid4())}
    kept = {key: value for key, value in {**known, **claims}.items() if value is not None}
    key = private_key(name) if algorithm == "RS256" else "a shared secret of thirty-two bytes or so"
    return jwt.encode(kept, key, algorithm=algorithm)
