"""Names for people: of the services behind the providers, and of the fields that hold numbers."""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from number_insight import loading
from number_insight.health import Pause


def provider_name(name: str) -> str:
    """Return the service behind the provider `name`, with that name unless it is the default one.

    A provider that has no title, or has left the settings, goes by its name alone.
    """
    try:
        title = loading.provider(name).title
    except ImproperlyConfigured:  # reported by the checks
        return name
    if not title:
        return name
    return title if name == loading.DEFAULT_PROVIDER else f"{title} ({name})"


def paused_name(pause: Pause) -> str:
    """Return the service of an open circuit, with its level if only that is not asked."""
    name = provider_name(pause.provider)
    if not pause.level:
        return name
    return _("%(provider)s (level %(level)s)") % {"provider": name, "level": pause.level}


def field_name(path: str) -> str:
    """Return the field at `path` ("shop.Customer.phone") in the words of its model."""
    model_path, _dot, name = path.rpartition(".")
    try:
        model = apps.get_model(model_path)
        field = model._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):  # it was renamed, or is no model field
        return path
    words = getattr(field, "verbose_name", name)
    return f"{capfirst(model._meta.verbose_name)}: {words}"
