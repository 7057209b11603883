"""Entries on the admin's index for pages that are no lists of rows.

The admin builds its index from models. Each such page has a proxy of the records there, without
permissions of its own, and its entry is named anew at each request.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, ClassVar

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from number_insight.admin.base import ReadOnlyAdmin


class EntryName:
    """The name of an entry, in place of a model's plural name: the text of the present request."""

    def __init__(self, usual: Any) -> None:
        self._usual = usual
        self._text: ContextVar[str] = ContextVar("text", default="")

    def __str__(self) -> str:
        return self._text.get() or str(self._usual)

    def set(self, text: str) -> None:
        """Name the entry `text` for the rest of the request."""
        self._text.set(text)


class PageEntryAdmin(ReadOnlyAdmin):
    """Base class of the entries; a subclass names its page, its text and its readers."""

    url_name: ClassVar[str]
    """The name of the page's URL, without the namespace."""

    def __init__(self, model: Any, admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        options: Any = model._meta
        if not isinstance(options.verbose_name_plural, EntryName):
            options.verbose_name_plural = EntryName(options.verbose_name_plural)
        self._name: EntryName = options.verbose_name_plural

    def text(self, request: HttpRequest) -> str:
        """Return the text of the entry for the user of `request`."""
        raise NotImplementedError

    def has_page_permission(self, request: HttpRequest) -> bool:
        """Whether the user may open the page."""
        raise NotImplementedError

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_page_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_page_permission(request)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        perms = super().get_model_perms(request)
        if any(perms.values()):
            self._name.set(self.text(request))
        return perms

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._page()

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page()

    def _page(self) -> HttpResponse:
        url = reverse(f"admin:{self.url_name}", current_app=self.admin_site.name)
        return HttpResponseRedirect(url)
