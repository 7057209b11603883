"""Columns shared by several models."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _

from number_insight import addresses
from number_insight.models.fingerprints import LENGTH
from number_insight.numbers import KEPT_LENGTH

NUMBER_LENGTH = KEPT_LENGTH
"""The characters of a number column; E.164 needs 16, and an invalid text is cut to fit."""


class ExactCharField(models.CharField):  # type: ignore[type-arg]  # Django cannot subscript it
    """A column whose texts are equal only if they are the same, on every database.

    The usual collations of MariaDB and MySQL ignore case and accents, and two subjects, or two
    carriers, would be one.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        exact = {"collation": "utf8mb4_bin"} if connection.vendor == "mysql" else {}
        return {**super().db_parameters(connection), **exact}


def money(verbose_name: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """Return a column for an amount of money, with the eight decimals of the API."""
    return models.DecimalField(verbose_name, max_digits=20, decimal_places=8, **options)


class IPRangeField(models.CharField):  # type: ignore[type-arg]  # Django's own cannot be subscripted
    """A column with the source of the row's `ip_address`, filled by every way of inserting.

    An IPv6 address counts as its /64. As text that is found by an index on every database.
    """

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, instance: Any, add: bool) -> str:
        found = addresses.range_of(instance.ip_address) if instance.ip_address else ""
        setattr(instance, self.attname, found)
        return found


def fingerprint_column() -> models.CharField[Any, Any]:
    """Return a column for the fingerprint of an erased number; it is empty until then."""
    return models.CharField(_("fingerprint"), max_length=LENGTH, blank=True, editable=False)
