"""The memory."""

from __future__ import annotations

from number_insight.models.columns import NUMBER_LENGTH
from number_insight.models.controls import Circuit, Heartbeat, Pace, Spending, Switch, Usage
from number_insight.models.lookups import Lookup
from number_insight.models.records import NumberInsightRecord, RiskFlag

__all__ = [
    "NUMBER_LENGTH",
    "Circuit",
    "Heartbeat",
    "Lookup",
    "NumberInsightRecord",
    "Pace",
    "RiskFlag",
    "Spending",
    "Switch",
    "Usage",
]
