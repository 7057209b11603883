"""Labels, amounts and badges. Text from outside is always escaped, by `format_html`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.timezone import is_aware, localtime, now
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import FLAGGED, Decision, Lane, RecordState, Verdict

EMPTY_VALUE = "–"
SEPARATOR = ", "
"""Between the parts of a list; Django's catalogues hold it, so that ours need not."""
EXACT = 10
"""The seconds below which a duration has a decimal place."""
OWN_FLAGS = {
    "live": gettext_noop("State of the phone"),
    "country_not_screened": gettext_noop("Country not looked up"),
}
"""Code -> title of the flags that come from no rule."""

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
    "cancelled": _("no, it was given up"),
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
VOIP = {
    "fixed": _("with an address"),
    "nonfixed": _("without an address"),
}
YES_NO = {"yes": _("yes"), "no": _("no"), "partial": _("in part")}
CALLER_TYPES = {"business": _("business"), "consumer": _("consumer")}


def comma() -> str:
    """Return what stands between the parts of a list in the language of the page."""
    return gettext(SEPARATOR)


def label(value: str, labels: Mapping[str, Any]) -> str:
    """Return the translated label of `value`, or `value` itself if it has none."""
    return str(labels.get(value, gettext("unknown") if value in ("", UNKNOWN) else value))


def money(amount: Decimal | None, currency: str) -> str:
    """Return an amount with two decimals, or with more if it has more; a dash for None."""
    if amount is None:
        return EMPTY_VALUE
    exponent = amount.normalize().as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{number_format(amount, decimal_pos=places)} {currency}"


def amounts(sums: Mapping[str, Decimal]) -> str:
    """Return an amount for each currency, side by side: two currencies are never added."""
    texts = (money(amount, currency) for currency, amount in sorted(sums.items()))
    return " + ".join(texts) or EMPTY_VALUE


def flag_labels() -> dict[str, str]:
    """Return the labels of the flags that active rules or the screening itself make, by code."""
    return {code: _translated(code, title) for code, title in _titles().items()}


def flag_label(code: str) -> str:
    """Return the label of the flag `code`: its rule's title, or the code as words."""
    return _translated(code, _titles().get(code, ""))


def named(code: str, labels: Mapping[str, str]) -> str:
    """Return the label of the flag `code` among `labels`, or the code as words."""
    return labels.get(code) or humanised(code)


def _titles() -> dict[str, str]:
    try:
        active = loading.rules()
    except ImproperlyConfigured:  # reported by the checks; records stay readable
        return OWN_FLAGS
    return OWN_FLAGS | {rule.code: rule.title for rule in active}


def _translated(code: str, title: str) -> str:
    return gettext(title) if title else humanised(code)


def humanised(code: str) -> str:
    """Return a code as words ("country_not_screened": "Country not screened")."""
    return code.replace("_", " ").strip().capitalize()


def verdict_badge(record: NumberInsightRecord) -> SafeString:
    """Return the verdict as a coloured badge."""
    name = record.verdict if record.verdict in Verdict.values else "pending"
    return format_html('<span class="ni-badge ni-{}">{}</span>', name, record.get_verdict_display())


def decision_badge(record: NumberInsightRecord) -> SafeString | str:
    """Return the person's decision as a coloured badge, or a dash without one."""
    if not record.decision:
        return EMPTY_VALUE
    name = "allow" if record.decision == Decision.RELEASED else "deny"
    return format_html(
        '<span class="ni-badge ni-{}">{}</span>', name, record.get_decision_display()
    )


def flag_badges(record: NumberInsightRecord) -> SafeString:
    """Return a badge for each flag that counts, titled with its sentence.

    A verdict without evidence, made in an outage for example, has a badge for its lane as well.
    """
    badges = [_flag_badge(flag) for flag in record.flags.all() if flag.counted]
    if _lacks_evidence(record):
        badges.append(_lane_badge(record))
    joined = format_html_join(" ", "{}", ((badge,) for badge in badges))
    return format_html('<span class="ni-flags">{}</span>', joined) if badges else joined


def flag_line(record: NumberInsightRecord) -> SafeString | str:
    """Return the heaviest flag that counts with its sentence, and the number of the others."""
    line, flag = heaviest_flag(record), next(iter(_counted(record)), None)
    if flag is None or _lacks_evidence(record):
        return format_html('<span class="ni-line">{}</span>', line)
    sentence = format_html('<span class="ni-sentence"><bdi>{}</bdi></span>', flag.text)
    return format_html('<span class="ni-line">{} {}</span>', line, sentence)


def heaviest_flag(record: NumberInsightRecord) -> SafeString | str:
    """Return the heaviest flag that counts, and the number of the others; a dash without one."""
    counted = _counted(record)
    if _lacks_evidence(record):
        first, others = _lane_badge(record), len(counted)
    elif counted:
        first, others = _flag_badge(counted[0]), len(counted) - 1
    else:
        return EMPTY_VALUE
    more = format_html(' <span class="ni-quiet">+{}</span>', others) if others else ""
    return format_html('<span class="ni-first">{}{}</span>', first, more)


def _counted(record: NumberInsightRecord) -> list[RiskFlag]:
    return [flag for flag in record.flags.all() if flag.counted]


def _lacks_evidence(record: NumberInsightRecord) -> bool:
    return record.lane != Lane.RISK and record.verdict in FLAGGED


def _flag_badge(flag: RiskFlag) -> SafeString:
    badge = '<span class="ni-flag" title="{}">{}</span>'
    return format_html(badge, flag.text, flag_label(flag.code))


def _lane_badge(record: NumberInsightRecord) -> SafeString:
    return format_html(
        '<span class="ni-flag ni-dim" title="{}">{}</span>',
        record.get_basis_display(),
        record.get_lane_display(),
    )


def is_waiting(record: NumberInsightRecord) -> bool:
    """Return whether `record` waits for a person's decision."""
    is_flagged = record.verdict in FLAGGED
    return bool(is_flagged and not record.decision and record.state != RecordState.REFUSED)


def is_late(record: NumberInsightRecord) -> bool:
    """Return whether `record` has waited for a person for longer than ``REVIEW_TARGET``."""
    return is_waiting(record) and is_overdue(record.created_at)


def is_overdue(moment: datetime) -> bool:
    """Return whether what waits since `moment` has waited for longer than ``REVIEW_TARGET``."""
    target = app_settings.REVIEW_TARGET
    return target is not None and now() - moment > target


def age_of(record: NumberInsightRecord) -> SafeString:
    """Return the age of `record`, marked where it has waited for too long."""
    text = age(record.created_at)
    return format_html('<span class="ni-late">{}</span>', text) if is_late(record) else text


def age(moment: datetime) -> SafeString:
    """Return the time since `moment`, titled with the moment itself."""
    title = moment_text(moment)
    return format_html('<span title="{}">{}</span>', title, short_age(moment))


def since(moment: datetime) -> str:
    """Return the time since `moment` in its two largest units; below a minute in seconds."""
    seconds = int((now() - moment).total_seconds())
    return (
        timesince(moment) if seconds >= 60 else gettext("%(count)s s") % {"count": max(1, seconds)}
    )


def short_age(moment: datetime) -> str:
    """Return the time since `moment` in one unit: "3 h"."""
    seconds = max(0, int((now() - moment).total_seconds()))
    if seconds < 60:
        text = gettext("%(count)s s") % {"count": seconds}
    elif seconds < 3600:
        text = gettext("%(count)s min") % {"count": seconds // 60}
    elif seconds < 2 * 86400:
        text = gettext("%(count)s h") % {"count": seconds // 3600}
    else:
        text = timesince(moment, depth=1)
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def moment_text(moment: datetime, style: str = "DATETIME_FORMAT") -> str:
    """Return a moment in words, in the zone of the request."""
    return date_format(localtime(moment) if is_aware(moment) else moment, style)


def duration(span: timedelta | None) -> str:
    """Return a duration in its largest unit; a dash for None."""
    if span is None:
        return EMPTY_VALUE
    seconds = span.total_seconds()
    if seconds < 1:
        return gettext("%(count)s ms") % {"count": round(1000 * seconds)}
    if seconds < 60:
        places = 1 if seconds < EXACT else 0
        rounded = number_format(round(seconds, places), decimal_pos=places)
        return gettext("%(count)s s") % {"count": rounded}
    end = datetime(2000, 1, 1)  # noqa: DTZ001  only the difference counts
    return timesince(end - span, end, depth=1)


def countries(record: NumberInsightRecord) -> SafeString | str:
    """Return the country of the number and that of the IP, as a badge where they differ."""
    country, ip_country = record.country, record.ip_country
    if not ip_country:
        return country or EMPTY_VALUE
    if not country or country == ip_country:
        line = '<bdi>{}</bdi> <bdi class="ni-quiet ni-ip">IP {}</bdi>'
        return format_html(line, country or "?", ip_country)
    title = gettext("The IP is in %(ip)s, the number is from %(number)s.")
    return format_html(
        '{} <span class="ni-badge ni-review" title="{}">≠ IP {}</span>',
        country,
        title % {"ip": ip_country, "number": country},
        ip_country,
    )
