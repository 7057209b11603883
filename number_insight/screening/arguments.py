"""The arguments of public calls: a mistake of the calling code raises at once.

What a visitor types is never a mistake of the code: it is recorded, or refused by the form.
"""

from __future__ import annotations

from number_insight import numbers
from number_insight.exceptions import BadArgument, did_you_mean
from number_insight.insight import LEVELS
from number_insight.models.choices import Source

CHOOSABLE = (*LEVELS, "auto")
"""The levels that a call may ask for."""


def check(number: object, *, level: str | None, source: str, region: str | None) -> None:
    """Raise `BadArgument` if one of the arguments of `screen` cannot be right."""
    check_number(number)
    check_level(level)
    check_source(source)
    check_region(region)


def check_number(number: object) -> None:
    """Raise `BadArgument` unless `number` is a text or a parsed number, and not blank."""
    if not numbers.is_number_like(number):
        kind = type(number).__name__
        raise BadArgument(f"A number to screen is a text or a PhoneNumber, not {kind}.")
    if numbers.is_blank(number):
        raise BadArgument("There is no number to screen: the text is blank.")


def check_level(level: str | None) -> None:
    """Raise `BadArgument` unless `level` is one, or None for the one of the settings."""
    if level is not None and level not in CHOOSABLE:
        raise BadArgument(f"There is no level {level!r}. {did_you_mean(str(level), CHOOSABLE)}")


def check_source(source: str) -> None:
    """Raise `BadArgument` unless `source` is one of `Source`."""
    if source not in Source.values:
        hint = did_you_mean(str(source), Source.values)
        raise BadArgument(f"There is no source {source!r}. {hint}")


def check_region(region: str | None) -> None:
    """Raise `BadArgument` unless `region` is a country with a numbering plan, or None."""
    if region is not None and numbers.known_region(region) is None:
        raise BadArgument(f'There is no region {region!r}; write its alpha-2 code, as "GB".')
