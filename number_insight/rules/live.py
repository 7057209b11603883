"""Redaction of the flags from live data, for storage without its details."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from number_insight.rules.scoring import Flag, Weighed
from number_insight.wording import gettext_noop

LIVE_CODE = "live"
LIVE_MESSAGE = gettext_noop("A finding about the state of the phone, whose details are not kept.")
PLACE = "%("
"""The beginning of a place in a message, which is filled from the parameters."""


def without_live(flags: Iterable[Flag]) -> Iterator[Flag]:
    """Yield `flags` with the live ones merged into one, which keeps only the sum of their weights.

    Codes, groups and evidence would disclose the state of the phone, and so would single weights.
    """
    flags = tuple(flags)
    live = [flag for flag in flags if flag.live]
    if live:
        yield merged(live)
    yield from (flag for flag in flags if not flag.live)


def merged(live: Sequence[Weighed]) -> Flag:
    """Return the one flag that takes the place of `live` ones."""
    counted = [flag.weight for flag in live if flag.counted]
    return Flag(
        code=LIVE_CODE,
        weight=sum(counted),
        message=LIVE_MESSAGE,
        counted=bool(counted),
        shadow=all(flag.shadow for flag in live),
    )


def without_details(flags: Iterable[Flag]) -> Iterator[Flag]:
    """Yield `flags`, the live ones without parameters and with a message that has no places."""
    for flag in flags:
        yield replace(flag, message=_bare(flag), params={}) if flag.live else flag


def _bare(flag: Flag) -> str:
    if flag.bare_message:
        return flag.bare_message
    return LIVE_MESSAGE if PLACE in flag.message else flag.message
