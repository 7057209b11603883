"""Rules on the SIM of the number: lately changed, or with its calls forwarded.

Codes that are sent to such a number may reach another person. At a signup there is no account to
take over yet, so each of these alone allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar

from number_insight.insight import Insight, Swap
from number_insight.rules.base import Rule, Signup
from number_insight.rules.counting import CountingRule
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop

CLOCKS_DIFFER = 24
"""The hours by which a change may lie in the future of the signup."""
SHOWN_IN_HOURS = 48
"""The age up to which hours are shown, and not days."""


class SwapRule(CountingRule):
    """Base class of the rules on a change of the `member` of an insight.

    The option `thresholds` maps hours since the change to the weight up to then. Without a date the
    period that was asked stands for it.
    """

    group = "sim"
    reads = ()
    member: ClassVar[str]
    message: ClassVar[str]
    message_days: ClassVar[str]
    message_lately: ClassVar[str]

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        hours = _age(getattr(insight, self.member), signup.at)
        if hours is None:
            return
        weight = self.weight_of(max(self.thresholds) if hours == math.inf else hours)
        if weight is None:
            return
        if hours == math.inf:
            yield self.flag(self.message_lately, weight=weight)
        elif hours <= SHOWN_IN_HOURS:
            yield self.flag(self.message, weight=weight, hours=max(math.ceil(hours), 2))
        else:
            yield self.flag(self.message_days, weight=weight, days=math.ceil(hours / 24))

    def _reaches(self, count: float, step: int) -> bool:
        return count <= step


def _age(swap: Swap | None, at: datetime) -> float | None:
    """Return the hours since a change, at the most; infinite if unknown, None if there was none."""
    if swap is None:
        return None
    if swap.at is not None:
        hours = (at - swap.at).total_seconds() / 3600
        if hours >= -CLOCKS_DIFFER:
            return max(hours, 0.0)
    if not swap.swapped:
        return None
    return float(swap.period_hours) if swap.period_hours else math.inf


class SimSwapped(SwapRule):
    """The SIM was changed lately: a stolen number, or a new phone."""

    code = "sim_swapped"
    weight = 25
    needs = ("sim_swap",)
    member = "sim_swap"
    thresholds: Mapping[int, int] = {24: 25, 168: 15, 720: 5}
    title = gettext_noop("SIM changed")
    otherwise = gettext_noop("the SIM had not been changed lately")
    message = gettext_noop("The SIM was changed within the last %(hours)s hours.")
    message_days = gettext_noop("The SIM was changed within the last %(days)s days.")
    message_lately = gettext_noop("The SIM was changed lately.")


class DeviceSwapped(SwapRule):
    """The SIM was put into another phone lately; people buy phones, so it begins in shadow."""

    code = "device_swapped"
    weight = 5
    needs = ("device_swap",)
    member = "device_swap"
    thresholds: Mapping[int, int] = {720: 5}
    shadow = True
    title = gettext_noop("Phone changed")
    otherwise = gettext_noop("the phone had not been changed lately")
    message = gettext_noop("The phone was changed within the last %(hours)s hours.")
    message_days = gettext_noop("The phone was changed within the last %(days)s days.")
    message_lately = gettext_noop("The phone was changed lately.")


class CallForwarded(Rule):
    """All calls of the number are forwarded, so codes may reach another person."""

    code = "call_forwarded"
    weight = 15
    group = "sim"
    needs = ("call_forwarding",)
    reads = ()
    live = True
    title = gettext_noop("Calls forwarded")
    otherwise = gettext_noop("its calls were not forwarded")
    message = gettext_noop("All calls of this number are forwarded to another one.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.call_forwarding:
            yield self.flag(self.message)
