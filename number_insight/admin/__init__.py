"""The admins of this app, and a mixin for the admins of a project."""

from __future__ import annotations

from number_insight.admin.health import SwitchAdmin
from number_insight.admin.lists import ListEntryAdmin, RuleFaultAdmin
from number_insight.admin.lookups import LookupAdmin
from number_insight.admin.mixins import RiskFlagsAdminMixin
from number_insight.admin.records import NumberInsightRecordAdmin
from number_insight.admin.spending import SpendingAdmin

__all__ = [
    "ListEntryAdmin",
    "LookupAdmin",
    "NumberInsightRecordAdmin",
    "RiskFlagsAdminMixin",
    "RuleFaultAdmin",
    "SpendingAdmin",
    "SwitchAdmin",
]
