"""Fingerprints: the keyed hashes that replace erased numbers.

The same number is recognised again, but cannot be read from the hash without the key. A plain hash
would hide nothing, since all existing numbers can be tried in an hour.
"""

from __future__ import annotations

from functools import lru_cache

from django.utils.crypto import salted_hmac

from number_insight.conf import app_settings

SALT = "number_insight.fingerprint.v1"
LENGTH = 64
"""The length of a fingerprint, in characters."""


def fingerprint(number: str) -> str:
    """Return the fingerprint of `number` (E.164) to store, under the first key."""
    return fingerprints(number)[0]


def fingerprints(number: str) -> list[str]:
    """Return the fingerprints of `number` (E.164) under every key, the signing one first.

    Compare them with the stored ones: ``number_hash__in=fingerprints(number)``.
    """
    return [_signed(number, key) for key in app_settings.FINGERPRINT_KEYS]


@lru_cache(maxsize=1024)  # each step of a screening compares the same number
def _signed(number: str, key: str | bytes) -> str:
    return salted_hmac(SALT, number, secret=key, algorithm="sha256").hexdigest()
