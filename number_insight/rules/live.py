"""Redaction of the flags from live data, for storage without its details."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from number_insight.rules.base import gettext_noop
from number_insight.rules.scoring import Flag

LIVE_CODE = "live"
LIVE_MESSAGE = gettext_noop("A finding about the state of the phone, whose details are not kept.")


def without_live(flags: Iterable[Flag]) -> Iterator[Flag]:
    """Yield `flags` with the live ones merged into one, which keeps only the sum of their weights.

    Codes, groups and evidence would disclose the state of the phone, and so would single weights.
    """
    flags = tuple(flags)
    live = [flag for flag in flags if flag.live]
    if live:
        counted = [flag.weight for flag in live if flag.counted]
        weight = sum(counted)
        yield Flag(
            code=LIVE_CODE,
            weight=weight,
            message=LIVE_MESSAGE,
            counted=bool(counted),
            shadow=all(flag.shadow for flag in live),
        )
    yield from (flag for flag in flags if not flag.live)
