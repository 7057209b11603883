"""Numbering plans: libphonenumber's tables, made ready for plain E.164.

The library reads whatever people write, and compiles and looks up again for every number. What
is stored is plain already, and a replay or a backfill asks about many thousands: here the same
tables are asked in the same order, with nothing else around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import phonenumbers

_PLAIN = re.compile(r"\+[1-9][0-9]{6,14}")
_KINDS = (
    "mobile",
    "fixed_line",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
_Range = tuple[frozenset[int], re.Pattern[str]]
"""The possible lengths and the pattern of the numbers of one kind."""


def read(text: str) -> phonenumbers.PhoneNumber | None:
    """Return what the parser would make of `text`, if that is plain and possible E.164; else None.

    The parser looks for extensions, letters and prefixes that digits alone do not have, which
    takes most of its time. What may begin with a trunk prefix is left to it.
    """
    code = _code_of(text[1:4]) if _PLAIN.fullmatch(text) else None
    if code is None:
        return None
    plan, national = _plan(code), text[1 + len(str(code)) :]
    if len(national) not in plan.lengths or plan.may_have_trunk_prefix(national):
        return None
    return phonenumbers.PhoneNumber(country_code=code, national_number=int(national))


def has(number: phonenumbers.PhoneNumber) -> bool:
    """Whether a numbering plan has a range that `number` lies in."""
    if number.country_code not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        return False
    plan = _plan(number.country_code)
    return plan.has(phonenumbers.national_significant_number(number))


@cache
def _code_of(digits: str) -> int | None:
    """Return the country calling code that three `digits` begin with."""
    codes = (int(digits[:length]) for length in (1, 2, 3))
    return next((code for code in codes if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The plan of one country calling code, which several regions may share."""

    lengths: frozenset[int]
    trunk_prefix: re.Pattern[str] | None
    regions: tuple[_Region, ...]

    def may_have_trunk_prefix(self, national: str) -> bool:
        prefix = self.trunk_prefix
        return national.startswith("0") or (prefix is not None and bool(prefix.match(national)))

    def has(self, national: str) -> bool:
        """Whether `national` is a valid number of the region that it belongs to."""
        for region in self.regions:
            if region.leading_digits is not None:
                if region.leading_digits.match(national):
                    return region.has(national)
            elif region.has(national):
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Region:
    """The ranges of one region; `leading_digits` tell it from others of its calling code."""

    leading_digits: re.Pattern[str] | None
    general: _Range | None
    ranges: tuple[_Range, ...]

    def has(self, national: str) -> bool:
        if self.general is None or not _lies_in(national, self.general):
            return False
        return any(_lies_in(national, known) for known in self.ranges)


def _lies_in(national: str, known: _Range) -> bool:
    lengths, pattern = known
    return (not lengths or len(national) in lengths) and bool(pattern.fullmatch(national))


@cache
def _plan(code: int) -> _Plan:
    names = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    of_region = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code
    known: list[Any] = [of_region(code, name) for name in names]
    general, prefix = known[0].general_desc, known[0].national_prefix_for_parsing
    return _Plan(
        lengths=frozenset((*general.possible_length, *general.possible_length_local_only)),
        trunk_prefix=re.compile(prefix) if prefix else None,
        regions=tuple(_region(it, tell_apart=len(names) > 1) for it in known if it),
    )


def _region(known: Any, *, tell_apart: bool) -> _Region:
    digits = known.leading_digits if tell_apart else None
    ranges = (_range(getattr(known, kind)) for kind in _KINDS)
    return _Region(
        leading_digits=re.compile(digits) if digits is not None else None,
        general=_range(known.general_desc),
        ranges=tuple(it for it in ranges if it is not None),
    )


def _range(known: Any) -> _Range | None:
    if known is None or not known.national_number_pattern:
        return None
    return frozenset(known.possible_length), re.compile(known.national_number_pattern)
