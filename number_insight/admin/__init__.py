"""The admin: records with their risk flags, lookups, spending, and a mixin for your own admins."""

from __future__ import annotations

from number_insight.admin.lookups import LookupAdmin, SpendingAdmin
from number_insight.admin.mixins import RiskFlagsAdminMixin
from number_insight.admin.records import NumberInsightRecordAdmin

__all__ = ["LookupAdmin", "NumberInsightRecordAdmin", "RiskFlagsAdminMixin", "SpendingAdmin"]
