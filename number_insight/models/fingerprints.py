"""Fingerprints: what is left of a number when it is erased.

A keyed hash: the same number is recognised again, and the number cannot be read from it without
the key. A plain hash would hide nothing, since all numbers there are can be tried in an hour.
"""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from number_insight.conf import app_settings

SALT = "number_insight.fingerprint.v1"
LENGTH = 64
"""Characters of a fingerprint."""


def fingerprint(number: str) -> str:
    """Return the fingerprint of `number` (E.164) under the first key, the one to be stored."""
    return fingerprints(number)[0]


def fingerprints(number: str) -> list[str]:
    """Return the fingerprints of `number` under every key, the one that signs first.

    To be compared with what is stored: ``number_hash__in=fingerprints(number)``.
    """
    return [
        salted_hmac(SALT, number, secret=key, algorithm="sha256").hexdigest()
        for key in app_settings.FINGERPRINT_KEYS
    ]
