"""The context of a record's page: the case, its history, and the facts for operators."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from number_insight import addresses, loading, reviewing, validators
from number_insight.admin import (
    answer_rows,
    case,
    display,
    drafts,
    links,
    naming,
    presses,
    sentences,
    untold,
)
from number_insight.admin.answer_rows import Rows
from number_insight.admin.case import Case, Panel
from number_insight.admin.desk_acts import LASTS
from number_insight.admin.filters import SameNumberFilter
from number_insight.admin.rights import Rights
from number_insight.conf import app_settings
from number_insight.models import DecisionEvent, Lookup, NumberInsightRecord
from number_insight.models.choices import SECOND_ACTS
from number_insight.screening import planning

MAX_LOOKUPS = 20
FORM_ID = "ni-decide"
"""The id of the form that the fields and buttons of a decision belong to."""


def context(
    request: HttpRequest, record: NumberInsightRecord, site: AdminSite, granted: Rights
) -> dict[str, Any]:
    """Return the template context for `record`."""
    shown = case.case_of(request, site, record, granted)
    return {
        "case": shown,
        "title": shown.title,
        "granted": granted,
        "record": record,
        "facts": facts(shown, site, granted),
        "events": events(record, granted),
        "lookups": _lookups(record, site) if granted.costs else [],
        "most_lookups": MAX_LOOKUPS,
        "told_visitor": validators.refused().message if shown.is_form_refusal else "",
        "can_undo": reviewing.can_undo(record, request.user) and granted.decide,
        **decision_bar(request, shown, site, granted),
    }


def decision_bar(
    request: HttpRequest, shown: Panel, site: AdminSite, granted: Rights, *, back_to: str = ""
) -> dict[str, Any]:
    """Return the context of the bar by which the user decides on a page besides the desk."""
    record = shown.record
    is_open = granted.decide and display.is_waiting(record)
    return {
        "is_open": is_open,
        "form_id": FORM_ID,
        "desk_url": links.desk_url(site),
        "case_url": links.desk_url(site, lane=record.lane, record=record.pk) if is_open else "",
        "user_key": drafts.user_key(request),
        "reasons": case.reasons() if is_open else [],
        "listables": case.listable(record, granted) if is_open else [],
        "lasts": LASTS.items(),
        "offer": case.offer(record, granted) if is_open else None,
        "presses": presses.decision([record.verdict]),
        "chosen": {},
        "to": back_to,
    }


def facts(shown: Case, site: AdminSite, granted: Rights) -> list[tuple[str, Rows]]:
    """Return the facts for operators in groups, with lookups and money if the user sees costs."""
    record = shown.record
    found = [
        (_("Signup"), _signup_rows(shown)),
        (_("What is known"), answer_rows.rows(record)),
        (_("Screening"), _screening_rows(record)),
    ]
    if granted.costs:
        found.append((_("What was asked"), _lookup_rows(record, site)))
    return found


def _screening_rows(record: NumberInsightRecord) -> Rows:
    missing = "; ".join(f"{rules} ({reason})" for reason, rules in untold.rows(record))
    return [
        (_("State"), record.get_state_display()),
        (_("Judged on"), record.get_basis_display() or display.EMPTY_VALUE),
        (_("Judged"), record.screened_at or display.EMPTY_VALUE),
        (_("Note"), _(record.note) if record.note else display.EMPTY_VALUE),
        (_("Cannot be told here, so neither for nor against:"), missing or display.EMPTY_VALUE),
    ]


def _signup_rows(shown: Case) -> Rows:
    record, person = shown.record, shown.person
    hides_name = bool(record.subject_type_id and not person.name and not person.is_gone)
    return [
        (_("Field"), naming.field_name(record.field) or display.EMPTY_VALUE),
        (_("Source"), record.get_source_display()),
        (_("IP address"), shown.ip),
        (_("IP country"), record.ip_country or _no_ip_country(record)),
        (_("Name given"), (not hides_name and record.declared_name) or display.EMPTY_VALUE),
        (_("Country given"), record.declared_country or display.EMPTY_VALUE),
        (_("Signed up"), record.created_at),
    ]


def _no_ip_country(record: NumberInsightRecord) -> str:
    """Return why the country of the IP is not known."""
    with suppress(ImportError):  # reported by the checks
        if addresses.public_ip(record.ip_address) and app_settings.IP_COUNTRY is None:
            return _("unknown: no answer tells it, and the settings name no IP_COUNTRY")
    return _("unknown")


def events(record: NumberInsightRecord, granted: Rights) -> list[dict[str, Any]]:
    """Return the acts on `record`, with second words if the user may reopen."""
    rows = DecisionEvent.objects.filter(record=record).select_related("user").order_by("pk")
    return [
        {
            "event": event,
            "chosen": reviewing.reason_text(event.reason_code) if event.reason_code else "",
        }
        for event in rows
        if granted.reopen or event.act not in SECOND_ACTS
    ]


def _lookup_rows(record: NumberInsightRecord, site: AdminSite) -> Rows:
    """Return the last lookup of `record`: its parameters, its state, and its price."""
    lookup = record.lookup
    if lookup is None:
        nothing = _("none: nothing was bought for this record")
        return [(pgettext("of a number", "Lookup"), nothing), _saved(record)]
    return [
        (pgettext("of a number", "Lookup"), links.lookup_link(site, lookup)),
        (_("Provider"), naming.provider_name(lookup.provider)),
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
        (_("Error"), sentences.translated(lookup.error) or display.EMPTY_VALUE),
    ]


def _saved(record: NumberInsightRecord) -> tuple[str, Any]:
    """Return the difference to the price of the highest level."""
    try:
        amount = display.money(planning.saved(record), loading.provider().currency)
    except ImproperlyConfigured:  # reported by the checks; records stay readable
        amount = display.EMPTY_VALUE
    return _("Saved against the highest level"), amount


def _lookups(record: NumberInsightRecord, site: AdminSite) -> list[dict[str, Any]]:
    """Return the newest lookups of the number, with links and prices."""
    rows = Lookup.objects.filter(SameNumberFilter.same(record)).order_by("-pk")
    rows = rows.defer("insight", "raw")
    return [
        {
            "lookup": lookup,
            "provider": naming.provider_name(lookup.provider),
            "link": links.lookup_link(site, lookup),
            "is_ours": lookup.pk == record.lookup_id,
            "price": display.money(lookup.price, lookup.currency),
            "refund": display.money(lookup.refund, lookup.currency),
        }
        for lookup in rows[:MAX_LOOKUPS]
    ]
