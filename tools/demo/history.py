"""The signups of the days before the demo: deterministic, and nobody of its crowd among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

DAYS = 14
"""The days before today from which signups are written."""
BUSIEST = 12
NUMBER = "+468465004{:02}"
"""Numbers that the Swedish authority keeps free for fiction, in another block than the crowd's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One signup of an earlier day, with its verdict, and the decision of a person."""

    number: str
    age: timedelta
    took: timedelta
    verdict: str = "allow"
    score: int = 0
    flags: tuple[tuple[str, int], ...] = ()
    decision: str = ""
    ip_country: str = "SE"


KINDS = (
    {"verdict": "review", "score": 30, "flags": (("virtual", 30),), "decision": "refused"},
    {"verdict": "review", "score": 40, "flags": (("ip_mismatch", 20), ("ported", 20))},
    {"verdict": "deny", "score": 80, "flags": (("premium", 80),), "decision": "refused"},
)
"""The signups that are not allowed at once, in turn."""


def past() -> list[Past]:
    """Return the signups of `DAYS` days, the oldest first; fewer of them every seventh day."""
    return [one for day in range(DAYS, 0, -1) for one in _of_day(day)]


def _of_day(day: int) -> Iterator[Past]:
    count = BUSIEST // 2 if day % 7 == 0 else BUSIEST - day % 4
    for index in range(count):
        place = day * BUSIEST + index
        kind = KINDS[place // 4 % len(KINDS)] if place % 4 == 0 else {}
        more = {"decision": "released", "ip_country": "NL"} if kind is KINDS[1] else {}
        yield Past(
            number=NUMBER.format(place % 100),
            age=timedelta(days=day, minutes=index),
            took=timedelta(milliseconds=300 + 90 * (place % 9)),
            **{**kind, **more},  # type: ignore[arg-type]
        )
