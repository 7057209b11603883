"""The facts of a record in words, for people."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import loading
from number_insight.insight import UNKNOWN

NOTHING = "–"
OWN_FLAGS = {
    "live": _("State of the phone"),
    "country_not_screened": _("Country not looked up"),
}
"""The flags that come from no rule, by code."""

LINE_TYPES = {
    "mobile": _("mobile"),
    "landline": _("landline"),
    "landline_premium": _("premium-rate"),
    "landline_tollfree": _("toll-free"),
    "virtual": _("virtual"),
    "pager": _("pager"),
    UNKNOWN: _("unknown"),
}
PORTED = {
    "ported": _("yes"),
    "not_ported": _("no"),
    "assumed_ported": _("probably"),
    "assumed_not_ported": _("probably not"),
}
VALID = {
    "valid": _("yes"),
    "not_valid": _("no"),
    "inferred": _("probably"),
    "inferred_not_valid": _("probably not"),
}
REACHABLE = {
    "reachable": _("yes"),
    "undeliverable": _("no, nothing can be delivered"),
    "absent": _("no, it was off or out of reach"),
    "bad_number": _("no, the network does not know the number"),
    "blacklisted": _("no, a carrier blocks the number"),
}
ROAMING = {"roaming": _("yes"), "not_roaming": _("no")}
IP_MATCH = {
    "country": _("in the country of the number"),
    "mismatch": _("not in the country of the number"),
}
CALLER_TYPES = {"business": _("business"), "consumer": _("consumer")}


def word(value: str, words: Mapping[str, Any]) -> str:
    """Return `value` in the reader's language; a word that we do not know as it is."""
    return str(words.get(value, gettext("unknown") if value in ("", UNKNOWN) else value))


def money(amount: Decimal | None, currency: str) -> str:
    """Return an amount with at least two decimals, and as many more as it really has."""
    if amount is None:
        return NOTHING
    exponent = amount.normalize().as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{number_format(amount, decimal_pos=places)} {currency}"


def account_currency() -> str:
    """Return the currency of the provider that is asked; nothing if there is none."""
    try:
        return loading.provider().currency
    except ImproperlyConfigured:
        return ""


def flag_labels() -> dict[str, str]:
    """Return the short texts of the active rules and of our own flags, by code."""
    own = {code: str(label) for code, label in OWN_FLAGS.items()}
    try:
        active = loading.rules()
    except ImproperlyConfigured:  # the checks say so; the records can still be read
        return own
    return own | {
        rule.code: gettext(rule.title) if rule.title else humanised(rule.code) for rule in active
    }


def otherwise() -> dict[str, str]:
    """Return what each active rule would have let pass (`Rule.otherwise`), by code."""
    try:
        return {rule.code: rule.otherwise for rule in loading.rules()}
    except ImproperlyConfigured:  # the checks say so; the records can still be read
        return {}


def humanised(code: str) -> str:
    """Return a code as words ("country_not_screened": "Country not screened")."""
    return code.replace("_", " ").strip().capitalize()


def flag_label(code: str) -> str:
    """Return the short text for `code`: its rule's title, or the code as words."""
    return flag_labels().get(code) or humanised(code)
