"""Rules of this shop, beside the standard ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from number_insight.insight import Insight
from number_insight.rules import Flag, Rule, Signup


class NoDelivery(Rule):
    """Flag numbers from countries that no coffee is sent to."""

    code = "no_delivery"
    weight = 10
    needs = ("country",)
    reads = ()

    def __init__(self, countries: Collection[str] = ("SE",), weight: int = 10) -> None:
        super().__init__(weight=weight)
        self.countries = countries

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.country not in self.countries:
            yield self.flag("No coffee is sent to %(country)s.", country=insight.country)


class EasyNumber(Rule):
    """Count for numbers that are easy to remember: they are dear, and seldom thrown away."""

    code = "easy_number"
    weight = -10
    needs = ()
    reads = ()

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if len(set(signup.number[-4:])) <= 2:
            yield self.flag("The last four digits are easy to remember.")
