"""The rows of a record's page on the answer: its facts, and the reasons for missing ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from number_insight.admin import display, naming, untold
from number_insight.insight import UNKNOWN, Insight, Risk, Swap
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import ON_AN_ANSWER, Basis
from number_insight.verdicts import grounds
from number_insight.verdicts.recording import write_facts

LIBPHONENUMBER = "libphonenumber"

Rows = list[tuple[str, Any]]
"""Labels with their values."""


def rows(record: NumberInsightRecord) -> Rows:
    """Return the facts of `record`, and those of its answer that have no column."""
    insight = untold.answer_of(record)
    told: list[tuple[str, str, str]] = [
        ("line_type", _("Line type"), _line_type(record)),
        ("country", _("Country"), record.country or _("unknown")),
        ("carrier", _("Carrier"), _carrier(record)),
        ("", _("Original carrier"), record.original_carrier_name or _("unknown")),
        ("ported", _("Ported"), display.label(record.ported, display.PORTED)),
        ("valid_number", _("Valid"), display.label(record.valid_number, display.VALID)),
        ("reachable", _("Reachable"), _live(record, "reachable", record.reachable)),
        ("roaming", _("Roaming"), _roaming(record)),
        ("", _("IP match"), display.label(record.ip_match, display.IP_MATCH)),
        ("caller", _("Caller name"), record.caller_name or display.EMPTY_VALUE),
        ("", _("Caller type"), display.label(record.caller_type, display.CALLER_TYPES)),
    ]
    return [
        *((label, _or_reason(insight, signal, value)) for signal, label, value in told),
        *_told_by_some(insight),
    ]


def renewed(record: NumberInsightRecord) -> list[tuple[str, Any, Any]]:
    """Return the facts that differ from the answer before the last, the old beside the new."""
    lookup = record.lookup
    if lookup is None or lookup.supersedes_id is None or not lookup.is_answered:
        return []
    before = lookup.supersedes
    if before is None or before.insight is None or record.basis not in ON_AN_ANSWER:
        return []
    old = NumberInsightRecord(number=record.number, basis=Basis.ANSWER, lookup=before)
    write_facts(old, Insight.from_json(before.insight))
    told, now = dict(rows(old)), dict(rows(record))
    compared = ((label, told.get(label), now.get(label)) for label in {**told, **now})
    return [
        (label, one or display.EMPTY_VALUE, other or display.EMPTY_VALUE)
        for label, one, other in compared
        if one != other
    ]


def _or_reason(insight: Insight, signal: str, value: str) -> str:
    """Return `value`, or the reason why the answer does not tell `signal`."""
    is_told = value not in (_("unknown"), display.EMPTY_VALUE)
    if is_told or signal not in insight.missing:
        return value
    return untold.reason(insight.missing[signal])


def _told_by_some(insight: Insight) -> Rows:
    """Return rows for the facts that only some vendors tell, as far as they were asked for."""
    told: list[tuple[str, str, str | None]] = [
        ("sim_swap", _("SIM changed"), _swap(insight.sim_swap)),
        ("device_swap", _("Phone changed"), _swap(insight.device_swap)),
        ("voip", _("Kind of internet line"), _word(insight.voip, display.VOIP)),
        ("risk", _("Risk by the vendor"), _risk(insight.risk)),
        ("reassigned", _("New owner"), _word(insight.reassigned, display.YES_NO)),
        ("call_forwarding", _("Calls forwarded"), _yes_no(insight.call_forwarding)),
        ("match", _("Agrees with what was given"), _match(insight.match)),
        (
            "location",
            _("At the place asked about"),
            _word(insight.location.verified if insight.location else None, display.YES_NO),
        ),
    ]
    found: Rows = []
    for signal, label, value in told:
        if value is not None:
            found.append((label, value))
        elif insight.missing.get(signal, "not_asked") != "not_asked":
            found.append((label, untold.reason(insight.missing[signal])))
    return found


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
    return naming.provider_name(lookup.provider) if is_told else LIBPHONENUMBER


def _carrier(record: NumberInsightRecord) -> str:
    if not record.carrier_name:
        return record.carrier_country or _("unknown")
    country = record.carrier_country
    return f"{record.carrier_name} ({country})" if country else record.carrier_name


def _roaming(record: NumberInsightRecord) -> str:
    status = _live(record, "roaming", record.roaming_status)
    return f"{status}, {record.roaming_country}" if record.roaming_country else status


def _live(record: NumberInsightRecord, signal: str, value: str) -> str:
    """Return a live fact in words, or that it was judged and not kept."""
    if value in ("", UNKNOWN) and _was_told(record, signal):
        return _("judged, not kept")
    return display.label(value, display.REACHABLE if signal == "reachable" else display.ROAMING)


def _was_told(record: NumberInsightRecord, signal: str) -> bool:
    lookup = record.lookup
    if lookup is None or lookup.insight is None or record.basis not in ON_AN_ANSWER:
        return False
    try:
        return signal in grounds.told_by(lookup, untold.answer_of(record))
    except ImproperlyConfigured:  # the provider has left the settings
        return False


def _swap(swap: Swap | None) -> str | None:
    if swap is None:
        return None
    parts = [_yes_no(swap.swapped) or _("unknown")]
    if swap.at is not None:
        parts.append(display.moment_text(swap.at))
    if swap.period_hours is not None:
        parts.append(_("asked for the last %(hours)s hours") % {"hours": swap.period_hours})
    return display.comma().join(parts)


def _risk(risk: Risk | None) -> str | None:
    if risk is None:
        return None
    parts = [display.humanised(risk.kind)] if risk.kind else []
    if risk.score is not None:
        parts.append(_("%(score)s of 100") % {"score": risk.score})
    if risk.blocked is not None:
        parts.append(_("blocked") if risk.blocked else _("not blocked"))
    if risk.blocked_at is not None:
        parts.append(display.moment_text(risk.blocked_at))
    return display.comma().join(parts) or None


def _match(match: Mapping[str, str] | None) -> str | None:
    levels = (match or {}).items()
    told = [f"{display.humanised(name)}: {level}" for name, level in levels]
    return display.comma().join(told) or None


def _word(word: str | None, labels: Mapping[str, Any]) -> str | None:
    return None if word is None else display.label(word, labels)


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else _("yes") if value else _("no")
