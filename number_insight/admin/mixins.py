"""The mixin that shows the risk in a project's own admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.admin import badges, links, record_page, risks, words
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


class RiskFilter(OfferedFilter):
    """Objects by the verdict of their latest record."""

    title = _("risk")
    parameter_name = "risk"
    NEVER = "never"

    def offered(self) -> Mapping[str, Any]:
        return {**dict(Verdict.choices), self.NEVER: _("not screened")}

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == self.NEVER:
            return risks.never_screened(rows)
        return risks.with_latest_verdict(rows, value)


class RiskChangeList(ChangeList):
    """A list whose objects know their latest record: two queries, however many rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found = risks.latest_records(self.model, self.result_list)
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
        return super().media + forms.Media(css={"all": [badges.CSS]})

    @admin.display(description=_("risk"))
    def risk(self, obj: Model) -> SafeString | str:
        """Return the latest verdict and its flags, as a link to the record."""
        record = self._latest(obj)
        if record is None:
            return words.NOTHING
        badge = links.to_record(self.admin_site, record, badges.verdict(record))
        return format_html(
            '<span class="ni-risk">{} {}</span>',
            badge,
            badges.flags(record.flags.all(), badges.lane(record)),
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
            "verdict_badge": badges.verdict(record),
            "decision_badge": badges.decision(record),
            "flag_rows": record_page.flag_rows(flags),
            "url": links.change_url(self.admin_site, NumberInsightRecord, record.pk),
        }
        return render_to_string("admin/number_insight/risk_panel.html", context)

    def _latest(self, obj: Model) -> NumberInsightRecord | None:
        if not hasattr(obj, MEMORY):
            found = risks.latest_records(type(obj), [obj])
            setattr(obj, MEMORY, found.get(str(obj.pk)))
        latest: NumberInsightRecord | None = getattr(obj, MEMORY)
        return latest

    def _may_see_risk(self, request: HttpRequest) -> bool:
        user: Any = request.user
        name = "number_insight.{}_numberinsightrecord"
        return bool(user.has_perm(name.format("view")))
