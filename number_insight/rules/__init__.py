"""Rules: pure questions put to an insight and a signup."""

from __future__ import annotations

from number_insight.rules.base import Listing, Rule, Signup, judge
from number_insight.rules.scoring import Flag
from number_insight.rules.standard import STANDARD

__all__ = ["STANDARD", "Flag", "Listing", "Rule", "Signup", "judge"]
