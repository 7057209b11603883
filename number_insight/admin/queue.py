"""The review queue as one reviewer sees it: lanes with counts, an order, and the next case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from number_insight import clock, reviewing
from number_insight.admin import desk_state, display
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Lane
from number_insight.overview import review_queue
from number_insight.overview.review_queue import Queue
from number_insight.reviewing.claims import CLAIMED_FOR

SECOND = "second"
"""The lane of decided cases that another reviewer is shown."""
SCORE, OLDEST = "score", "oldest"
ORDERS = {SCORE: _("highest score, then oldest"), OLDEST: _("oldest first")}
LANES = {
    Lane.RISK.value: _("risk"),
    Lane.NO_ANSWER.value: _("no answer"),
    Lane.BUDGET.value: _("budget"),
    Lane.FAULT.value: _("a rule failed"),
}
BY = {SCORE: ("-score", "pk"), OLDEST: ("pk",)}
INDEX_ORDER = ("lane", "-score", "pk")
"""The order of the index of the queue: for a query in it, no other index is taken."""
SHOWN = ("number", "number_hash", "number_masked", "score", "verdict", "lane", "created_at")
"""The columns of the cases ahead."""
AHEAD = 9
"""The cases that are shown beside the present one."""
_MEMO = "_number_insight_waiting"


def waiting(request: HttpRequest) -> Queue:
    """Return the cases that wait; one query serves all of a request."""
    found: Queue | None = getattr(request, _MEMO, None)
    if found is None:
        found = review_queue.examine()
        setattr(request, _MEMO, found)
    return found


def decided_today() -> QuerySet[Any]:
    """Return the records that people have decided on since midnight."""
    midnight = clock.stored(clock.midnight(clock.today()))
    return NumberInsightRecord.objects.filter(decided_at__gte=midnight).order_by()


def entry_text(request: HttpRequest) -> str:
    """Return the desk's entry on the index: the count, and the age of the oldest case."""
    queue = waiting(request)
    if queue.oldest_since is None:
        return gettext("Review desk (nothing waits)")
    message = ngettext(
        "Review desk (%(count)s, for %(age)s)",
        "Review desk (%(count)s, the oldest %(age)s)",
        queue.count,
    )
    return message % {"count": f"{queue.count:,}", "age": display.short_age(queue.oldest_since)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the queue of one reviewer: a lane, an order, and the cases to be skipped."""

    user: Any
    lane: str
    order: str
    skipped: Collection[int] = ()

    def free(self) -> QuerySet[Any]:
        """Return the cases that this reviewer has not skipped and nobody else has open."""
        if self.lane == SECOND:
            rows: QuerySet[Any] = reviewing.second_looks(self.user)
        else:
            rows = reviewing.available(self.user, self.lane)
        rows = rows.order_by(*BY[self.order])
        return rows.exclude(pk__in=list(self.skipped)) if self.skipped else rows

    def taken(self) -> list[Any]:
        """Return some cases of the lane that colleagues have open."""
        if self.lane == SECOND:
            return []
        since = timezone.now() - CLAIMED_FOR
        rows = NumberInsightRecord.objects.awaiting_review(self.lane).exclude(claimed_by=self.user)
        rows = rows.filter(claimed_at__gte=since).select_related("claimed_by")
        return list(rows.only(*SHOWN, "claimed_by", "claimed_at")[:AHEAD])

    def behind(self, record: NumberInsightRecord) -> Q:
        """Return the condition for the cases that come after `record`."""
        if self.order == SCORE:
            return Q(score__lt=record.score) | Q(score=record.score, pk__gt=record.pk)
        return Q(pk__gt=record.pk)

    def following(self, record: NumberInsightRecord, count: int = AHEAD) -> list[Any]:
        """Return the free cases after `record`, or the first ones if it is the last."""
        rows = self.free().exclude(pk=record.pk).only(*SHOWN)
        return list(rows.filter(self.behind(record))[:count]) or list(rows[:count])

    def next_key(self, record: NumberInsightRecord) -> int | None:
        """Return the key of the free case after `record`, or the first one."""
        rows = self.free().exclude(pk=record.pk)
        for some in (rows.filter(self.behind(record)), rows):
            key: int | None = some.values_list("pk", flat=True).first()
            if key is not None:
                return key
        return None


def lane_names() -> dict[str, Any]:
    """Return the lanes with their names; second looks are one where the settings ask for them."""
    return {**LANES, SECOND: _("second look")} if app_settings.SECOND_LOOK else dict(LANES)


def ordering(request: HttpRequest) -> tuple[str, ...]:
    """Return the order of the queue in the list, which is the one of the person's desk."""
    return BY.get(desk_state.order(request, "", SCORE), BY[SCORE])
