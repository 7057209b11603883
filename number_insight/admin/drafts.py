"""Drafts: the choice and the text of a reviewer whose session ended, until the next login.

A form that is posted after the end of a session leads to the login page. Its fields wait in the
new session, and the page that comes after the login is filled with them. Nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect

KEY = "number_insight_draft"
KEPT = (
    *("act", "record", "seen", "reason_code", "reason", "also", "expires"),
    *("lane", "order", "by", "one", "_selected_action"),
)
"""The names of the fields that are kept."""
MOST_CHARS, MOST_VALUES = 2000, 100

View = Callable[..., HttpResponse]


def guarded(site: AdminSite, view: View) -> View:
    """Return `view` as one of `site` that keeps the form posted to it after a session's end."""
    inner = site.admin_view(view)

    def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated:
            keep(request)
        return inner(request, *args, **kwargs)

    return csrf_protect(keeping)


def keep(request: HttpRequest) -> None:
    """Keep the fields of a posted form in the session, as far as forms of ours have them."""
    fields = {
        name: [value[:MOST_CHARS] for value in request.POST.getlist(name)[:MOST_VALUES]]
        for name in KEPT
        if name in request.POST
    }
    request.session[KEY] = {"path": request.path, "fields": fields}


def take(request: HttpRequest) -> dict[str, list[str]] | None:
    """Return the fields that were kept for this page and this user, once; None without any."""
    draft = request.session.get(KEY)
    if not isinstance(draft, dict) or draft.get("path") != request.path:
        return None
    del request.session[KEY]
    fields: dict[str, list[str]] = draft["fields"]
    return fields if fields.get("by") == [user_key(request)] else None


def user_key(request: HttpRequest) -> str:
    """Return the key of the user, for a hidden field of the form."""
    return str(request.user.pk)
