"""Numbers to sign up with: each its own, and each answered by the persona of its ending."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

PREFIXES = ("+4670", "+4672", "+4673", "+4676", "+4679")
CLEAN, VIRTUAL = "05", "11"

_next = count(1)


def fresh_numbers(ending: str = CLEAN) -> Iterator[str]:
    """Yield Swedish mobile numbers that nobody had in this run, each in a block of its own."""
    for index in _next:
        place, prefix = divmod(index, len(PREFIXES))
        yield f"{PREFIXES[prefix]}{place:05d}{ending}"
