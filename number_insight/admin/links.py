"""Ways from one page of the admin to another."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from number_insight.admin import display
from number_insight.admin.filters import LookupStateFilter
from number_insight.models import Lookup, NumberInsightRecord, Switch

HEALTH = "number_insight_health"


def change_url(site: AdminSite, model: type[Model], key: Any) -> str | None:
    """Return the address of an object's page on `site`, or None if there is none."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    try:
        return reverse(name, args=[quote(str(key))], current_app=site.name)
    except NoReverseMatch:
        return None


def list_url(site: AdminSite) -> str:
    """Return the address of the list of records."""
    name = "admin:number_insight_numberinsightrecord_changelist"
    return reverse(name, current_app=site.name)


def health_url(site: AdminSite) -> str:
    """Return the address of the operator's page."""
    return reverse(f"admin:{HEALTH}", current_app=site.name)


def permitted_health_url(site: AdminSite, request: HttpRequest) -> str | None:
    """Return the address of the operator's page, or None for whoever may not see it."""
    return health_url(site) if _may_see(site, request, Switch) else None


def uncertain_url(site: AdminSite, request: HttpRequest) -> str | None:
    """Return the address of the lookups that hold money, or None for whoever may not see them."""
    if not _may_see(site, request, Lookup):
        return None
    url = reverse("admin:number_insight_lookup_changelist", current_app=site.name)
    return f"{url}?{LookupStateFilter.parameter_name}={LookupStateFilter.HELD}"


def to(url: str | None, text: Any) -> SafeString | str:
    """Return `text` as a link to `url`, or alone where there is none."""
    return format_html('<a href="{}">{}</a>', url, text) if url else str(text)


def to_record(site: AdminSite, record: NumberInsightRecord, text: Any) -> SafeString | str:
    """Return `text` as a link to the page of `record`."""
    return to(change_url(site, NumberInsightRecord, record.pk), text)


def to_lookup(site: AdminSite, lookup: Lookup) -> SafeString | str:
    """Return the key of `lookup` as a link to its page."""
    return to(change_url(site, Lookup, lookup.pk), f"#{lookup.pk}")


def to_subject(
    site: AdminSite, request: HttpRequest, record: NumberInsightRecord, text: str | None = None
) -> SafeString | str:
    """Return a link to the subject's own page where `site` has one; the subject is not fetched."""
    model = subject_model(record)
    if record.subject_type_id is None:
        return display.NOTHING
    if model is None:
        return gettext("deleted kind %(id)s") % {"id": record.subject_id}
    text = text or f"{model._meta.verbose_name} {record.subject_id}"
    if not _may_see(site, request, model):
        return text
    return to(change_url(site, model, record.subject_id), text)


def _may_see(site: AdminSite, request: HttpRequest, model: type[Model]) -> bool:
    if not site.is_registered(model):
        return False
    return site.get_model_admin(model).has_view_or_change_permission(request)


def subject_model(record: NumberInsightRecord) -> type[Model] | None:
    """Return the model of the subject; None if there is none, or not any more."""
    if record.subject_type_id is None:
        return None
    return ContentType.objects.get_for_id(record.subject_type_id).model_class()


def fetched_subject(record: NumberInsightRecord) -> Model | None:
    """Return the subject itself, or None if it is gone."""
    model = subject_model(record)
    if model is None:
        return None
    try:
        return model._base_manager.get(pk=record.subject_id)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        return None
