"""The part of a session that the desk keeps: skipped cases, the last decision, the order."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from number_insight.admin.rights import isolated
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Decision
from number_insight.models.decisions import UNDO_WITHIN

KEY = "number_insight_desk"
SKIPPED_FOR = 30 * 60
"""The seconds after which a skipped case comes back, if the person has not left the desk."""
MOST_SKIPPED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last decision of a person at the desk, while it may be undone."""

    key: int
    number: str
    """The masked number."""
    decision: str
    lane: str = ""

    @property
    def sentence(self) -> SafeString:
        """The decision as a sentence, in HTML."""
        is_release = self.decision == Decision.RELEASED
        message = gettext("Released {number}.") if is_release else gettext("Refused {number}.")
        return format_html(message, number=isolated(self.number))


def _read(request: HttpRequest) -> dict[str, Any]:
    kept = request.session.get(KEY)
    return dict(kept) if isinstance(kept, dict) else {}


def _write(request: HttpRequest, **values: Any) -> None:
    request.session[KEY] = {**_read(request), **values}


def skipped(request: HttpRequest) -> dict[int, float]:
    """Return the keys of the skipped cases, with the times at which they come back."""
    now, kept = time.time(), _read(request).get("skipped")
    found = kept.items() if isinstance(kept, dict) else ()
    return {int(key): until for key, until in found if until > now}


def skip(request: HttpRequest, record: NumberInsightRecord) -> None:
    """Skip `record` for half an hour, or until the person leaves the desk."""
    kept = {**skipped(request), record.pk: time.time() + SKIPPED_FOR}
    newest = list(kept.items())[-MOST_SKIPPED:]
    _write(request, skipped={str(key): until for key, until in newest})


def clear_skipped(request: HttpRequest) -> None:
    """Bring all skipped cases back, since the person comes to the desk anew."""
    if _read(request).get("skipped"):
        _write(request, skipped={})


def order(request: HttpRequest, chosen: str, usual: str) -> str:
    """Return the order that the person has chosen, now or before; `chosen` may be empty."""
    kept = str(_read(request).get("order") or usual)
    if chosen and chosen != kept:
        _write(request, order=chosen)
    return chosen or kept


def remember(
    request: HttpRequest, record: NumberInsightRecord, lane: str, entries: list[str]
) -> None:
    """Remember the decision on `record`, and the `entries` made with it, to offer its undoing."""
    last = {
        "entries": entries,
        "key": record.pk,
        "number": str(record),
        "decision": record.decision,
        "at": time.time(),
        "lane": lane,
    }
    _write(request, last=last)


def entries_of(request: HttpRequest, record: NumberInsightRecord) -> list[str]:
    """Return the list entries that were made with the last decision, if it was on `record`."""
    kept = _read(request).get("last")
    if not isinstance(kept, dict) or kept["key"] != record.pk:
        return []
    return list(kept.get("entries", []))


def forget(request: HttpRequest) -> None:
    """Forget the last decision, once it is undone."""
    _write(request, last=None)


def last(request: HttpRequest) -> Last | None:
    """Return the last decision, or None if it cannot be undone any more."""
    kept = _read(request).get("last")
    if not isinstance(kept, dict) or time.time() - kept["at"] > UNDO_WITHIN.total_seconds():
        return None
    fields = ("key", "number", "decision", "lane")
    return Last(**{name: kept[name] for name in fields})
