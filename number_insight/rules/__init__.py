"""Rules: pure questions put to an insight and a signup."""

from __future__ import annotations

from number_insight.rules.base import Rule, Signup, judge
from number_insight.rules.standard import STANDARD
from number_insight.verdict import Flag

__all__ = ["STANDARD", "Flag", "Rule", "Signup", "judge"]
