"""`Watched`: an insight with blanks, which notes whether a rule reads one of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from number_insight.insight import Insight

TOLD_IN: dict[str, tuple[str, ...]] = {
    "line_type": ("line_type",),
    "carrier": ("current_carrier", "original_carrier"),
    "ported": ("ported",),
    "valid_number": ("valid_number",),
    "reachable": ("reachable",),
    "roaming": ("roaming",),
    "ip_match": ("ip",),
    "caller": ("caller",),
    "real_time": ("real_time",),
}
"""Signal -> where an `Insight` tells it."""
_ALL = tuple(member.name for member in fields(Insight))
_NOTHING = Insight()


def names_of(signals: Iterable[str]) -> frozenset[str]:
    """Return the members of an `Insight` that tell `signals`."""
    return frozenset(name for signal in signals for name in TOLD_IN.get(signal, ()))


class Watched(Insight):
    """A copy of an insight in which the blanks are unknown; `noted` holds those that were read."""

    __slots__ = ("noted",)
    noted: set[str]

    @classmethod
    def of(cls, insight: Insight, signals: Iterable[str]) -> Watched:
        """Return a copy of `insight` with blanks where it tells `signals`."""
        watched, blanks = object.__new__(cls), names_of(signals)
        for name in _ALL:
            if name not in blanks:  # a slot that stays empty asks `__getattr__`
                object.__setattr__(watched, name, getattr(insight, name))
        object.__setattr__(watched, "noted", set())
        return watched

    def __getattr__(self, name: str) -> Any:
        if name not in _ALL:
            raise AttributeError(name)
        self.noted.add(name)
        return getattr(_NOTHING, name)
