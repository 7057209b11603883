"""The context of a record's page: the signup, the lookup, the answer, and the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from number_insight import loading
from number_insight.admin import display, links
from number_insight.admin.filters import (
    SameFilter,
    SameIPFilter,
    SameNumberFilter,
)
from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.models.choices import Basis, Lane, Verdict
from number_insight.rules import explanation
from number_insight.screening import planning

MAX_LOOKUPS = 20
MAX_OTHERS = 5
MAX_COUNT = 1000
"""The number of other records at which the page stops counting."""

LIBPHONENUMBER = "libphonenumber"
ON_AN_ANSWER = (Basis.ANSWER, Basis.REUSED)

Rows = list[tuple[str, Any]]
"""Labels with their values."""


def context(request: HttpRequest, record: NumberInsightRecord, site: AdminSite) -> dict[str, Any]:
    """Return the template context for `record`."""
    flags = list(record.flags.all())
    return {
        "record": record,
        "verdict_badge": display.verdict_badge(record),
        "decision_badge": display.decision_badge(record),
        "number_text": record.full_number,
        "flag_rows": flag_rows(flags),
        "score_rows": _score_rows(flags),
        "counterfactual": _counterfactual(record, flags),
        "not_evaluable": [display.flag_label(code) for code in record.not_evaluable],
        "raised_rules": [display.flag_label(code) for code in record.raised_rules],
        "sections": [
            (_("Who"), _signup_rows(request, record, site)),
            (_("What came back"), _answer_rows(record)),
        ],
        "questions": [(_("What was asked"), _lookup_rows(record, site))],
        "live_is_kept": app_settings.STORE_LIVE,
        "lookups": _lookups(record, site),
        "most_lookups": MAX_LOOKUPS,
        "relatives": [
            (_("Other records of this number"), _others(record, site, SameNumberFilter)),
            (_("Other records of this IP"), _others(record, site, SameIPFilter)),
        ],
    }


def flag_rows(flags: Sequence[RiskFlag]) -> list[dict[str, Any]]:
    """Return each flag with its label and its sentence."""
    return [
        {"flag": flag, "label": display.flag_label(flag.code), "text": flag.text} for flag in flags
    ]


def _score_rows(flags: Sequence[RiskFlag]) -> Rows:
    """Return the share of each group in the score; a flag without a group has its own."""
    return [
        (
            display.humanised(share.group)
            if share.group
            else display.flag_label(share.counted[0].code),
            share.points,
        )
        for share in explanation.shares(flags)
        if share.points
    ]


def _counterfactual(record: NumberInsightRecord, flags: Sequence[RiskFlag]) -> str:
    """Return a sentence on the changes that would have let the signup pass, or ""."""
    if record.lane != Lane.RISK or record.verdict not in (Verdict.REVIEW, Verdict.DENY):
        return ""
    try:
        otherwise = {rule.code: rule.otherwise for rule in loading.rules()}
    except ImproperlyConfigured:  # reported by the checks; records stay readable
        otherwise = {}
    return explanation.counterfactual(flags, app_settings.THRESHOLDS, otherwise, translate=_)


def _signup_rows(request: HttpRequest, record: NumberInsightRecord, site: AdminSite) -> Rows:
    return [
        (_("Subject"), _subject(request, record, site)),
        (_("Field"), record.field or display.EMPTY_VALUE),
        (_("Source"), record.get_source_display()),
        (_("IP"), _ip(record)),
        (_("IP country"), record.ip_country or _("unknown")),
        (_("Name given"), record.declared_name or display.EMPTY_VALUE),
        (_("Country given"), record.declared_country or display.EMPTY_VALUE),
        (_("Signed up"), record.created_at),
    ]


def _subject(request: HttpRequest, record: NumberInsightRecord, site: AdminSite) -> str:
    if record.subject_type_id is None:
        return _("none (yet): the signup was not finished, or its form has no object")
    model = links.subject_model(record)
    if model is None:
        text = links.subject_link(site, request, record)
        return _("%(subject)s (deleted)") % {"subject": text}
    text, subject = f"{model._meta.verbose_name} {record.subject_id}", links.fetch_subject(record)
    if subject is None:
        return _("%(subject)s (deleted)") % {"subject": text}
    if not links.may_view(site, request, model, subject):
        return text
    return links.subject_link(site, request, record, f"{text}: {subject}")


def _ip(record: NumberInsightRecord) -> str:
    if record.number_hash and not record.number_masked:
        return _("erased")
    return record.ip_address or _("unknown (private or not given)")


def _lookup_rows(record: NumberInsightRecord, site: AdminSite) -> Rows:
    """Return the last lookup of `record`: its parameters, its state, and its price."""
    lookup = record.lookup
    if lookup is None:
        return [(_("Lookup"), _("none: nothing was bought for this record")), _saved(record)]
    return [
        (_("Lookup"), links.lookup_link(site, lookup)),
        (_("Provider"), lookup.provider),
        (_("Level"), lookup.level),
        (_("Delivery"), lookup.delivery),
        (_("State"), lookup.get_state_display()),
        (_("Request id"), lookup.request_id or display.EMPTY_VALUE),
        (_("Attempts"), lookup.attempts),
        (_("Price"), display.money(lookup.price, lookup.currency)),
        (_("Refund"), display.money(lookup.refund, lookup.currency)),
        (_("Reserved"), display.money(lookup.reserved, lookup.currency)),
        (_("Cost of this record"), display.money(record.cost, lookup.currency)),
        _saved(record),
        (_("Error"), lookup.error or display.EMPTY_VALUE),
    ]


def _saved(record: NumberInsightRecord) -> tuple[str, Any]:
    """Return the difference to the price of the highest level."""
    try:
        amount = display.money(planning.saved(record), loading.provider().currency)
    except ImproperlyConfigured:  # reported by the checks; records stay readable
        amount = display.EMPTY_VALUE
    return _("Saved against asking everything"), amount


def _answer_rows(record: NumberInsightRecord) -> Rows:
    return [
        (_("Line type"), _line_type(record)),
        (_("Country"), record.country or _("unknown")),
        (_("Carrier"), _carrier(record)),
        (_("Original carrier"), record.original_carrier_name or _("unknown")),
        (_("Ported"), display.label(record.ported, display.PORTED)),
        (_("Valid"), display.label(record.valid_number, display.VALID)),
        (_("Reachable"), display.label(record.reachable, display.REACHABLE)),
        (_("Roaming"), _roaming(record)),
        (_("IP"), display.label(record.ip_match, display.IP_MATCH)),
        (_("Caller name"), record.caller_name or display.EMPTY_VALUE),
        (_("Caller type"), display.label(record.caller_type, display.CALLER_TYPES)),
    ]


def _line_type(record: NumberInsightRecord) -> str:
    """Return the line type with its source: the provider, or libphonenumber if it told none."""
    text = display.label(record.line_type, display.LINE_TYPES)
    source = _line_type_source(record)
    return _("%(line)s (by %(source)s)") % {"line": text, "source": source} if source else text


def _line_type_source(record: NumberInsightRecord) -> str:
    """Return the source of the line type, or "" if it is unknown or was erased."""
    lookup = record.lookup
    if record.line_type == UNKNOWN or (lookup is None and record.basis in ON_AN_ANSWER):
        return ""
    if lookup is None or not lookup.is_answered:
        return LIBPHONENUMBER
    if lookup.insight is None:
        return ""
    is_told = lookup.insight.get("line_type", UNKNOWN) != UNKNOWN
    return lookup.provider if is_told else LIBPHONENUMBER


def _carrier(record: NumberInsightRecord) -> str:
    if not record.carrier_name:
        return record.carrier_country or _("unknown")
    country = record.carrier_country
    return f"{record.carrier_name} ({country})" if country else record.carrier_name


def _roaming(record: NumberInsightRecord) -> str:
    status = display.label(record.roaming_status, display.ROAMING)
    return f"{status}, {record.roaming_country}" if record.roaming_country else status


def _lookups(record: NumberInsightRecord, site: AdminSite) -> list[dict[str, Any]]:
    """Return the newest lookups of the number, with links and prices."""
    rows = Lookup.objects.filter(SameNumberFilter.same(record)).order_by("-pk")
    rows = rows.defer("insight", "raw")
    return [
        {
            "lookup": lookup,
            "link": links.lookup_link(site, lookup),
            "is_ours": lookup.pk == record.lookup_id,
            "price": display.money(lookup.price, lookup.currency),
            "refund": display.money(lookup.refund, lookup.currency),
        }
        for lookup in rows[:MAX_LOOKUPS]
    ]


def _others(
    record: NumberInsightRecord, site: AdminSite, common: type[SameFilter]
) -> dict[str, Any]:
    """Return the newest records that have `common` with this one, their count, a link to all."""
    rows = NumberInsightRecord.objects.filter(common.same(record)).exclude(pk=record.pk)
    count = rows.order_by()[:MAX_COUNT].count()
    newest = rows.order_by("-pk")[:MAX_OTHERS] if count else ()
    return {
        "count": count,
        "count_text": display.capped_count(count, MAX_COUNT),
        "all": format_html("{}?{}={}", links.list_url(site), common.parameter_name, record.pk),
        "rows": [
            {
                "record": other,
                "link": links.record_link(site, other, other),
                "badge": display.verdict_badge(other),
            }
            for other in newest
        ],
    }
