"""Scrubbing: personal texts are erased inside of other texts, however they are spelled there."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from number_insight import numbers
from number_insight.models import Lookup, NumberInsightRecord

ERASED = "…"
"""The replacement for a name, a number or an address."""
SHORTEST = 4
"""The characters from which on a personal text is erased inside of other texts as well."""
SHORTEST_NUMBER = 7
"""The digits from which on a number without its country code is erased inside of other digits."""
BETWEEN = r"(?:%20|[\W_]){0,3}"
"""The separators between two digits."""


def patterns_of(row: NumberInsightRecord | Lookup) -> list[re.Pattern[str]]:
    """Return the patterns of the texts that identify the person behind `row`."""
    texts = {row.number, *_addresses(row.ip_address)}
    if isinstance(row, NumberInsightRecord):
        texts |= {row.declared_name, row.caller_name}
    found = [_text_pattern(text) for text in sorted(filter(None, texts), key=len, reverse=True)]
    code = numbers.calling_code(row.number)
    return [*found, _number_pattern(row.number, code)] if code else found


def _addresses(ip: str | None) -> set[str]:
    """Return the ways in which an address is written."""
    spellings = {ip or ""}
    with suppress(ValueError):
        address = ipaddress.ip_address(ip or "")
        spellings |= {address.exploded, address.compressed}
    return spellings


def _text_pattern(text: str) -> re.Pattern[str]:
    pattern = re.escape(text)
    return re.compile(pattern if len(text) >= SHORTEST else rf"\A{pattern}\Z", re.IGNORECASE)


def _number_pattern(number: str, code: str) -> re.Pattern[str]:
    """Return the pattern of `number` (E.164) in any spelling, international or national."""
    digits = number[1 + len(code) :]
    national = re.sub(r"\D", "", numbers.national(number) or "")
    trunk = national.removesuffix(digits) if national.endswith(digits) else ""
    home = rf"(?:{BETWEEN.join(trunk)}{BETWEEN})?" if trunk else r"(?:0\)? ?)?"
    country = rf"(?:(?:(?:\+|0{{2}}|011){BETWEEN})?{BETWEEN.join(code)}{BETWEEN})?"
    pattern = country + home + BETWEEN.join(digits)
    return re.compile(pattern if len(digits) >= SHORTEST_NUMBER else rf"(?<!\d){pattern}(?!\d)")


def scrubbed(value: Any, patterns: Iterable[re.Pattern[str]]) -> Any:
    """Return `value` (JSON) with "…" for each match of one of `patterns`."""
    if isinstance(value, dict):
        return {scrubbed(key, patterns): scrubbed(part, patterns) for key, part in value.items()}
    if isinstance(value, list):
        return [scrubbed(part, patterns) for part in value]
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    before = _as_text(value)
    text = before
    for pattern in patterns:
        text = _without(text, pattern)
    return value if text == before else text


def _as_text(value: str | float) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _without(text: str, pattern: re.Pattern[str]) -> str:
    """Return `text` with "…" for each match of `pattern`, in the digits of any script."""
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    kept, end = [], 0
    for match in pattern.finditer(plain):
        kept += [text[end : match.start()], ERASED]
        end = match.end()
    return "".join([*kept, text[end:]])
