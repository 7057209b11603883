"""The URLs of the webhook, one for each lookup, with a signed token.

Number Insight signs no callback, so the token in the path is the only proof of the sender. It is
checked before any query, in constant time, and survives a rotation of ``SECRET_KEY`` with
``SECRET_KEY_FALLBACKS``.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from number_insight.conf import app_settings

SALT = "number_insight.callback.v1"


def _signer() -> Signer:
    return Signer(salt=SALT, sep="~")


def token_for(lookup_id: int) -> str:
    """Return the signed token for the callback of one lookup."""
    return _signer().sign(str(lookup_id))


def lookup_id_of(token: str) -> int | None:
    """Return the key of the lookup in `token`, or None if its signature is invalid."""
    try:
        return int(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def url_for(lookup_id: int) -> str:
    """Return the absolute URL for the callback of one lookup.

    It is built from ``CALLBACK_BASE_URL``, and never from a request's Host, which the client can
    choose. Raise `ImproperlyConfigured` if the setting is missing.
    """
    origin = app_settings.CALLBACK_BASE_URL
    if not origin:
        raise ImproperlyConfigured(
            "NUMBER_INSIGHT['CALLBACK_BASE_URL'] is not set; DELIVERY 'async' needs it."
        )
    path = reverse("number_insight:callback", args=(token_for(lookup_id),))
    return f"{origin.rstrip('/')}{path}"
