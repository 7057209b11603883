"""Small coloured words. Everything that comes from outside is escaped by `format_html`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext

from number_insight.admin import words
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import Decision, Lane, Verdict

CSS = "number_insight/admin.css"


def verdict(record: NumberInsightRecord) -> SafeString:
    """Return the verdict as a badge in its colour."""
    known = record.verdict if record.verdict in Verdict.values else "pending"
    return format_html(
        '<span class="ni-badge ni-{}">{}</span>', known, record.get_verdict_display()
    )


def decision(record: NumberInsightRecord) -> SafeString | str:
    """Return the person's word as a badge, or a dash while nobody has decided."""
    if not record.decision:
        return words.NOTHING
    known = "allow" if record.decision == Decision.RELEASED else "deny"
    return format_html(
        '<span class="ni-badge ni-{}">{}</span>', known, record.get_decision_display()
    )


def flags(found: Iterable[RiskFlag], *more: SafeString) -> SafeString:
    """Return a badge for each flag, with its sentence as the title; dimmed if not counted."""
    labels = words.flag_labels()
    made = [
        format_html(
            '<span class="ni-flag{}" title="{}">{}</span>',
            "" if flag.counted else " ni-dim",
            _told(flag),
            labels.get(flag.code) or words.humanised(flag.code),
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
        return ours or words.NOTHING
    if not ours or ours == theirs:
        return format_html('{} <span class="ni-quiet">IP {}</span>', ours or "?", theirs)
    title = gettext("The IP is in %(ip)s, the number is from %(number)s.")
    return format_html(
        '{} <span class="ni-badge ni-review" title="{}">≠ IP {}</span>',
        ours,
        title % {"ip": theirs, "number": ours},
        theirs,
    )
