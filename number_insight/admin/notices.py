"""One line above the records while something keeps them from being screened as usual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext as _

from number_insight import health
from number_insight.admin import links
from number_insight.health import Glance


def context(request: HttpRequest, site: AdminSite) -> dict[str, Any]:
    """Return what the template of the notice shows; it takes a single query."""
    sentences = list(_sentences(health.glance()))
    return {
        "notices": sentences,
        "health_url": links.permitted_health_url(site, request) if sentences else None,
    }


def _sentences(glance: Glance) -> Iterator[str]:
    if not glance.has_swept:
        yield _("The sweep has never run, so signups may be left waiting.")
    if not glance.lookups_on:
        yield _("Lookups are switched off.")
    if glance.paused:
        yield _("Not asked just now: %(providers)s.") % {"providers": ", ".join(glance.paused)}
    if "day" in glance.spent_periods:
        yield _("Today's budget is spent.")
    if "month" in glance.spent_periods:
        yield _("This month's budget is spent.")
