"""The rights of a user on the pages of a reviewer, and the texts that depend on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from number_insight.addresses import masked_ip
from number_insight.admin import permissions
from number_insight.models import ListEntry, Lookup, NumberInsightRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Rights of one user, read from the permissions once a request."""

    view: bool
    """To see records; without it none of the others counts."""
    full: bool
    """To see numbers and IPs in full."""
    reveal: bool
    """To see one number in full for a reason, which is logged."""
    decide: bool
    reopen: bool
    look_up: bool
    costs: bool
    """To see prices and lookups."""
    list_number: bool
    """To add list entries."""
    view_lists: bool


def rights_of(request: HttpRequest, site: AdminSite | None = None) -> Rights:
    """Return the rights of the user of `request`; links lead to pages of `site` alone."""
    user: Any = request.user
    sees = permissions.can_view(user)
    return Rights(
        view=sees,
        full=permissions.can_view_full_number(user),
        reveal=permissions.can_reveal(user),
        decide=permissions.can_decide(user),
        reopen=permissions.can_reopen(user),
        look_up=permissions.can_look_up_again(user),
        costs=sees and permissions.can_view_lookups(user) and _has_pages(site, Lookup),
        list_number=sees and permissions.can_add_to_lists(user),
        view_lists=sees and permissions.can_view_lists(user) and _has_pages(site, ListEntry),
    )


def _has_pages(site: AdminSite | None, model: type[Any]) -> bool:
    return site is None or site.is_registered(model)


def number_text(record: NumberInsightRecord, *, full: bool) -> str:
    """Return the number of `record` with spaces, or masked."""
    return str(record.full_number if full else record)


def number(record: NumberInsightRecord, *, full: bool) -> SafeString:
    """Return the number of `record` as HTML that is read from the left in every language."""
    return isolated(number_text(record, full=full))


def isolated(text: str) -> SafeString:
    """Return a number, an IP or a code as HTML that is read from the left in every language."""
    return format_html('<bdi dir="ltr" class="ni-number">{}</bdi>', text)


def ip_text(record: NumberInsightRecord, *, full: bool) -> str:
    """Return the visitor's IP, whole or masked, or a sentence in its place."""
    if record.number_hash and not record.number_masked and not record.ip_address:
        return gettext("erased")
    if not record.ip_address:
        return gettext("unknown (private or not given)")
    return str(record.ip_address) if full else masked_ip(record.ip_address)
