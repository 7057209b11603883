"""Links between the pages of the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import SafeString

from number_insight.admin import permissions
from number_insight.admin.filters import LookupStateFilter, QueueFilter
from number_insight.models import Lookup, NumberInsightRecord, RuleFault, Spending, Switch

HEALTH = "number_insight_health"
DESK = "number_insight_desk"
OVERVIEW = "number_insight_overview"
"""The names of the pages' URLs."""
OVERVIEW_EXPORT = "number_insight_overview_export"
EXPORT = "number_insight_numberinsightrecord_export"
"""The names of the URLs of the exports of the overview and of the records."""


def change_url(site: AdminSite, model: type[Model], key: Any) -> str | None:
    """Return the URL of an object's change page, or None if `site` has none for `model`."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    try:
        return reverse(name, args=[quote(str(key))], current_app=site.name)
    except NoReverseMatch:
        return None


def list_url(site: AdminSite) -> str:
    """Return the URL of the list of records."""
    name = "admin:number_insight_numberinsightrecord_changelist"
    return reverse(name, current_app=site.name)


def desk_url(site: AdminSite, **query: Any) -> str:
    """Return the URL of the review desk with `query`, of which empty values are left out."""
    url = reverse(f"admin:{DESK}", current_app=site.name)
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{url}?{urlencode(given)}" if given else url


def safe_url(request: HttpRequest, url: Any) -> str:
    """Return `url` if it leads to a page of this site, and "" otherwise."""
    hosts = {request.get_host()}
    text = str(url or "")
    is_safe = url_has_allowed_host_and_scheme(text, hosts, require_https=request.is_secure())
    return text if is_safe else ""


def health_url(site: AdminSite) -> str:
    """Return the URL of the health page."""
    return reverse(f"admin:{HEALTH}", current_app=site.name)


def permitted_health_url(site: AdminSite, request: HttpRequest) -> str | None:
    """Return the URL of the health page, or None if the user may not view it."""
    return health_url(site) if _has_view_permission(site, request, Switch) else None


def review_url(site: AdminSite, request: HttpRequest) -> str | None:
    """Return the URL of the desk, or of the queue for those who only see it, or None."""
    if not permissions.can_view(request.user):
        return None
    if permissions.can_decide(request.user):
        return desk_url(site)
    return f"{list_url(site)}?{QueueFilter.parameter_name}={QueueFilter.EVERYTHING}"


def spending_url(site: AdminSite) -> str | None:
    """Return the URL of the list of spending, or None if `site` has none."""
    if not site.is_registered(Spending):
        return None
    return reverse("admin:number_insight_spending_changelist", current_app=site.name)


def uncertain_url(site: AdminSite, request: HttpRequest) -> str | None:
    """Return the URL of the uncertain lookups, or None if the user may not view them."""
    if not _has_view_permission(site, request, Lookup):
        return None
    url = reverse("admin:number_insight_lookup_changelist", current_app=site.name)
    return f"{url}?{LookupStateFilter.parameter_name}={LookupStateFilter.HELD}"


def faults_url(site: AdminSite, request: HttpRequest) -> str | None:
    """Return the URL of the rules that raised errors, or None if the user may not view them."""
    if not _has_view_permission(site, request, RuleFault):
        return None
    return reverse("admin:number_insight_rulefault_changelist", current_app=site.name)


def record_link(site: AdminSite, record: NumberInsightRecord, text: Any) -> SafeString | str:
    """Return `text` as a link to the page of `record`."""
    return _link(change_url(site, NumberInsightRecord, record.pk), text)


def lookup_link(site: AdminSite, lookup: Lookup) -> SafeString | str:
    """Return the key of `lookup` as a link to its page."""
    return _link(change_url(site, Lookup, lookup.pk), f"#{lookup.pk}")


def _link(url: str | None, text: Any) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', url, text) if url else str(text)


def may_view(
    site: AdminSite, request: HttpRequest, model: type[Model], row: Model | None = None
) -> bool:
    """Return whether the user may view `row`, in `site` or, if it has no page for it, at all."""
    if site.is_registered(model):
        return site.get_model_admin(model).has_view_or_change_permission(request, row)
    user: Any = request.user
    names = (get_permission_codename(act, model._meta) for act in ("view", "change"))
    return any(user.has_perm(f"{model._meta.app_label}.{name}") for name in names)


def _has_view_permission(site: AdminSite, request: HttpRequest, model: type[Model]) -> bool:
    if not site.is_registered(model):
        return False
    return site.get_model_admin(model).has_view_or_change_permission(request)


def subject_model(record: NumberInsightRecord) -> type[Model] | None:
    """Return the model of the subject, or None without a subject or a model of that name."""
    if record.subject_type_id is None:
        return None
    return ContentType.objects.get_for_id(record.subject_type_id).model_class()
