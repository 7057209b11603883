"""Rules on the history of the number: its other subjects, and earlier decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.counting import CountingRule
from number_insight.rules.lists import decisive
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop


class NumberReused(CountingRule):
    """Others have signed up with the number, as a family does, or a farm of accounts."""

    code = "number_reused"
    weight = 60
    group = "number_history"
    reads = ("number_seen",)
    thresholds: Mapping[int, int] = {1: 10, 2: 30, 5: 60}
    title = gettext_noop("Number used before")
    otherwise = gettext_noop("nobody else had signed up with the number")
    message = gettext_noop("Others have signed up with this number before (%(count)s).")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        weight = self.weight_of(signup.number_seen)
        if weight is not None:
            yield self.flag(self.message, weight=weight, count=signup.number_seen)


class DecidedBefore(Rule):
    """Base class of the rules on the last decision of a person about the number."""

    group = "number_history"
    needs = ()
    reads: ClassVar[tuple[str, ...] | None] = ("number_decision",)
    decision: ClassVar[str]
    message: ClassVar[str]

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if signup.number_decision == self.decision:
            yield self.flag(self.message)


class NumberRefusedBefore(DecidedBefore):
    """A person has refused the number before; it may have a new owner, so this proves nothing."""

    code = "number_refused_before"
    weight = 50
    decision = "refused"
    title = gettext_noop("Refused by a person before")
    otherwise = gettext_noop("no earlier signup with the number had been refused")
    message = gettext_noop("A person has refused an earlier signup with this number.")


class NumberReleasedBefore(DecidedBefore):
    """A person has released the number before, which lowers the score unless a list denies it."""

    code = "number_released_before"
    weight = -30
    reads = ("number_decision", "listed")
    decision = "released"
    title = gettext_noop("Released before")
    message = gettext_noop("A person has released an earlier signup with this number.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        entry = decisive(signup.listed)
        if entry is None or entry.action != "deny":
            yield from super().examine(insight, signup)


class NumberReassigned(Rule):
    """The number has a new owner, who is not to blame for the deeds of the former one."""

    code = "number_reassigned"
    weight = 0
    group = "number_history"
    needs = ("reassigned",)
    reads = ()
    excuses = frozenset({"number_reused", "number_refused_before"})
    title = gettext_noop("New owner")
    message = gettext_noop("The number has changed hands, so its past is that of somebody else.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.reassigned == "yes":
            yield self.flag(self.message)
