"""The context of the desk's page: the lanes, the case, the bar to decide by, and what is next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import reviewing
from number_insight.admin import (
    case,
    desk_state,
    display,
    drafts,
    links,
    queue,
    record_page,
    rights,
)
from number_insight.admin.case import Case
from number_insight.admin.desk_acts import LASTS, DeskForm
from number_insight.admin.filters import is_key
from number_insight.admin.queue import ORDERS, SECOND, Place
from number_insight.admin.record_page import FORM_ID
from number_insight.admin.rights import Rights
from number_insight.models import NumberInsightRecord

MOST_BACK = 50
"""The cases that a person can go back through, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a reviewer to the desk, at a place of the queue."""

    request: HttpRequest
    site: AdminSite
    granted: Rights
    place: Place

    def url(self, **query: Any) -> str:
        """Return the URL of the desk in this lane and order."""
        given = {"lane": self.place.lane, "order": self.place.order, **query}
        return links.desk_url(self.site, **given)

    def context(self, record: NumberInsightRecord | None) -> dict[str, Any]:
        """Return the context of the page that shows `record`, or that nothing waits."""
        shown = record and case.case_of(self.request, self.site, record, self.granted)
        return {
            "title": shown.title if shown else _("Review desk"),
            "case": shown,
            "granted": self.granted,
            "is_second": self.place.lane == SECOND,
            "last": desk_state.last(self.request),
            "skipped_count": len(self.place.skipped),
            "unskip_url": links.desk_url(self.site),
            "desk_url": links.desk_url(self.site),
            **self._queue_context(),
            **(self._case_context(shown) if shown else self._empty_context()),
        }

    def _queue_context(self) -> dict[str, Any]:
        return {
            "lanes": list(self._lanes()),
            "lane": self.place.lane,
            "order": self.place.order,
            "orders": [
                (name, text, self.url(order=name), name == self.place.order)
                for name, text in ORDERS.items()
            ],
        }

    def _lanes(self) -> Iterator[tuple[str, Any, str, str]]:
        counts = queue.waiting(self.request).by_lane
        for name, text in queue.lane_names().items():
            if name == SECOND:
                count = str(reviewing.second_looks(self.request.user).count())
            else:
                count = f"{counts[name]:,}"
            yield name, text, count, links.desk_url(self.site, lane=name, order=self.place.order)

    def _empty_context(self) -> dict[str, Any]:
        return {
            "taken": [(each, self.url(record=each.pk)) for each in self.place.taken()],
            "decided_today": _decided_today(self.request),
        }

    def _case_context(self, shown: Case) -> dict[str, Any]:
        record, is_second = shown.record, self.place.lane == SECOND
        ahead = self.place.following(record)
        return {
            "form_id": FORM_ID,
            "is_desk": True,
            "is_unclaimed": is_prefetch(self.request),
            "here_url": self.url(record=record.pk),
            "record_url": links.change_url(self.site, NumberInsightRecord, record.pk),
            "facts": record_page.facts(shown, self.site, self.granted),
            "reasons": case.reasons(),
            "listables": [] if is_second else case.listable(record, self.granted),
            "lasts": LASTS.items(),
            "offer": None if is_second else case.offer(record, self.granted),
            "user_key": drafts.user_key(self.request),
            "ahead": [self._ahead(each) for each in ahead],
            "next_url": self._next_url(record, ahead[0]) if ahead else "",
            "back_url": self._back_url(),
        }

    def _ahead(self, record: Any) -> dict[str, Any]:
        return {
            "record": record,
            "number": rights.number(record, full=self.granted.full),
            "age": display.short_age(record.created_at),
            "is_late": self.place.lane != SECOND and display.is_overdue(record.created_at),
            "url": self.url(record=record.pk),
        }

    def _next_url(self, record: Any, following: Any) -> str:
        trail = ",".join([str(record.pk), *self._trail()][:MOST_BACK])
        return self.url(record=following.pk, go=1, back=trail)

    def _back_url(self) -> str:
        key, *earlier = self._trail() or [""]
        return self.url(record=key, back=",".join(earlier)) if key else ""

    def _trail(self) -> list[str]:
        """Return the keys of the cases gone through before this one, the latest first."""
        keys = self.request.GET.get("back", "").split(",")
        return [key for key in keys[:MOST_BACK] if is_key(key)]


def is_prefetch(request: HttpRequest) -> bool:
    """Whether a browser fetches the page ahead, to show it later or never."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose"))
    return request.method == "GET" and any("prefetch" in purpose for purpose in purposes)


def _decided_today(request: HttpRequest) -> int:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    user: Any = request.user
    return NumberInsightRecord.objects.filter(decided_by=user, decided_at__gte=midnight).count()


def trouble(draft: Mapping[str, list[str]] | None) -> str:
    if not draft:
        return ""
    return gettext(
        "You were signed out before this was saved, so nothing is decided yet. Your choice and "
        "your reason are here again."
    )


def choices(form: DeskForm | None, draft: Mapping[str, list[str]] | None) -> dict[str, Any]:
    """Return the values of the form's fields: those posted, those of a draft, or none."""
    data: Any = form.data if form is not None else {}
    fields = {name: data.getlist(name) for name in data} or dict(draft or {})
    single = ("act", "reason_code", "reason", "expires")
    chosen = {name: "".join(fields.get(name, [])[:1]) for name in single}
    return {**chosen, "also": fields.get("also", [])}
