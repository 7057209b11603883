"""The mixin that shows the risk in a project's own admin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.models import (
    CharField,
    Exists,
    Max,
    Model,
    OuterRef,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast, Concat, Substr
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.admin import display, links, record_page
from number_insight.admin.base import with_flags
from number_insight.admin.filters import OfferedFilter
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Verdict

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

COLUMN, PANEL = "risk", "risk_panel"
MEMORY = "_number_insight_risk"
"""Where the list leaves an object's latest record, so that no cell asks for it again."""
UUID_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


class RiskFilter(OfferedFilter):
    """Objects by the verdict of their latest record."""

    title = _("risk")
    parameter_name = "risk"
    NEVER = "never"

    def offered(self) -> Mapping[str, Any]:
        return {**dict(Verdict.choices), self.NEVER: _("not screened")}

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == self.NEVER:
            return never_screened(rows)
        return with_latest_verdict(rows, value)


class RiskChangeList(ChangeList):
    """A list whose objects know their latest record: two queries, however many rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found = latest_records(self.model, self.result_list)
        for shown in self.result_list:
            setattr(shown, MEMORY, found.get(str(shown.pk)))


class RiskFlagsAdminMixin(Base):
    """Adds to a ``ModelAdmin`` a risk column, a filter by risk, and a panel on the change page.

    For the admin of any model that is a subject, for example because it carries a
    `ScreenedPhoneNumberField`. Put it before ``ModelAdmin``. Whoever may not view records sees
    none of it. Name ``"risk"`` in ``list_display``, or ``"risk_panel"`` in ``fieldsets``, to
    choose the place yourself.
    """

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = list(super().get_list_display(request))
        if not self._may_see_risk(request):
            return [column for column in columns if column != COLUMN]
        return columns if COLUMN in columns else [*columns, COLUMN]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        # The badge is a link already, to the record.
        chosen = super().get_list_display_links(request, list_display)
        if not chosen or COLUMN not in chosen:
            return chosen
        others = [column for column in list_display if column != COLUMN]
        return [column for column in chosen if column != COLUMN] or others[:1]

    def get_list_filter(self, request: HttpRequest) -> Any:
        found = list(super().get_list_filter(request))
        if self._may_see_risk(request):
            return found if RiskFilter in found else [*found, RiskFilter]
        return [each for each in found if each is not RiskFilter]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        base = super().get_changelist(request, **kwargs)
        if not self._may_see_risk(request) or issubclass(base, RiskChangeList):
            return base
        return type("RiskChangeList", (RiskChangeList, base), {})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), PANEL]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fields(request, obj)
        return found if self.fields else [field for field in found if field != PANEL]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = list(super().get_fieldsets(request, obj))
        if obj is None or PANEL in flatten_fieldsets(found) or not self._may_see_risk(request):
            return found
        return [*found, (_("Risk"), {"fields": [PANEL]})]

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": [display.CSS]})

    @admin.display(description=_("risk"))
    def risk(self, obj: Model) -> SafeString | str:
        """Return the latest verdict and its flags, as a link to the record."""
        record = self._latest(obj)
        if record is None:
            return display.NOTHING
        badge = links.to_record(self.admin_site, record, display.verdict(record))
        return format_html(
            '<span class="ni-risk">{} {}</span>',
            badge,
            display.flags(record.flags.all(), display.lane(record)),
        )

    @admin.display(description=_("latest screening"))
    def risk_panel(self, obj: Model | None) -> str:
        """Return the latest verdict, the score, and the reasons."""
        record = self._latest(obj) if obj is not None and obj.pk is not None else None
        if record is None:
            return gettext("This number was never screened.")
        flags = list(record.flags.all())
        context = {
            "record": record,
            "verdict_badge": display.verdict(record),
            "decision_badge": display.decision(record),
            "flag_rows": record_page.flag_rows(flags),
            "url": links.change_url(self.admin_site, NumberInsightRecord, record.pk),
        }
        return render_to_string("admin/number_insight/risk_panel.html", context)

    def _latest(self, obj: Model) -> NumberInsightRecord | None:
        if not hasattr(obj, MEMORY):
            found = latest_records(type(obj), [obj])
            setattr(obj, MEMORY, found.get(str(obj.pk)))
        latest: NumberInsightRecord | None = getattr(obj, MEMORY)
        return latest

    def _may_see_risk(self, request: HttpRequest) -> bool:
        user: Any = request.user
        name = "number_insight.{}_numberinsightrecord"
        return bool(user.has_perm(name.format("view")))


def records_of(model: type[Model]) -> QuerySet[NumberInsightRecord]:
    """Return the records of all subjects that are rows of `model`."""
    kinds = ContentType.objects.get_for_models(*_family(model)).values()
    return NumberInsightRecord.objects.filter(subject_type__in=[kind.pk for kind in kinds])


def _family(model: type[Model]) -> set[type[Model]]:
    """Return the models whose rows with one key are one object: parents and children."""
    line = _line(model)
    concrete = line[0]
    children = {child for child in apps.get_models() if concrete in _line(child)}
    return {*line, *(child._meta.concrete_model or child for child in children)}


def _line(model: type[Model]) -> list[type[Model]]:
    """Return the concrete model behind `model`, and the parents that it has its key from."""
    found: list[type[Model]] = [model._meta.concrete_model or model]
    while True:
        link: Any = found[-1]._meta.pk
        if link is None or link.remote_field is None or not link.remote_field.parent_link:
            return found
        found.append(link.remote_field.model)


def latest_records(
    model: type[Model], subjects: Iterable[Model]
) -> Mapping[str, NumberInsightRecord]:
    """Return the latest record of each subject, by its key as text; two queries in all."""
    keys = [str(subject.pk) for subject in subjects]
    if not keys:
        return {}
    theirs = records_of(model).filter(subject_id__in=keys).order_by()
    newest = theirs.values("subject_id").annotate(newest=Max("pk")).values("newest")
    found = NumberInsightRecord.objects.filter(pk__in=newest)
    return {record.subject_id: record for record in found.prefetch_related(with_flags())}


def with_latest_verdict(rows: QuerySet[Any], verdict: str) -> QuerySet[Any]:
    """Return the rows whose latest record has this verdict."""
    records = records_of(rows.model)
    newer = records.filter(subject_id=OuterRef("subject_id"), pk__gt=OuterRef("pk"))
    latest = records.filter(verdict=verdict).exclude(Exists(newer)).order_by()
    keyed: QuerySet[Any] = rows.alias(_ni_key=key_as_text(rows))
    return keyed.filter(_ni_key__in=latest.values("subject_id"))


def never_screened(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows without a record."""
    records = records_of(rows.model)
    keyed: QuerySet[Any] = rows.alias(_ni_key=key_as_text(rows))
    return keyed.exclude(Exists(records.filter(subject_id=OuterRef("_ni_key"))))


def key_as_text(rows: QuerySet[Any]) -> Any:
    """Return the expression of a row's key as ``str`` writes it."""
    text = Cast("pk", CharField(max_length=255))
    if not isinstance(_key_field(rows.model), UUIDField):
        return text
    if connections[rows.db].features.has_native_uuid_field:
        return text
    # Elsewhere a UUID is 32 digits without hyphens.
    parts: list[Any] = []
    for start, length in UUID_PARTS:
        parts += [Value("-"), Substr(text, start, length)]
    return Concat(*parts[1:], output_field=CharField(max_length=255))


def _key_field(model: type[Model]) -> Any:
    """Return the field that the key is kept in, behind the links to parents."""
    field: Any = model._meta.pk
    while field.remote_field is not None:
        field = field.target_field
    return field
