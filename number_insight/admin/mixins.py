"""The risk of subjects, shown in a project's own admins by `RiskFlagsAdminMixin`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ChangeList
from django.db import connections
from django.db.models import (
    CharField,
    Count,
    Exists,
    Max,
    Model,
    OuterRef,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast, Concat, Substr
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.admin import case, display, links, permissions, record_page
from number_insight.admin.base import CSS, flags_prefetch
from number_insight.admin.filters import OptionFilter
from number_insight.admin.rights import rights_of
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Verdict
from number_insight.models.subjects import key_text, kinds_of, read_keys

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

COLUMN, PANEL = "risk", "risk_panel"
CACHE = "_number_insight_risk"
"""The attribute of a subject that holds its latest record, or None without one."""
MOST_KEYS = 20_000
"""The subjects that the filter finds where they are in another database than the records."""
REQUEST = "_number_insight_request"
"""The attribute of a subject that holds the request for its page."""
UUID_GROUPS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
"""Positions and lengths of the groups that hyphens divide a UUID into."""


class RiskFilter(OptionFilter):
    """The verdict of the latest record of a subject."""

    title = _("risk")
    parameter_name = "risk"
    NEVER = "never"

    def options(self) -> Mapping[str, Any]:
        return {**dict(Verdict.choices), self.NEVER: _("not screened")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return _never_screened(rows) if value == self.NEVER else _with_verdict(rows, value)

    def get_facet_queryset(self, changelist: ChangeList) -> Any:
        """Return the count of each option, all of them by one pass over the records."""
        others = changelist.get_queryset(
            self.request, exclude_parameters=self.expected_parameters()
        )
        if others.db != NumberInsightRecord.objects.db:
            return super().get_facet_queryset(changelist)
        counts = _counts_by_verdict(others)
        values = (value for value, _label in self.lookup_choices)
        return {
            f"{place}__c": counts.get(None if value == self.NEVER else value, 0)
            for place, value in enumerate(values)
        }


class RiskChangeList(ChangeList):
    """Changelist that fetches the latest records of all its subjects in two queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        latest = _latest_records(self.model, self.result_list)
        for subject in self.result_list:
            setattr(subject, CACHE, latest.get(key_text(subject.pk)))


class RiskFlagsAdminMixin(Base):
    """Add a risk column, a filter by risk, and a panel on the change page to a ``ModelAdmin``.

    It serves any model that is a subject of records, for example one with a
    `ScreenedPhoneNumberField`, and comes before ``ModelAdmin``. Users without permission to view
    records see none of it. Name ``"risk"`` in ``list_display``, or ``"risk_panel"`` in
    ``fieldsets``, to choose the place yourself.
    """

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = self._permitted(request, super().get_list_display(request))
        if not permissions.can_view(request.user):
            return columns
        return columns if COLUMN in columns else [*columns, COLUMN]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        # The risk column links to the record already.
        chosen = super().get_list_display_links(request, list_display)
        if not chosen or COLUMN not in chosen:
            return chosen
        others = [column for column in list_display if column != COLUMN]
        return [column for column in chosen if column != COLUMN] or others[:1]

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = list(super().get_list_filter(request))
        if permissions.can_view(request.user):
            return filters if RiskFilter in filters else [*filters, RiskFilter]
        return [each for each in filters if each is not RiskFilter]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        base = super().get_changelist(request, **kwargs)
        if not permissions.can_view(request.user) or issubclass(base, RiskChangeList):
            return base
        return type("RiskChangeList", (RiskChangeList, base), {})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._permitted(request, [*super().get_readonly_fields(request, obj), PANEL])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = self._permitted(request, super().get_fields(request, obj))
        return fields if self.fields else [field for field in fields if field != PANEL]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets: list[Any] = [
            (title, {**options, "fields": self._permitted(request, options["fields"])})
            for title, options in super().get_fieldsets(request, obj)
        ]
        if obj is None or PANEL in flatten_fieldsets(fieldsets):
            return fieldsets
        if not permissions.can_view(request.user):
            return fieldsets
        return [*fieldsets, (_("Risk"), {"fields": [PANEL]})]

    def _permitted(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        """Return `names`, some of them in rows, without the risk if the user may not view it."""
        if permissions.can_view(request.user):
            return list(names)
        hidden = {COLUMN, PANEL} - {field.name for field in self.model._meta.get_fields()}
        rows = (
            self._permitted(request, name) if isinstance(name, (list, tuple)) else name
            for name in names
        )
        return [name for name in rows if name != [] and str(name) not in hidden]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            setattr(found, REQUEST, request)  # for the panel, which is shown without a request
        return found

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **kwargs)
        subject = kwargs.get("obj")
        bar = self._decision(subject) if subject is not None else None
        if bar is not None and isinstance(response, TemplateResponse):
            page = response.resolve_template(response.template_name)
            given = {"ni_page": page, "ni_decision": bar}
            response.context_data = {**(response.context_data or {}), **given}
            response.template_name = "admin/number_insight/subject_change_form.html"
        return response

    def _decision(self, subject: Any) -> dict[str, Any] | None:
        """Return the context of the panel of `subject`, or None if there is nothing to show."""
        request: HttpRequest | None = getattr(subject, REQUEST, None)
        if request is None or not permissions.can_view(request.user):
            return None
        record = _latest_record(subject)
        if record is None:
            return None
        site = self.admin_site
        granted = rights_of(request, site)
        shown = case.panel_of(request, site, record, granted)
        bar = record_page.decision_bar(request, shown, site, granted, back_to=request.path)
        return {**bar, "case": shown, "record": record, "granted": granted}

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": [CSS]})

    @admin.display(description=_("risk"))
    def risk(self, obj: Model) -> SafeString | str:
        """Return the latest verdict, as a link to its record, and the heaviest flag."""
        record = _latest_record(obj)
        if record is None:
            return display.EMPTY_VALUE
        return format_html(
            '<span class="ni-risk">{} {}</span>',
            links.record_link(self.admin_site, record, display.verdict_badge(record)),
            display.heaviest_flag(record),
        )

    @admin.display(description=_("latest screening"))
    def risk_panel(self, obj: Model | None) -> str:
        """Return the latest verdict with its score and its reasons, and a bar to decide by."""
        record = _latest_record(obj) if obj is not None and obj.pk is not None else None
        if record is None:
            return gettext("This number was never screened.")
        shown = self._decision(obj)
        if shown is None:
            return display.verdict_badge(record)
        shown["url"] = links.change_url(self.admin_site, NumberInsightRecord, record.pk)
        return render_to_string("admin/number_insight/risk_panel.html", shown)


def _latest_record(subject: Model) -> NumberInsightRecord | None:
    if not hasattr(subject, CACHE):
        latest = _latest_records(type(subject), [subject])
        setattr(subject, CACHE, latest.get(key_text(subject.pk)))
    record: NumberInsightRecord | None = getattr(subject, CACHE)
    return record


def _latest_records(
    model: type[Model], subjects: Iterable[Model]
) -> Mapping[str, NumberInsightRecord]:
    """Return the latest record of each subject, by its key as text; it takes two queries."""
    keys = [key_text(subject.pk) for subject in subjects]
    if not keys:
        return {}
    records = _records_of(model).filter(subject_id__in=keys).order_by()
    newest = records.values("subject_id").annotate(newest=Max("pk")).values("newest")
    latest = NumberInsightRecord.objects.filter(pk__in=newest)
    return {record.subject_id: record for record in latest.prefetch_related(flags_prefetch())}


def _with_verdict(rows: QuerySet[Any], verdict: str) -> QuerySet[Any]:
    """Return the rows whose latest record has `verdict`."""
    latest = _latest(_records_of(rows.model)).filter(verdict=verdict)
    if rows.db != latest.db:
        return rows.filter(pk__in=_keys_of_subjects(rows.model, latest))
    keyed: QuerySet[Any] = rows.alias(_ni_key=_key_as_text(rows))
    return keyed.filter(_ni_key__in=latest.order_by().values("subject_id"))


def _never_screened(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows without a record."""
    records = _records_of(rows.model)
    if rows.db != records.db:
        return rows.exclude(pk__in=_keys_of_subjects(rows.model, records))
    keyed: QuerySet[Any] = rows.alias(_ni_key=_key_as_text(rows))
    return keyed.exclude(Exists(records.filter(subject_id=OuterRef("_ni_key"))))


def _counts_by_verdict(rows: QuerySet[Any]) -> Mapping[str | None, int]:
    """Return the number of rows by the verdict of their latest record; None is without one."""
    keyed: QuerySet[Any] = rows.order_by().annotate(_ni_key=_key_as_text(rows))
    latest = _latest(_records_of(rows.model)).filter(subject_id__in=keyed.values("_ni_key"))
    counts = dict(latest.order_by().values_list("verdict").annotate(Count("pk")))
    return {**counts, None: rows.count() - sum(counts.values())}


def _latest(records: QuerySet[NumberInsightRecord]) -> QuerySet[NumberInsightRecord]:
    """Return those of `records` after which none has the same subject."""
    newer = records.filter(subject_id=OuterRef("subject_id"), pk__gt=OuterRef("pk"))
    return records.exclude(Exists(newer))


def _keys_of_subjects(model: type[Model], records: QuerySet[NumberInsightRecord]) -> list[Any]:
    """Return the keys of the subjects of the newest `records`, for a query in another database."""
    newest = records.order_by("-pk").values_list("subject_id", flat=True)[:MOST_KEYS]
    return list(read_keys(model, dict.fromkeys(newest)))


def _records_of(model: type[Model]) -> QuerySet[NumberInsightRecord]:
    """Return the records of all subjects that are rows of `model`."""
    return NumberInsightRecord.objects.filter(subject_type__in=kinds_of(model))


def _key_as_text(rows: QuerySet[Any]) -> Any:
    """Return the expression for a row's key, in the form of ``str(key)``."""
    text = Cast("pk", CharField(max_length=255))
    field: Any = rows.model._meta.pk
    while field.remote_field is not None:
        field = field.target_field
    if not isinstance(field, UUIDField) or connections[rows.db].features.has_native_uuid_field:
        return text
    # Without a native type a UUID is stored as 32 digits without hyphens.
    parts: list[Any] = []
    for start, length in UUID_GROUPS:
        parts += [Value("-"), Substr(text, start, length)]
    return Concat(*parts[1:], output_field=CharField(max_length=255))
