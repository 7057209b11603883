"""`Insight`: a provider's answer in a form that is the same for every provider.

Words are lower case. An absent, null, empty or unrecognised value is ``"unknown"`` where a word is
expected, and None elsewhere. Amounts are `Decimal`, in the provider's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache
from typing import Any

from number_insight.facts import (
    CALLER_TYPES,
    IP_MATCH,
    LEVELS,
    LINE_TYPES,
    MISSING,
    PORTED,
    REACHABLE,
    REASSIGNED,
    ROAMING,
    UNKNOWN,
    VALID_NUMBER,
    VERIFIED,
    VOIP,
    Caller,
    Carrier,
    IPMatch,
    Location,
    RealTime,
    Risk,
    Roaming,
    Swap,
)

__all__ = [
    "CALLER_TYPES",
    "Caller",
    "Carrier",
    "IPMatch",
    "IP_MATCH",
    "Insight",
    "LEVELS",
    "LINE_TYPES",
    "Location",
    "MISSING",
    "PORTED",
    "REACHABLE",
    "REASSIGNED",
    "ROAMING",
    "RealTime",
    "Risk",
    "Roaming",
    "Swap",
    "UNKNOWN",
    "VALID_NUMBER",
    "VERIFIED",
    "VOIP",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """The facts about one number. It is never None: before an answer there is a local one.

    Words are lower case and "unknown" where a provider tells nothing; countries are alpha-2, but
    for `country_iso3`; `price`, `refund` and `balance` are decimals in the currency of the provider
    that was asked, or None. `missing` names the signals that the answer does not tell, with the
    reason.
    """

    status: int | None = None
    status_text: str = ""
    request_id: str = ""
    number: str = field(default="", repr=False)
    national_format: str | None = field(default=None, repr=False)
    country: str | None = None
    country_iso3: str | None = None
    country_name: str | None = None
    country_prefix: str | None = None
    line_type: str = UNKNOWN
    current_carrier: Carrier | None = None
    original_carrier: Carrier | None = None
    ported: str = UNKNOWN
    valid_number: str = UNKNOWN
    reachable: str = UNKNOWN
    roaming: Roaming = field(default_factory=Roaming)
    ip: IPMatch = field(default_factory=IPMatch, repr=False)
    caller: Caller | None = field(default=None, repr=False)
    real_time: RealTime | None = None
    sim_swap: Swap | None = None
    device_swap: Swap | None = None
    voip: str | None = None
    risk: Risk | None = None
    reassigned: str | None = None
    call_forwarding: bool | None = None
    match: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    """The agreement of the fields that were asked about, each with a level ("exact", "none")."""
    location: Location | None = field(default=None, repr=False)
    missing: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The signals that this answer does not tell, each with a reason of `MISSING`."""
    outcome: int | None = None
    price: Decimal | None = None
    refund: Decimal | None = None
    balance: Decimal | None = None
    raw: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    """The provider's raw answer; not part of the JSON form, and stored only by ``STORE_RAW``."""
    number_refused: bool = False
    """Whether the provider rejected the number itself. There is no answer then, so this is not part
    of the JSON form."""

    def __repr__(self) -> str:
        """Show what concerns the network, and never the number: not in a vendor's words either."""
        shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
        digits = self.number.lstrip("+")
        return f"Insight({shown.replace(digits, '…') if digits else shown})"

    def as_json(self) -> dict[str, Any]:
        """Return the documented JSON form, with plain types only and amounts as strings."""
        document = _members(self)
        for key in _NOT_IN_JSON:
            del document[key]
        for key in PARTS:
            document[key] = None if document[key] is None else _members(document[key])
        document["missing"] = dict(self.missing)
        document["match"] = None if self.match is None else dict(self.match)
        for key in _AMOUNTS:
            document[key] = None if document[key] is None else str(document[key])
        for key in ("sim_swap", "device_swap", "risk"):
            for name in _TIMES.intersection(document[key] or ()):
                document[key][name] = _time_text(document[key][name])
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Insight:
        """Return the insight of the JSON form `document`; unknown keys are ignored in all parts."""
        values = _known(cls, document)
        for key in _NOT_IN_JSON:
            values.pop(key, None)
        for key, part in PARTS.items():
            if isinstance(values.get(key), Mapping):
                told = _known(part, values[key])
                values[key] = part(
                    **{k: utc_time(v) if k in _TIMES else v for k, v in told.items()}
                )
        for key in _AMOUNTS:
            if values.get(key) is not None:
                values[key] = Decimal(str(values[key]))
        values["missing"] = values.get("missing") or {}
        return cls(**values)

    def without_live(self) -> Insight:
        """Return a copy without live data: the present state of the phone, and the raw answer.

        In several geographies they are "disallowed by law from being persisted", says Vonage's
        support (article 204015563) of roaming and reachability. The place of the phone and the
        forwarding of its calls are treated alike; a change of the SIM is no state of the phone.
        """
        return replace(
            self,
            reachable=UNKNOWN,
            roaming=Roaming(),
            real_time=None,
            call_forwarding=None,
            location=None,
            raw=None,
        )

    @property
    def cost(self) -> Decimal:
        """The price less the refund, and at least 0."""
        return max((self.price or Decimal(0)) - (self.refund or Decimal(0)), Decimal(0))

    @property
    def is_empty(self) -> bool:
        """Whether the answer holds no fact beyond the number itself.

        Formats and country follow from the number. A carrier with nothing but that country is no
        fact either, nor is a part in which all is unknown. An answer with outcome 2 (refunded)
        needs a line type, a current carrier, or a fact that only some vendors tell.
        """
        facts = replace(
            self,
            current_carrier=self._told_of(self.current_carrier),
            original_carrier=self._told_of(self.original_carrier),
            ip=replace(self.ip, address=None),
            **self._told_by_some(),
            **_OF_THE_NUMBER,
        )
        if self.outcome == 2 and self.line_type == UNKNOWN and self.current_carrier is None:
            return not any(getattr(facts, name) is not None for name in TOLD_BY_SOME)
        return facts == Insight()

    @property
    def is_formatted(self) -> bool:
        """Whether the answer holds a format or the country of the number."""
        return any(getattr(self, name) for name in _FORMATS)

    def _told_of(self, carrier: Carrier | None) -> Carrier | None:
        """Return `carrier`, or None if it holds no more than the country of the number."""
        if carrier is None or carrier.country not in (None, self.country or carrier.country):
            return carrier
        return None if replace(carrier, country=None) == Carrier() else carrier

    def _told_by_some(self) -> dict[str, Any]:
        """Return the facts that only some vendors tell, with None for parts without a fact.

        A period, or the kind of a risk, is a part of the question.
        """
        told = {name: getattr(self, name) for name in TOLD_BY_SOME}
        for name in ("sim_swap", "device_swap"):
            swap = told[name]
            if swap is not None and swap.swapped is None and swap.at is None:
                told[name] = None
        if self.risk is not None and replace(self.risk, kind=None) == Risk():
            told["risk"] = None
        nothing: tuple[object, ...] = (UNKNOWN, Location(), {})
        return {name: None if value in nothing else value for name, value in told.items()}


def _members(part: Any) -> dict[str, Any]:
    """Return the members of `part`, as they are."""
    return {member.name: getattr(part, member.name) for member in fields(part)}


def _known(part: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of `part` in `document`."""
    names = _names(part)
    return {name: value for name, value in document.items() if name in names}


@cache
def _names(part: Any) -> frozenset[str]:
    return frozenset(member.name for member in fields(part))


def _time_text(at: datetime | None) -> str | None:
    """Return a time as ISO 8601 text in UTC."""
    found = utc_time(at)
    return None if found is None else found.isoformat()


def utc_time(value: object) -> datetime | None:
    """Return a time, or the ISO 8601 text of one, in UTC; None if it is none.

    A text without an offset is taken for UTC.
    """
    try:
        text = str(value).strip().upper().replace("Z", "+00:00")
        found = value if isinstance(value, datetime) else datetime.fromisoformat(text)
        aware = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


_FORMATS = ("national_format", "country", "country_iso3", "country_name", "country_prefix")
_OF_THE_QUESTION = ("status", "status_text", "request_id", "number", "outcome", "price", "refund")
_OF_THE_NUMBER: dict[str, Any] = {
    name: getattr(Insight(), name)
    for name in (*_FORMATS, *_OF_THE_QUESTION, "balance", "raw", "missing", "number_refused")
}
"""The fields that are no facts about the line, with their empty values."""
TOLD_BY_SOME = (
    "sim_swap",
    "device_swap",
    "voip",
    "risk",
    "reassigned",
    "call_forwarding",
    "match",
    "location",
)
"""The facts that only some vendors tell; signals have the same names."""
_AMOUNTS = ("price", "refund", "balance")
_TIMES = frozenset({"at", "blocked_at"})
"""The members of parts that are times."""
_NOT_IN_JSON = ("raw", "number_refused")
PARTS: dict[str, Any] = {
    "current_carrier": Carrier,
    "original_carrier": Carrier,
    "roaming": Roaming,
    "ip": IPMatch,
    "caller": Caller,
    "real_time": RealTime,
    "sim_swap": Swap,
    "device_swap": Swap,
    "risk": Risk,
    "location": Location,
}
"""The members that are parts, with their types."""
