"""The facts of a record in words and in badges. All that comes from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import loading
from number_insight.insight import UNKNOWN
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import Decision, Lane, Verdict

CSS = "number_insight/admin.css"
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


def verdict(record: NumberInsightRecord) -> SafeString:
    """Return the verdict as a badge in its colour."""
    known = record.verdict if record.verdict in Verdict.values else "pending"
    return format_html(
        '<span class="ni-badge ni-{}">{}</span>', known, record.get_verdict_display()
    )


def decision(record: NumberInsightRecord) -> SafeString | str:
    """Return the person's word as a badge, or a dash while nobody has decided."""
    if not record.decision:
        return NOTHING
    known = "allow" if record.decision == Decision.RELEASED else "deny"
    return format_html(
        '<span class="ni-badge ni-{}">{}</span>', known, record.get_decision_display()
    )


def flags(found: Iterable[RiskFlag], *more: SafeString) -> SafeString:
    """Return a badge for each flag, with its sentence as the title; dimmed if not counted."""
    labels = flag_labels()
    made = [
        format_html(
            '<span class="ni-flag{}" title="{}">{}</span>',
            "" if flag.counted else " ni-dim",
            _told(flag),
            labels.get(flag.code) or humanised(flag.code),
        )
        for flag in found
    ]
    made += [badge for badge in more if badge]
    badges = format_html_join(" ", "{}", ((badge,) for badge in made))
    return format_html('<span class="ni-flags">{}</span>', badges) if made else badges


def lane(record: NumberInsightRecord) -> SafeString:
    """Return why a record waits without evidence (an outage, the budget); else nothing."""
    if record.lane == Lane.RISK or record.verdict not in (Verdict.REVIEW, Verdict.DENY):
        return SafeString("")
    return format_html(
        '<span class="ni-flag ni-dim" title="{}">{}</span>',
        record.get_basis_display(),
        record.get_lane_display(),
    )


def _told(flag: RiskFlag) -> str:
    if flag.counted:
        return flag.text
    return gettext("%(sentence)s (not counted)") % {"sentence": flag.text}


def age(made: datetime) -> SafeString:
    """Return how long ago something was made, with the time itself as the title."""
    title = date_format(localtime(made), "DATETIME_FORMAT")
    return format_html('<span title="{}">{}</span>', title, timesince(made, depth=1))


def countries(record: NumberInsightRecord) -> SafeString | str:
    """Return the number's country and the IP's, marked where they differ."""
    ours, theirs = record.country, record.ip_country
    if not theirs:
        return ours or NOTHING
    if not ours or ours == theirs:
        return format_html('{} <span class="ni-quiet">IP {}</span>', ours or "?", theirs)
    title = gettext("The IP is in %(ip)s, the number is from %(number)s.")
    return format_html(
        '{} <span class="ni-badge ni-review" title="{}">≠ IP {}</span>',
        ours,
        title % {"ip": theirs, "number": ours},
        theirs,
    )
