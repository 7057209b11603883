"""The review desk: one case at a time, decided with one page load and one or two keys."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import reviewing
from number_insight.admin import case, desk_acts, desk_state, drafts, links, queue, record_page
from number_insight.admin.base import ReadOnlyAdmin, flags_prefetch, media_of
from number_insight.admin.desk_acts import DECISIONS, LASTS, DeskForm
from number_insight.admin.evidence import named
from number_insight.admin.display import flag_labels
from number_insight.admin.filters import is_key
from number_insight.admin.queue import ORDERS, SCORE, SECOND, Place
from number_insight.admin.record_page import FORM_ID
from number_insight.admin.relatives import is_waiting
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
            if _is_prefetch(request) and response.status_code == 200:  # the admin forbids to keep it
                response["Cache-Control"] = f"private, max-age={PREFETCH_LASTS}"
                del response["Expires"]
            return response

        return [path("desk/", desk, name=links.DESK), *super().get_urls()]

    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """Show a case or, on POST, do what was chosen and go on to the next one."""
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
        if record is not None and self.place.lane != SECOND and not _is_prefetch(self.request):
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
        if not is_waiting(record):
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
        shown = record and case.case_of(self.request, self.site, record, self.granted)
        ahead = self.place.following(record) if record else []
        context = {
            **self.site.each_context(self.request),
            "title": shown.title if shown else _("Review desk"),
            "case": shown,
            "granted": self.granted,
            "trouble": trouble or _trouble(draft),
            "chosen": _choices(form, draft),
            "opts": self.admin.opts,
            "media": media_of("desk.css"),
            **self._queue_context(record, ahead),
        }
        if shown:
            context |= self._bar_context(shown)
        self.request.current_app = self.site.name  # type: ignore[attr-defined]
        template = "admin/number_insight/desk.html"
        return TemplateResponse(self.request, template, context, status=status)

    def _queue_context(self, record: NumberInsightRecord | None, ahead: list[Any]) -> Any:
        return {
            "lanes": list(self._lanes()),
            "lane": self.place.lane,
            "order": self.place.order,
            "orders": [
                (name, text, self._url(order=name), name == self.place.order)
                for name, text in ORDERS.items()
            ],
            "is_second": self.place.lane == SECOND,
            "ahead": [_ahead(self, each) for each in ahead],
            "next_url": self._url(record=ahead[0].pk, go=1, back=record.pk)
            if ahead and record
            else "",
            "back_url": self._back_url(),
            "last": desk_state.last(self.request),
            "taken": [] if record else [(each, self._url(record=each.pk)) for each in self.place.taken()],
            "decided_today": 0 if record else _decided_today(self.request),
            "skipped_count": len(self.place.skipped),
            "unskip_url": links.desk_url(self.site),
            "desk_url": links.desk_url(self.site),
            "list_url": f"{links.list_url(self.site)}?queue={self.place.lane}",
        }

    def _bar_context(self, shown: case.Case) -> dict[str, Any]:
        record = shown.record
        is_second = self.place.lane == SECOND
        return {
            "form_id": FORM_ID,
            "is_desk": True,
            "is_unclaimed": _is_prefetch(self.request),
            "here_url": self._url(record=record.pk),
            "record_url": links.change_url(self.site, NumberInsightRecord, record.pk),
            "facts": record_page.facts(shown, self.site, self.granted),
            "reasons": case.reasons(),
            "listables": [] if is_second else case.listable(record, self.granted),
            "lasts": LASTS.items(),
            "offer": None if is_second else case.offer(record, self.granted),
            "user_key": drafts.user_key(self.request),
        }

    def _lanes(self) -> Any:
        counts = queue.waiting(self.request)
        for name, text in queue.lane_names().items():
            if name == SECOND:
                count = str(reviewing.second_looks(self.request.user).count())
            else:
                count = counts.text(counts.by_lane[name])
            url = links.desk_url(self.site, lane=name, order=self.place.order)
            yield name, text, count, url

    def _back_url(self) -> str:
        key = self.given.get("back", "")
        return self._url(record=key) if is_key(key) else ""

    def _url(self, **query: Any) -> str:
        given = {"lane": self.place.lane, "order": self.place.order, **query}
        return links.desk_url(self.site, **given)

    # What is posted

    def act(self) -> HttpResponse:
        record = self._named_one()
        if record is None:
            self._tell(messages.WARNING, gettext("This record is gone."))
            return HttpResponseRedirect(self._url())
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
        if other is not None and is_waiting(record) and self.place.lane != SECOND:
            trouble = gettext("%(user)s is looking at this one. Take it over to decide.")
            return self._page(record, form=form, trouble=trouble % {"user": other}, status=409)
        changed = reviewing.changes_since(record, self.given.get("seen", ""))
        if changed is not None and (is_waiting(record) or self.place.lane == SECOND):
            return self._page(record, form=form, trouble=_change_text(changed), status=409)
        if not form.is_valid():
            return self._page(record, form=form, trouble=form.first_error)
        desk_acts.decide(self.request, record, form, self.place.lane)
        return self._go_on(record)

    def _go_on(self, record: NumberInsightRecord) -> HttpResponse:
        """Lead to the case after `record`, or back to the page that the form was on."""
        if self.given.get("one"):
            return self._to_page(record)
        return HttpResponseRedirect(
            self._url(record=self.place.next_key(record), done=record.pk, go=1)
        )

    def _to_page(self, record: NumberInsightRecord) -> HttpResponse:
        url = links.change_url(self.site, NumberInsightRecord, record.pk)
        return HttpResponseRedirect(links.safe_url(self.request, self.given.get("to")) or url or "")

    def _stay(self, record: NumberInsightRecord) -> HttpResponse:
        if self.given.get("one"):
            return self._to_page(record)
        return HttpResponseRedirect(self._url(record=record.pk))

    def _skip(self, record: NumberInsightRecord) -> HttpResponse:
        desk_state.skip(self.request, record)
        reviewing.let_go(record, self.request.user)
        return HttpResponseRedirect(
            self._url(record=self.place.next_key(record), done=record.pk, go=1)
        )

    def _look_up_again(self, record: NumberInsightRecord) -> HttpResponse:
        if not self.granted.look_up:
            raise PermissionDenied
        desk_acts.look_up_again(self.request, record)
        return self._stay(record)

    def _undo(self, record: NumberInsightRecord) -> HttpResponse:
        desk_acts.undo(self.request, record)
        return self._stay(record)

    def _take_over(self, record: NumberInsightRecord) -> HttpResponse:
        if is_waiting(record):
            reviewing.take_over(record, self.request.user)
        return self._stay(record)

    def _claim(self, record: NumberInsightRecord) -> HttpResponse:
        """Answer the script of a page that was fetched ahead and is shown now."""
        is_free = is_waiting(record) and reviewing.claim(record, self.request.user)
        return HttpResponse(status=204 if is_free else 409)

    def _tell(self, level: int, text: str) -> None:
        messages.add_message(self.request, level, text)


def _is_prefetch(request: HttpRequest) -> bool:
    """Whether a browser fetches the page ahead, to show it later or never."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose"))
    return request.method == "GET" and any("prefetch" in purpose for purpose in purposes)


def _whole(rows: QuerySet[Any]) -> QuerySet[Any]:
    rows = rows.select_related("lookup", "claimed_by", "decided_by")
    return rows.prefetch_related(flags_prefetch())


def _ahead(desk: _Desk, record: Any) -> dict[str, Any]:
    return {
        "record": record,
        "number": case.rights.number(record, full=desk.granted.full),
        "age": queue.short_age(record.created_at),
        "url": desk._url(record=record.pk),
    }


def _decided_today(request: HttpRequest) -> int:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    user: Any = request.user
    return NumberInsightRecord.objects.filter(decided_by=user, decided_at__gte=midnight).count()


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
        names = ", ".join(named(code, labels) for code in changed.added)
        parts.append(gettext("New: %(flags)s.") % {"flags": names})
    if changed.removed:
        names = ", ".join(named(code, labels) for code in changed.removed)
        parts.append(gettext("Gone: %(flags)s.") % {"flags": names})
    parts.append(gettext("Nothing is decided yet; look once more."))
    return " ".join(parts)


def _trouble(draft: Any) -> str:
    if not draft:
        return ""
    return gettext(
        "You were signed out before this was saved, so nothing is decided yet. Your choice and "
        "your reason are here again."
    )


def _choices(form: DeskForm | None, draft: dict[str, list[str]] | None) -> dict[str, Any]:
    """Return what the fields of the page's form hold: what was posted, or nothing."""
    if form is not None:
        fields = {name: form.data.getlist(name) for name in form.data}
    else:
        fields = draft or {}
    return {
        "act": "".join(fields.get("act", [])[:1]),
        "reason_code": "".join(fields.get("reason_code", [])[:1]),
        "reason": "".join(fields.get("reason", [])[:1]),
        "also": fields.get("also", []),
        "expires": "".join(fields.get("expires", [])[:1]),
    }

