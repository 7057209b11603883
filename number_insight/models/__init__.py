"""The models of the app."""

from __future__ import annotations

from number_insight.models.columns import NUMBER_LENGTH
from number_insight.models.comparisons import ShadowComparison
from number_insight.models.controls import Circuit, Heartbeat, Pace, Spending, Switch, Usage
from number_insight.models.decisions import DecisionEvent
from number_insight.models.lists import ListEntry
from number_insight.models.lookups import Lookup
from number_insight.models.pages import Overview, ReviewDesk
from number_insight.models.records import NumberInsightRecord, RiskFlag
from number_insight.models.rules import RuleFault, RulesInForce
from number_insight.models.tallies import DailyTally

__all__ = [
    "NUMBER_LENGTH",
    "Circuit",
    "DailyTally",
    "DecisionEvent",
    "Heartbeat",
    "ListEntry",
    "Lookup",
    "NumberInsightRecord",
    "Overview",
    "Pace",
    "ReviewDesk",
    "RiskFlag",
    "RuleFault",
    "RulesInForce",
    "ShadowComparison",
    "Spending",
    "Switch",
    "Usage",
]
