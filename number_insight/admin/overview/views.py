"""The views of the overview: the page, and its daily tallies as CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from number_insight.admin import exports, links, permissions
from number_insight.admin.base import ReadOnlyAdmin
from number_insight.admin.overview import page
from number_insight.lookups.budget import UNIT
from number_insight.models import DailyTally
from number_insight.models.tallies import TallyKind
from number_insight.overview import figures

HEADS = ("day", "kind", "name", "detail", "count", "refused", "released", "amount", "currency")


class OverviewViews(ReadOnlyAdmin):
    """Base class of the admin of records: the overview below its URLs."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        export = path(
            "overview/<slug:form>/",
            view(self.overview_export_view),
            name=links.OVERVIEW_EXPORT,
        )
        return [
            path("overview/", view(self.overview_view), name=links.OVERVIEW),
            export,
            *super().get_urls(),
        ]

    def overview_view(self, request: HttpRequest) -> HttpResponse:
        """Show the overview."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        with_money = permissions.can_view_spending(request.user)
        context = {
            **self.admin_site.each_context(request),
            **page.context(request, self.admin_site, with_money=with_money),
            "title": _("Overview"),
            "opts": self.opts,
            "media": self.media,
            "exports": self._overview_exports(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/number_insight/overview.html", context)

    def _overview_exports(self, request: HttpRequest) -> list[tuple[str, str]]:
        query = f"?{page.DAYS}={page.period_of(request).days}"
        name = f"admin:{links.OVERVIEW_EXPORT}"
        return [
            (label, reverse(name, args=[form], current_app=self.admin_site.name) + query)
            for form, label in exports.FORMS.items()
        ]

    def overview_export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """Stream the daily tallies of the period; money takes a permission of its own."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        period = page.period_of(request)
        rows = DailyTally.objects.filter(day__gte=period.first, day__lte=period.last)
        rows = rows.exclude(kind=TallyKind.DAY).order_by(
            "day", "kind", "name", "detail", "currency"
        )
        if not permissions.can_view_spending(request.user):
            rows = rows.exclude(kind=TallyKind.MONEY)
        return exports.streamed(page.file_name(period), form, HEADS, _cells(rows))


def _cells(rows: QuerySet[DailyTally]) -> Iterator[list[Any]]:
    for row in rows.iterator():
        if row.kind == TallyKind.PLACE:
            for key, count in sorted(row.spread.items()):
                yield [row.day, row.kind, *figures.pair_of(key), count, None, None, None, ""]
            continue
        amount = row.amount * UNIT if row.kind == TallyKind.MONEY else None
        counts = [row.count, row.refused, row.released]
        yield [row.day, row.kind, row.name, row.detail, *counts, amount, row.currency]
