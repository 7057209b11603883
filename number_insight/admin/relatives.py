"""The other records of a number, an IP or a network, summed up by their decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from number_insight.admin import display, links
from number_insight.admin.filters import (
    SameFilter,
    SameIPFilter,
    SameNetworkFilter,
    SameNumberFilter,
)
from number_insight.admin.rights import Rights, number
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Decision, RecordState, Verdict

MAX_COUNT = 200
"""The number of others at which the counting stops."""
MAX_SHOWN = 3
KINDS: dict[str, type[SameFilter]] = {
    "number": SameNumberFilter,
    "ip": SameIPFilter,
    "network": SameNetworkFilter,
}
COLUMNS = (
    *("number", "number_hash", "number_masked", "ip_range", "subject_type", "subject_id"),
    *("verdict", "decision", "state", "created_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """The other records that have one thing in common with a record."""

    title: str
    count: int
    text: str
    """The sums: "59 others: 20 refused, 39 wait"."""
    all_url: str
    together_url: str = ""
    """The URL of the page that decides the waiting ones together, or "" if none waits."""
    together_count: int = 0
    newest: tuple[dict[str, Any], ...] = ()


def relatives(
    record: NumberInsightRecord, site: AdminSite, rights: Rights
) -> tuple[Relatives, ...]:
    """Return the others of the number, the IP and the network of `record`, in two queries."""
    same_number = _others(record, SameNumberFilter.same(record))
    around = _others(record, SameNetworkFilter.same(record)) if record.ip_range else []
    same_ip = [other for other in around if other.ip_range == record.ip_range]
    network = [other for other in around if other.ip_range != record.ip_range]
    found = [_told(_("This number before"), "number", record, same_number, site, rights)]
    if record.ip_range:
        found.append(_told(_("This IP before"), "ip", record, same_ip, site, rights))
    if network:
        found.append(_told(_("This network before"), "network", record, network, site, rights))
    return tuple(found)


def _others(record: NumberInsightRecord, condition: Q) -> list[NumberInsightRecord]:
    rows = NumberInsightRecord.objects.filter(condition).exclude(pk=record.pk)
    return list(rows.order_by("-pk").only(*COLUMNS)[:MAX_COUNT])


def _told(
    title: str,
    kind: str,
    record: NumberInsightRecord,
    others: list[NumberInsightRecord],
    site: AdminSite,
    rights: Rights,
) -> Relatives:
    waiting = sum(map(display.is_waiting, others))
    can_decide = rights.decide and waiting
    query = f"?{KINDS[kind].parameter_name}={record.pk}"
    return Relatives(
        title=title,
        count=len(others),
        text=sums(others),
        all_url=f"{links.list_url(site)}{query}",
        together_url=together_url(site, record, kind) if can_decide else "",
        together_count=waiting + display.is_waiting(record),
        newest=tuple(_row(other, site, rights) for other in others[:MAX_SHOWN]),
    )


def together_url(site: AdminSite, record: NumberInsightRecord, kind: str) -> str:
    """Return the URL of the page where the relatives of `record` are decided together."""
    name = "admin:number_insight_numberinsightrecord_together"
    return reverse(name, args=[record.pk, kind], current_app=site.name)


def _row(other: NumberInsightRecord, site: AdminSite, rights: Rights) -> dict[str, Any]:
    text = number(other, full=rights.full)
    return {
        "age": display.age(other.created_at),
        "link": links.record_link(site, other, text),
        "badge": display.decision_badge(other) if other.decision else display.verdict_badge(other),
    }


def sums(others: Iterable[NumberInsightRecord]) -> str:
    """Return the number of others, and of each decision among them."""
    counts = Counter(map(_outcome, others))
    total = counts.total()
    if not total:
        return _("first time")
    shown = f"{total}+" if total >= MAX_COUNT else str(total)
    first = ngettext("%(count)s other", "%(count)s others", total) % {"count": shown}
    names = {
        "refused": _("%(count)s refused"),
        "released": _("%(count)s released"),
        "waits": _("%(count)s wait"),
        "passed": _("%(count)s passed"),
        "turned_away": _("%(count)s turned away by the form"),
        "pending": _("%(count)s not judged yet"),
    }
    parts = [text % {"count": counts[key]} for key, text in names.items() if counts[key]]
    return f"{first}: {display.comma().join(parts)}"


def _outcome(record: NumberInsightRecord) -> str:
    if record.decision:
        return "refused" if record.decision == Decision.REFUSED else "released"
    if record.state == RecordState.REFUSED:
        return "turned_away"
    if display.is_waiting(record):
        return "waits"
    return "passed" if record.verdict == Verdict.ALLOW else "pending"


def waiting_together(record: NumberInsightRecord, kind: str) -> QuerySet[Any]:
    """Return the records that wait and have `kind` in common with `record`, itself among them."""
    rows: QuerySet[Any] = NumberInsightRecord.objects.awaiting_review()
    return rows.filter(KINDS[kind].same(record) | Q(pk=record.pk))
