"""The base class of rules whose weight depends on a count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from number_insight.rules.base import Rule


class CountingRule(Rule):
    """Base class of the rules whose weight depends on a count.

    The option `thresholds` maps a count to the weight from that count on. `weight` is the highest
    of them; if it is set to another value, the others are scaled to it.
    """

    needs: ClassVar[tuple[str, ...] | None] = ()
    thresholds: Mapping[int, int]

    def __init__(
        self, *, thresholds: Mapping[Any, int] | None = None, weight: int | None = None
    ) -> None:
        if thresholds is not None:
            self.thresholds = self._integers(thresholds)
            self.weight = max(self.thresholds.values())
        super().__init__(weight=weight)

    def _integers(self, thresholds: Mapping[Any, int]) -> dict[int, int]:
        """Return `thresholds` with integer keys, which are strings in JSON."""
        if not isinstance(thresholds, Mapping) or not thresholds:
            raise TypeError(f"the thresholds of rule {self.code!r} are a dict: count -> weight")
        for weight in thresholds.values():
            if isinstance(weight, bool) or not isinstance(weight, int) or weight < 0:
                raise TypeError(f"a weight of rule {self.code!r} is a whole number, not {weight!r}")
        return {int(count): weight for count, weight in thresholds.items()}

    def weight_of(self, count: float) -> int | None:
        """Return the weight of `count`, or None if it reaches no threshold."""
        reached = [weight for step, weight in self.thresholds.items() if self._reaches(count, step)]
        if not reached:
            return None
        highest = max(self.thresholds.values())
        return round(max(reached) * self.weight / highest) if highest else 0

    def _reaches(self, count: float, step: int) -> bool:
        return count >= step
