"""The export of the list of records, on its current filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from number_insight import clock, numbers
from number_insight.addresses import masked_ip
from number_insight.admin import exports, links, permissions
from number_insight.admin.base import ReadOnlyAdmin
from number_insight.models import NumberInsightRecord

HEADS = (
    *("id", "created_at", "source", "field", "subject_type", "subject_id"),
    *("number", "ip_address", "country", "ip_country", "line_type", "carrier_name"),
    *("state", "basis", "lane", "verdict", "score", "flags"),
    *("decision", "decided_by", "decided_at", "reason_code", "decision_reason"),
)
BLOCK = 500
"""Records that are fetched at a time, with their flags."""


class RecordExport(ReadOnlyAdmin):
    """Base class of the admin of records: the export of its list."""

    def get_urls(self) -> list[URLPattern]:
        view: Any = self.admin_site.admin_view(self.export_view)
        return [path("export/<slug:form>/", view, name=links.EXPORT), *super().get_urls()]

    def export_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return label and URL of each export of the list as the request filters it."""
        query = request.GET.urlencode()
        return [
            (label, f"{self._export_url(form)}?{query}" if query else self._export_url(form))
            for form, label in exports.FORMS.items()
        ]

    def _export_url(self, form: str) -> str:
        return reverse(f"admin:{links.EXPORT}", args=[form], current_app=self.admin_site.name)

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """Stream the records that the list shows under the filters of the request."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows: QuerySet[Any] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(links.list_url(self.admin_site))
        is_full = permissions.can_view_full_number(request.user)
        name = f"number-insight-records-{clock.today():%Y-%m-%d}"
        return exports.streamed(name, form, HEADS, _cells(rows, is_full=is_full))


def _cells(rows: QuerySet[Any], *, is_full: bool) -> Iterator[list[Any]]:
    rows = rows.defer(None).defer("not_evaluable", "raised_rules", "history", "note")
    for record in rows.select_related("decided_by").iterator(chunk_size=BLOCK):
        yield [
            *(record.pk, record.created_at, record.source, record.field),
            *(_subject_type(record), record.subject_id),
            *(_number(record, is_full=is_full), _ip(record, is_full=is_full)),
            *(record.country, record.ip_country, record.line_type, record.carrier_name),
            *(record.state, record.basis, record.lane, record.verdict, record.score),
            [flag.code for flag in record.flags.all() if flag.counted],
            *(record.decision, _reviewer(record), record.decided_at),
            *(record.reason_code, record.decision_reason),
        ]


def _subject_type(record: NumberInsightRecord) -> str:
    if record.subject_type_id is None:
        return ""
    kind = ContentType.objects.get_for_id(record.subject_type_id)
    return f"{kind.app_label}.{kind.model}"


def _number(record: NumberInsightRecord, *, is_full: bool) -> str:
    if not record.number:
        return record.number_masked
    return record.number if is_full else numbers.recognisable(record.number)


def _ip(record: NumberInsightRecord, *, is_full: bool) -> str:
    if not record.ip_address:
        return ""
    return record.ip_address if is_full else masked_ip(record.ip_address)


def _reviewer(record: NumberInsightRecord) -> str:
    return record.decided_by.get_username() if record.decided_by else ""
