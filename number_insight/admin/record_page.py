"""What the page of one record tells: who, what was asked, what came back, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from number_insight import loading
from number_insight.admin import display, links
from number_insight.admin.filters import describe, same_ip, same_number
from number_insight.conf import app_settings
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.models.choices import Lane, Verdict
from number_insight.rules import explanation
from number_insight.screening import planning

MOST_LOOKUPS = 20
MOST_OTHERS = 5
MOST_COUNTED = 1000

Rows = list[tuple[str, Any]]


def context(
    request: HttpRequest, record: NumberInsightRecord, site: AdminSite, permitted: Sequence[Any]
) -> dict[str, Any]:
    """Return what the template shows of `record`."""
    flags = list(record.flags.all())
    return {
        "record": record,
        "verdict_badge": display.verdict(record),
        "decision_badge": display.decision(record),
        "number_text": str(record),
        "flag_rows": flag_rows(flags),
        "score_rows": score_rows(flags),
        "counterfactual": counterfactual(record, flags),
        "not_evaluable": [display.flag_label(code) for code in record.not_evaluable],
        "raised_rules": [display.flag_label(code) for code in record.raised_rules],
        "sections": [
            (_("Who"), who(request, record, site)),
            (_("What came back"), came_back(record)),
        ],
        "questions": [(_("What was asked"), asked(record, site))],
        "live_is_kept": app_settings.STORE_LIVE,
        "lookups": _lookups(record, site),
        "most_lookups": MOST_LOOKUPS,
        "relatives": [
            (
                _("Other records of this number"),
                _others(record, site, same_number(record), "same_number_as"),
            ),
            (_("Other records of this IP"), _others(record, site, same_ip(record), "same_ip_as")),
        ],
    }


def flag_rows(flags: Sequence[RiskFlag]) -> list[dict[str, Any]]:
    """Return the flags in words, the heaviest first."""
    return [
        {"flag": flag, "label": display.flag_label(flag.code), "text": flag.text} for flag in flags
    ]


def score_rows(flags: Sequence[RiskFlag]) -> Rows:
    """Return what each group adds to the score; a flag without a group stands alone."""
    return [(_name(share), share.points) for share in explanation.shares(flags) if share.points]


def _name(share: explanation.Share) -> str:
    return (
        display.humanised(share.group) if share.group else display.flag_label(share.counted[0].code)
    )


def counterfactual(record: NumberInsightRecord, flags: Sequence[RiskFlag]) -> str:
    """Return what would have let the signup pass; nothing where more than flags held it back."""
    if record.lane != Lane.RISK or record.verdict not in (Verdict.REVIEW, Verdict.DENY):
        return ""
    return explanation.counterfactual(
        flags, app_settings.THRESHOLDS, display.otherwise(), translate=_
    )


def who(request: HttpRequest, record: NumberInsightRecord, site: AdminSite) -> Rows:
    """Return the signup: its subject, and what it said of itself."""
    return [
        (_("Subject"), _subject(request, record, site)),
        (_("Field"), record.field or display.NOTHING),
        (_("Source"), record.get_source_display()),
        (_("IP"), _ip(record)),
        (_("IP country"), record.ip_country or _("unknown")),
        (_("Name given"), record.declared_name or display.NOTHING),
        (_("Country given"), record.declared_country or display.NOTHING),
        (_("Signed up"), record.created_at),
    ]


def _subject(request: HttpRequest, record: NumberInsightRecord, site: AdminSite) -> str:
    if record.subject_type_id is None:
        return _("none (yet): the signup was not finished, or its form has no object")
    found = links.fetched_subject(record)
    if found is None:
        return _("%(subject)s (deleted)") % {
            "subject": links.to_subject(site, request, record)
            if links.subject_model(record) is None
            else f"{_kind(record)} {record.subject_id}"
        }
    text = f"{_kind(record)} {record.subject_id}: {found}"
    return links.to_subject(site, request, record, text)


def _ip(record: NumberInsightRecord) -> str:
    if record.number_hash and not record.number_masked:
        return _("erased")
    return record.ip_address or _("unknown (private or not given)")


def _kind(record: NumberInsightRecord) -> str:
    model = links.subject_model(record)
    return str(model._meta.verbose_name) if model else ""


def asked(record: NumberInsightRecord, site: AdminSite) -> Rows:
    """Return the last lookup: what was asked, what became of it, and of its money."""
    lookup = record.lookup
    if lookup is None:
        nothing = (_("Lookup"), _("none: nothing was bought for this record"))
        return [nothing, _saved(record)]
    return [
        (_("Lookup"), links.to_lookup(site, lookup)),
        (_("Provider"), lookup.provider),
        (_("Level"), lookup.level),
        (_("Delivery"), lookup.delivery),
        (_("State"), lookup.get_state_display()),
        (_("Request id"), lookup.request_id or display.NOTHING),
        (_("Attempts"), lookup.attempts),
        (_("Price"), display.money(lookup.price, lookup.currency)),
        (_("Refund"), display.money(lookup.refund, lookup.currency)),
        (_("Reserved"), display.money(lookup.reserved, lookup.currency)),
        (_("Cost of this record"), display.money(record.cost, lookup.currency)),
        _saved(record),
        (_("Error"), lookup.error or display.NOTHING),
    ]


def _saved(record: NumberInsightRecord) -> tuple[str, Any]:
    """Return what asking less has saved, by the prices of the provider."""
    try:
        amount = display.money(planning.saved(record), loading.provider().currency)
    except ImproperlyConfigured:  # the page has to be readable all the same
        amount = display.NOTHING
    return _("Saved against asking everything"), amount


def came_back(record: NumberInsightRecord) -> Rows:
    """Return the facts in words."""
    caller = record.caller_name or display.NOTHING
    return [
        (_("Line type"), display.word(record.line_type, display.LINE_TYPES)),
        (_("Country"), record.country or _("unknown")),
        (_("Carrier"), _carrier(record)),
        (_("Original carrier"), record.original_carrier_name or _("unknown")),
        (_("Ported"), display.word(record.ported, display.PORTED)),
        (_("Valid"), display.word(record.valid_number, display.VALID)),
        (_("Reachable"), display.word(record.reachable, display.REACHABLE)),
        (_("Roaming"), _roaming(record)),
        (_("IP"), display.word(record.ip_match, display.IP_MATCH)),
        (_("Caller name"), caller),
        (_("Caller type"), display.word(record.caller_type, display.CALLER_TYPES)),
    ]


def _carrier(record: NumberInsightRecord) -> str:
    if not record.carrier_name:
        return record.carrier_country or _("unknown")
    country = record.carrier_country
    return f"{record.carrier_name} ({country})" if country else record.carrier_name


def _roaming(record: NumberInsightRecord) -> str:
    status = display.word(record.roaming_status, display.ROAMING)
    return f"{status}, {record.roaming_country}" if record.roaming_country else status


def _lookups(record: NumberInsightRecord, site: AdminSite) -> list[dict[str, Any]]:
    same = same_number(record)
    rows = Lookup.objects.filter(same) if same is not None else Lookup.objects.none()
    rows = rows.defer("insight", "raw").order_by("-pk")
    return [
        {
            "lookup": lookup,
            "link": links.to_lookup(site, lookup),
            "is_ours": lookup.pk == record.lookup_id,
            "price": display.money(lookup.price, lookup.currency),
            "refund": display.money(lookup.refund, lookup.currency),
        }
        for lookup in rows[:MOST_LOOKUPS]
    ]


def _others(
    record: NumberInsightRecord, site: AdminSite, same: Q | None, parameter: str
) -> dict[str, Any]:
    rows: QuerySet[NumberInsightRecord] = NumberInsightRecord.objects.none()
    if same is not None:
        rows = NumberInsightRecord.objects.filter(same).exclude(pk=record.pk)
    count = rows.order_by()[:MOST_COUNTED].count() if same is not None else 0
    newest = rows.order_by("-pk")[:MOST_OTHERS] if count else ()
    return {
        "count": count,
        "told": describe(count, MOST_COUNTED),
        "all": format_html("{}?{}={}", links.list_url(site), parameter, record.pk),
        "rows": [
            {"record": other, "link": links.to_record(site, other, other), "badge": _badge(other)}
            for other in newest
        ],
    }


def _badge(record: NumberInsightRecord) -> Any:
    return display.verdict(record)
