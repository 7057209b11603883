"""Pages of the admin that have no rows of their own; each has an entry on the admin's index."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from number_insight.models.records import NumberInsightRecord


class ReviewDesk(NumberInsightRecord):
    """The page where people decide on signups."""

    class Meta:
        proxy = True
        default_permissions: ClassVar = ()
        verbose_name = _("review desk")
        verbose_name_plural = _("review desk")


class Overview(NumberInsightRecord):
    """The page with the figures of a week up to a year."""

    class Meta:
        proxy = True
        default_permissions: ClassVar = ()
        verbose_name = _("overview")
        verbose_name_plural = _("overview")
