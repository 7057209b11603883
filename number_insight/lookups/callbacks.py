"""The address of the webhook: one for each lookup, which nobody can guess.

Number Insight signs no callback, so the token in the path is all the proof there is. It is
checked before any row is read, in constant time, and survives a rotation of ``SECRET_KEY`` by
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
    """Return the token that opens the webhook for one lookup."""
    return _signer().sign(str(lookup_id))


def lookup_id_of(token: str) -> int | None:
    """Return the lookup that `token` opens, or None if we did not make it."""
    try:
        return int(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def url_for(lookup_id: int) -> str:
    """Return the absolute URL that a provider posts the answer to.

    Built from ``CALLBACK_BASE_URL`` and never from a request's Host, which anybody can choose.
    """
    origin = app_settings.CALLBACK_BASE_URL
    if not origin:
        raise ImproperlyConfigured(
            "NUMBER_INSIGHT['CALLBACK_BASE_URL'] is not set; DELIVERY 'async' needs it."
        )
    path = reverse("number_insight:callback", args=(token_for(lookup_id),))
    return f"{origin.rstrip('/')}{path}"
