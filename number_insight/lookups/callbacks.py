"""The URLs of the webhook, one for each lookup, with a signed token.

Number Insight signs no callback, so the token in the path is the only proof of the sender. It is
checked before any query, in constant time, and survives a rotation of ``SECRET_KEY`` with
``SECRET_KEY_FALLBACKS``.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.core.signing import BadSignature, Signer
from django.urls import NoReverseMatch, reverse
from django.views.decorators.debug import sensitive_variables

from number_insight.conf import app_settings

SALT = "number_insight.callback.v1"
PROBE = 0
"""The key of no lookup, for whose address the self-test asks."""
NO_ORIGIN = "NUMBER_INSIGHT['CALLBACK_BASE_URL'] is not set, so that no answer can be posted here."
NO_WEBHOOK = "The URLs of number_insight are not included, so that no answer can be posted here."
"""The reasons why a callback has no address; `number_insight.checks` reports both."""


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
    choose. Raise `ImproperlyConfigured` if the setting or the webhook's URL is missing.
    """
    origin = app_settings.CALLBACK_BASE_URL
    if not origin:
        raise ImproperlyConfigured(NO_ORIGIN)
    return f"{origin.rstrip('/')}{_path(token_for(lookup_id))}"


def has_webhook() -> bool:
    """Whether the project's URLs hold the webhook."""
    try:
        return bool(_path("token"))
    except ImproperlyConfigured:
        return False


@sensitive_variables()
def _path(token: str) -> str:
    try:
        return reverse("number_insight:callback", args=(token,))
    except NoReverseMatch:  # which would quote the token
        raise ImproperlyConfigured(NO_WEBHOOK) from None
