"""Rules on the volume from one source: the block of numbers, the IP, the carrier or country.

They count other numbers, so that repeated attempts with one number count once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.counting import CountingRule
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop


class BlockBurst(CountingRule):
    """Many numbers of one block of 100 within an hour, as from somebody who bought the block."""

    code = "block_burst"
    weight = 40
    group = "source_history"
    reads = ("block_seen_hour",)
    thresholds: Mapping[int, int] = {5: 40}
    title = gettext_noop("Burst from one block")
    otherwise = gettext_noop("fewer numbers of its block had signed up")
    message = gettext_noop("%(count)s numbers of one block of 100 signed up within an hour.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        count = signup.block_seen_hour + 1
        weight = self.weight_of(count)
        if weight is not None:
            yield self.flag(self.message, weight=weight, count=count)


class IPVolume(CountingRule):
    """Many signups from one IP in a day; a campus or a carrier's NAT shares one, too."""

    code = "ip_volume"
    weight = 30
    group = "source_history"
    reads = ("ip_seen_day",)
    thresholds: Mapping[int, int] = {5: 15, 20: 30}
    title = gettext_noop("Many from one IP")
    otherwise = gettext_noop("fewer numbers had signed up from its IP")
    message = gettext_noop("%(count)s numbers signed up from one IP within a day.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        count = signup.ip_seen_day + 1
        weight = self.weight_of(count) if signup.ip else None
        if weight is not None:
            yield self.flag(self.message, weight=weight, count=count)


class CarrierBurst(Rule):
    """One carrier or country has far more signups than on the day before.

    A burst has at least `signups` within an hour, and `times` as many as the average hour of the 24
    before. Usual numbers differ from site to site, so the rule begins in shadow.
    """

    code = "carrier_burst"
    weight = 15
    group = "source_history"
    needs = ("country",)
    reads = (
        "carrier_seen_hour",
        "carrier_seen_day",
        "country_seen_hour",
        "country_seen_day",
    )
    shadow = True
    title = gettext_noop("Burst from one carrier or country")
    otherwise = gettext_noop("fewer numbers of its carrier or country had signed up")
    message = gettext_noop("%(count)s signups with numbers of one carrier within an hour.")
    message_country = gettext_noop("%(count)s signups with numbers of one country within an hour.")

    def __init__(self, *, signups: int = 20, times: int = 5, weight: int | None = None) -> None:
        for option in (signups, times):
            if isinstance(option, bool) or not isinstance(option, int) or option < 1:
                raise TypeError("signups and times of rule 'carrier_burst' are whole numbers")
        super().__init__(weight=weight)
        self.signups, self.times = signups, times

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        carrier, country = signup.carrier_seen_hour + 1, signup.country_seen_hour + 1
        if self._is_burst(carrier, signup.carrier_seen_day):
            yield self.flag(self.message, count=carrier)
        elif self._is_burst(country, signup.country_seen_day):
            yield self.flag(self.message_country, count=country)

    def _is_burst(self, in_hour: int, in_day: int) -> bool:
        return in_hour >= self.signups and in_hour * 24 >= in_day * self.times
