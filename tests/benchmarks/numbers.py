"""Numbers to sign up with: each its own, and each answered by the persona of its ending."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

PREFIXES = ("+4670", "+4672", "+4673", "+4676", "+4679")
CLEAN, VIRTUAL = "05", "11"

_next = count(1)


def fresh_numbers(ending: str = CLEAN) -> Iterator[str]:
    """Yield Swedish mobile numbers that nobody had in this run, each in a block of its own."""
    for index in _next:
        yield number_at(index, ending)


def fresh_places(amount: int) -> int:
    """Return the first of so many places in a row whose numbers nobody had in this run."""
    return list(islice(_next, amount))[0]


def number_at(index: int, ending: str = CLEAN) -> str:
    """Return the number of a place."""
    place, prefix = divmod(index, len(PREFIXES))
    return f"{PREFIXES[prefix]}{place:05d}{ending}"
