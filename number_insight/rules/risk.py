"""Rules on a vendor's opinion of the number.

A score follows the carrier and the type of the line, so these rules share the group of the line. A
score of another kind decides nothing, for its reasons cannot be told to a reviewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.counting import CountingRule
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop

SMS_PUMPING, DISPOSABLE = "sms_pumping", "disposable"
NOT_SCORED = frozenset({"US", "CA"})
"""The countries for which Twilio advises against its score."""
PROBABLY = 75
"""The score from which a number counts as disposable, if there is one."""


class SMSPumpingBlocked(Rule):
    """A vendor sends no messages to the number any more; strong, and still a review alone."""

    code = "sms_pumping_blocked"
    weight = 45
    group = "line"
    needs = ("risk",)
    reads = ()
    title = gettext_noop("Blocked for SMS pumping")
    otherwise = gettext_noop("no vendor had blocked the number")
    message = gettext_noop("A messaging vendor has stopped sending to this number.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        risk = insight.risk
        if risk is not None and risk.blocked and risk.kind in (None, SMS_PUMPING):
            yield self.flag(self.message)


class SMSPumpingScore(CountingRule):
    """A vendor suspects that messages to the number only earn money for its carrier."""

    code = "sms_pumping_score"
    weight = 30
    group = "line"
    needs = ("risk",)
    reads = ()
    thresholds: Mapping[int, int] = {60: 10, 75: 20, 90: 30}
    title = gettext_noop("SMS pumping suspected")
    otherwise = gettext_noop("the vendor suspected no SMS pumping")
    message = gettext_noop("A vendor suspects SMS pumping (%(score)s of 100).")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        risk = insight.risk
        if risk is None or risk.score is None or risk.kind != SMS_PUMPING:
            return
        weight = self.weight_of(risk.score)
        if weight is not None and insight.country not in NOT_SCORED:
            yield self.flag(self.message, weight=weight, score=risk.score)


class DisposableNumber(Rule):
    """A vendor knows the number as one to receive a code with and throw away."""

    code = "disposable_number"
    weight = 30
    group = "line"
    needs = ("risk",)
    reads = ()
    title = gettext_noop("Disposable number")
    otherwise = gettext_noop("the number were not disposable")
    message = gettext_noop("A vendor knows this as a disposable number.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        risk = insight.risk
        if risk is None or risk.kind != DISPOSABLE:
            return
        if risk.score is None or risk.score >= PROBABLY:
            yield self.flag(self.message)
