"""The review desk: one case at a time, decided with one page load and one or two keys."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from number_insight import reviewing
from number_insight.admin import desk_acts, desk_page, desk_state, display, drafts, links, queue
from number_insight.admin.base import ReadOnlyAdmin, flags_prefetch, media_of
from number_insight.admin.desk_acts import DECISIONS, DeskForm
from number_insight.admin.desk_page import Visit, is_prefetch
from number_insight.admin.display import flag_labels
from number_insight.admin.filters import is_key
from number_insight.admin.queue import ORDERS, SCORE, SECOND, Place
from number_insight.admin.rights import Rights, rights_of
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Lane

TRIES = 5
"""The cases that are tried in turn where colleagues open the same ones at the same moment."""
PREFETCH_LASTS = 30
"""The seconds for which a browser may show a case that it has fetched ahead."""


class DeskViews(ReadOnlyAdmin):
    """Base class of the admin of records, with the desk."""

    def get_urls(self) -> list[URLPattern]:
        view = drafts.guarded(self.admin_site, self.desk_view)

        def desk(request: HttpRequest) -> HttpResponse:
            response = view(request)
            if is_prefetch(request) and response.status_code == 200:  # the admin forbids to keep it
                response["Cache-Control"] = f"private, max-age={PREFETCH_LASTS}"
                del response["Expires"]
            return response

        return [path("desk/", desk, name=links.DESK), *super().get_urls()]

    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """Show a case or, on POST, apply the chosen act and go on to the next one."""
        granted = rights_of(request, self.admin_site)
        if not granted.decide:
            raise PermissionDenied
        if request.method == "POST":
            return _Desk(self, request, granted).act()
        return _Desk(self, request, granted).show()


class _Desk:
    """One request to the desk."""

    def __init__(self, admin: DeskViews, request: HttpRequest, granted: Rights) -> None:
        self.admin, self.request, self.granted = admin, request, granted
        self.site = admin.admin_site
        self.given: Any = request.POST if request.method == "POST" else request.GET
        if request.method == "GET" and not request.GET:  # the person comes anew
            desk_state.clear_skipped(request)
        self.place = Place(
            user=request.user,
            lane=self._lane(),
            order=self._order(),
            skipped=tuple(desk_state.skipped(request)),
        )
        self.visit = Visit(request=request, site=self.site, granted=granted, place=self.place)

    def _lane(self) -> str:
        names, lane = queue.lane_names(), self.given.get("lane", "")
        if lane in names:
            return str(lane)
        counts = queue.waiting(self.request).by_lane
        return next((name for name, count in counts.items() if count), Lane.RISK.value)

    def _order(self) -> str:
        chosen = self.given.get("order", "")
        return desk_state.order(self.request, chosen if chosen in ORDERS else "", SCORE)

    # The page

    def show(self) -> HttpResponse:
        record = self._chosen()
        if record is not None and self.place.lane != SECOND and not is_prefetch(self.request):
            reviewing.claim(record, self.request.user)
        draft = drafts.take(self.request)
        return self._page(record, draft=draft)

    def _chosen(self) -> NumberInsightRecord | None:
        """Return the case that the URL names, or the first free one of the lane."""
        named_one = self._named_one()
        if named_one is not None and not self._has_to_pass(named_one):
            return named_one
        for _try in range(TRIES):
            record = self._following(named_one)
            if record is None or reviewing.claimant(record, self.request.user) is None:
                return record
        return None

    def _following(self, record: NumberInsightRecord | None) -> NumberInsightRecord | None:
        """Return the free case after `record`, or the first one of the lane."""
        if record is None:
            return _whole(self.place.free()).first()
        key = self.place.next_key(record)
        return None if key is None else self._fetch(key)

    def _named_one(self) -> NumberInsightRecord | None:
        key = self.given.get("record", "")
        return self._fetch(int(key)) if is_key(key) else None

    def _has_to_pass(self, record: NumberInsightRecord) -> bool:
        """Whether another case has to come in place of `record`."""
        if self.place.lane == SECOND:
            return not reviewing.second_looks(self.request.user).filter(pk=record.pk).exists()
        if not display.is_waiting(record):
            self._tell(messages.INFO, _settled(record))
            return True
        is_auto = "go" in self.given or "done" in self.given
        return is_auto and reviewing.claimant(record, self.request.user) is not None

    def _fetch(self, key: int) -> NumberInsightRecord | None:
        return _whole(NumberInsightRecord.objects.filter(pk=key)).first()

    def _page(
        self,
        record: NumberInsightRecord | None,
        *,
        form: DeskForm | None = None,
        draft: dict[str, list[str]] | None = None,
        trouble: str = "",
        status: int = 200,
    ) -> TemplateResponse:
        visit = self.visit
        context = {
            **self.site.each_context(self.request),
            "trouble": trouble or desk_page.trouble(draft),
            "chosen": desk_page.choices(form, draft),
            "lacks_reason": form is not None and form.lacks_reason,
            "opts": self.admin.opts,
            "media": media_of("desk.css"),
            **visit.context(record),
        }
        self.request.current_app = self.site.name
        template = "admin/number_insight/desk.html"
        return TemplateResponse(self.request, template, context, status=status)

    # What is posted

    def act(self) -> HttpResponse:
        record = self._named_one()
        if record is None:
            self._tell(messages.WARNING, gettext("This record is gone."))
            return HttpResponseRedirect(self.visit.url())
        act = self.given.get("act", "")
        if act in DECISIONS:
            return self._decide(record)
        acts = {
            "skip": self._skip,
            "look_up_again": self._look_up_again,
            "undo": self._undo,
            "take_over": self._take_over,
            "claim": self._claim,
        }
        return acts.get(act, self._stay)(record)

    def _decide(self, record: NumberInsightRecord) -> HttpResponse:
        form = DeskForm(self.request.POST, record, self.granted)
        other = reviewing.claimant(record, self.request.user)
        if other is not None and display.is_waiting(record) and self.place.lane != SECOND:
            trouble = gettext("%(user)s is looking at this one. Take it over to decide.")
            return self._page(record, form=form, trouble=trouble % {"user": other}, status=409)
        changed = reviewing.changes_since(record, self.given.get("seen", ""))
        if changed is not None and (display.is_waiting(record) or self.place.lane == SECOND):
            return self._page(record, form=form, trouble=_change_text(changed), status=409)
        if not form.is_valid():
            return self._page(record, form=form, trouble=form.first_error)
        desk_acts.decide(self.request, record, form, self.place.lane)
        return self._go_on(record)

    def _go_on(self, record: NumberInsightRecord) -> HttpResponse:
        """Lead to the case after `record`, or back to the page that the form was on."""
        return self._to_page(record) if self.given.get("one") else self._to_next(record)

    def _to_next(self, record: NumberInsightRecord) -> HttpResponse:
        following = self.place.next_key(record)
        return HttpResponseRedirect(self.visit.url(record=following, done=record.pk, go=1))

    def _to_page(self, record: NumberInsightRecord) -> HttpResponse:
        url = links.change_url(self.site, NumberInsightRecord, record.pk)
        return HttpResponseRedirect(links.safe_url(self.request, self.given.get("to")) or url or "")

    def _stay(self, record: NumberInsightRecord) -> HttpResponse:
        if self.given.get("one"):
            return self._to_page(record)
        return HttpResponseRedirect(self.visit.url(record=record.pk))

    def _skip(self, record: NumberInsightRecord) -> HttpResponse:
        desk_state.skip(self.request, record)
        reviewing.let_go(record, self.request.user)
        return self._to_next(record)

    def _look_up_again(self, record: NumberInsightRecord) -> HttpResponse:
        if not self.granted.look_up:
            raise PermissionDenied
        desk_acts.look_up_again(self.request, record)
        return self._stay(record)

    def _undo(self, record: NumberInsightRecord) -> HttpResponse:
        desk_acts.undo(self.request, record)
        return self._stay(record)

    def _take_over(self, record: NumberInsightRecord) -> HttpResponse:
        if display.is_waiting(record):
            reviewing.take_over(record, self.request.user)
        return self._stay(record)

    def _claim(self, record: NumberInsightRecord) -> HttpResponse:
        """Answer the script of a page that was fetched ahead and is shown now."""
        is_free = display.is_waiting(record) and reviewing.claim(record, self.request.user)
        return HttpResponse(status=204 if is_free else 409)

    def _tell(self, level: int, text: str) -> None:
        messages.add_message(self.request, level, text)


def _whole(rows: QuerySet[Any]) -> QuerySet[Any]:
    rows = rows.select_related("lookup", "claimed_by", "decided_by")
    return rows.prefetch_related(flags_prefetch())


def _settled(record: NumberInsightRecord) -> str:
    if record.decision:
        told = {
            "number": record,
            "decision": record.get_decision_display(),
            "user": record.decided_by or gettext("somebody"),
        }
        return gettext("%(number)s was %(decision)s by %(user)s already.") % told
    return gettext("%(number)s does not wait for a decision.") % {"number": record}


def _change_text(changed: reviewing.Changes) -> str:
    labels = flag_labels()
    parts = [changed.text]
    if changed.added:
        names = ", ".join(display.named(code, labels) for code in changed.added)
        parts.append(gettext("New: %(flags)s.") % {"flags": names})
    if changed.removed:
        names = ", ".join(display.named(code, labels) for code in changed.removed)
        parts.append(gettext("Gone: %(flags)s.") % {"flags": names})
    parts.append(gettext("Nothing is decided yet; look once more."))
    return " ".join(parts)
