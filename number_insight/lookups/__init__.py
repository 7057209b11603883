"""Lookups: one question put to a provider, paid at most once, within bounds."""

from __future__ import annotations

from number_insight.lookups.budget import spent
from number_insight.lookups.switches import turn_lookups

__all__ = ["spent", "turn_lookups"]
