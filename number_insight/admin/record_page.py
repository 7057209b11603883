"""What the page of one record tells: who, what was asked, what came back, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from number_insight import explanation, loading, planning
from number_insight.admin import badges, links, words
from number_insight.admin.filters import SameFilter, SameIPFilter, SameNumberFilter, describe
from number_insight.choices import Lane, Verdict
from number_insight.conf import app_settings
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag

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
        "verdict_badge": badges.verdict(record),
        "decision_badge": badges.decision(record),
        "number_text": str(record),
        "flag_rows": flag_rows(flags),
        "score_rows": score_rows(flags),
        "counterfactual": counterfactual(record, flags),
        "not_evaluable": [words.flag_label(code) for code in record.not_evaluable],
        "raised_rules": [words.flag_label(code) for code in record.raised_rules],
        "sections": [
            (_("Who"), who(request, record, site)),
            (_("What came back"), came_back(record)),
        ],
        "questions": [(_("What was asked"), asked(record, site))],
        "live_is_kept": app_settings.STORE_LIVE,
        "lookups": _lookups(record, site),
        "most_lookups": MOST_LOOKUPS,
        "relatives": [
            (_("Other records of this number"), _others(record, site, SameNumberFilter)),
            (_("Other records of this IP"), _others(record, site, SameIPFilter)),
        ],
    }


def flag_rows(flags: Sequence[RiskFlag]) -> list[dict[str, Any]]:
    """Return the flags in words, the heaviest first."""
    return [
        {"flag": flag, "label": words.flag_label(flag.code), "text": flag.text} for flag in flags
    ]


def score_rows(flags: Sequence[RiskFlag]) -> Rows:
    """Return what each group adds to the score; a flag without a group stands alone."""
    return [(_name(share), share.points) for share in explanation.shares(flags) if share.points]


def _name(share: explanation.Share) -> str:
    return words.humanised(share.group) if share.group else words.flag_label(share.counted[0].code)


def counterfactual(record: NumberInsightRecord, flags: Sequence[RiskFlag]) -> str:
    """Return what would have let the signup pass; nothing where more than flags held it back."""
    if record.lane != Lane.RISK or record.verdict not in (Verdict.REVIEW, Verdict.DENY):
        return ""
    return explanation.counterfactual(
        flags, app_settings.THRESHOLDS, words.otherwise(), translate=_
    )


def who(request: HttpRequest, record: NumberInsightRecord, site: AdminSite) -> Rows:
    """Return the signup: its subject, and what it said of itself."""
    return [
        (_("Subject"), _subject(request, record, site)),
        (_("Field"), record.field or words.NOTHING),
        (_("Source"), record.get_source_display()),
        (_("IP"), _ip(record)),
        (_("IP country"), record.ip_country or _("unknown")),
        (_("Name given"), record.declared_name or words.NOTHING),
        (_("Country given"), record.declared_country or words.NOTHING),
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
        (_("Request id"), lookup.request_id or words.NOTHING),
        (_("Attempts"), lookup.attempts),
        (_("Price"), words.money(lookup.price, lookup.currency)),
        (_("Refund"), words.money(lookup.refund, lookup.currency)),
        (_("Reserved"), words.money(lookup.reserved, lookup.currency)),
        (_("Cost of this record"), words.money(record.cost, lookup.currency)),
        _saved(record),
        (_("Error"), lookup.error or words.NOTHING),
    ]


def _saved(record: NumberInsightRecord) -> tuple[str, Any]:
    """Return what asking less has saved, by the prices of the provider."""
    try:
        amount = words.money(planning.saved(record), loading.provider().currency)
    except ImproperlyConfigured:  # the page has to be readable all the same
        amount = words.NOTHING
    return _("Saved against asking everything"), amount


def came_back(record: NumberInsightRecord) -> Rows:
    """Return the facts in words."""
    caller = record.caller_name or words.NOTHING
    return [
        (_("Line type"), words.word(record.line_type, words.LINE_TYPES)),
        (_("Country"), record.country or _("unknown")),
        (_("Carrier"), _carrier(record)),
        (_("Original carrier"), record.original_carrier_name or _("unknown")),
        (_("Ported"), words.word(record.ported, words.PORTED)),
        (_("Valid"), words.word(record.valid_number, words.VALID)),
        (_("Reachable"), words.word(record.reachable, words.REACHABLE)),
        (_("Roaming"), _roaming(record)),
        (_("IP"), words.word(record.ip_match, words.IP_MATCH)),
        (_("Caller name"), caller),
        (_("Caller type"), words.word(record.caller_type, words.CALLER_TYPES)),
    ]


def _carrier(record: NumberInsightRecord) -> str:
    if not record.carrier_name:
        return record.carrier_country or _("unknown")
    country = record.carrier_country
    return f"{record.carrier_name} ({country})" if country else record.carrier_name


def _roaming(record: NumberInsightRecord) -> str:
    status = words.word(record.roaming_status, words.ROAMING)
    return f"{status}, {record.roaming_country}" if record.roaming_country else status


def _lookups(record: NumberInsightRecord, site: AdminSite) -> list[dict[str, Any]]:
    rows = Lookup.objects.filter(SameNumberFilter.same(record)).order_by("-pk")
    rows = rows.defer("insight", "raw")
    return [
        {
            "lookup": lookup,
            "link": links.to_lookup(site, lookup),
            "is_ours": lookup.pk == record.lookup_id,
            "price": words.money(lookup.price, lookup.currency),
            "refund": words.money(lookup.refund, lookup.currency),
        }
        for lookup in rows[:MOST_LOOKUPS]
    ]


def _others(
    record: NumberInsightRecord, site: AdminSite, common: type[SameFilter]
) -> dict[str, Any]:
    rows = NumberInsightRecord.objects.filter(common.same(record)).exclude(pk=record.pk)
    count = rows.order_by()[:MOST_COUNTED].count()
    newest = rows.order_by("-pk")[:MOST_OTHERS] if count else ()
    return {
        "count": count,
        "told": describe(count, MOST_COUNTED),
        "all": format_html("{}?{}={}", links.list_url(site), common.parameter_name, record.pk),
        "rows": [
            {"record": other, "link": links.to_record(site, other, other), "badge": _badge(other)}
            for other in newest
        ],
    }


def _badge(record: NumberInsightRecord) -> Any:
    return badges.verdict(record)
