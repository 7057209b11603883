"""`Insight`: a provider's answer in a form that is the same for every provider.

Words are lower case. An absent, null, empty or unrecognised value is ``"unknown"`` where a word is
expected, and None elsewhere. Amounts are `Decimal`, in the provider's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

UNKNOWN = "unknown"

LINE_TYPES = frozenset(
    {"mobile", "landline", "landline_premium", "landline_tollfree", "virtual", "pager", UNKNOWN}
)
PORTED = frozenset({"ported", "not_ported", "assumed_ported", "assumed_not_ported", UNKNOWN})
VALID_NUMBER = frozenset({"valid", "not_valid", "inferred", "inferred_not_valid", UNKNOWN})
REACHABLE = frozenset(
    {"reachable", "undeliverable", "absent", "bad_number", "blacklisted", UNKNOWN}
)
ROAMING = frozenset({"roaming", "not_roaming", UNKNOWN})
IP_MATCH = frozenset({"country", "mismatch", UNKNOWN})
CALLER_TYPES = frozenset({"business", "consumer", UNKNOWN})

NUMBER_REFUSED = frozenset({3, 999})
"""The statuses that reject the number itself."""

LEVELS = ("basic", "standard", "advanced")
"""The levels of a lookup, the cheapest first; each includes the facts of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A network operator; ``network_code`` is MCC and MNC, or a code such as "US-FIXED"."""

    network_code: str | None = None
    name: str | None = None
    country: str | None = None
    network_type: str = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Roaming:
    """The roaming status of the phone, and the network abroad."""

    status: str = UNKNOWN
    country: str | None = None
    network_code: str | None = None
    network_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IPMatch:
    """The comparison of the visitor's IP with the country of the number."""

    address: str | None = None
    match: str = UNKNOWN
    country: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The registered owner of the number (US numbers only, if the caller name was asked for)."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    type: str = UNKNOWN
    subscription_type: str = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTime:
    """The state of the handset at the time of the lookup."""

    active: bool | None = None
    handset: str = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """The facts about one number. It is never None: before an answer there is a local one."""

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
    outcome: int | None = None
    price: Decimal | None = None
    refund: Decimal | None = None
    balance: Decimal | None = None
    raw: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    """The provider's raw answer; not part of the JSON form, and stored only by ``STORE_RAW``."""

    def as_json(self) -> dict[str, Any]:
        """Return the documented JSON form, with plain types only and amounts as strings."""
        document = asdict(replace(self, raw=None))
        del document["raw"]
        for key in ("price", "refund", "balance"):
            document[key] = None if document[key] is None else str(document[key])
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Insight:
        """Return the insight of the JSON form `document`; unknown keys are ignored."""
        known = {f.name for f in fields(cls)} - {"raw"}
        values = {key: value for key, value in document.items() if key in known}
        for key, part in _PARTS.items():
            if isinstance(values.get(key), Mapping):
                values[key] = part(**values[key])
        for key in ("price", "refund", "balance"):
            if values.get(key) is not None:
                values[key] = Decimal(str(values[key]))
        return cls(**values)

    def without_live(self) -> Insight:
        """Return a copy without live data: roaming, reachability and the raw answer.

        In several geographies they are "disallowed by law from being persisted", says Vonage's
        support (article 204015563).
        """
        return replace(self, reachable=UNKNOWN, roaming=Roaming(), real_time=None, raw=None)

    @property
    def cost(self) -> Decimal:
        """The price less the refund, and at least 0."""
        return max((self.price or Decimal(0)) - (self.refund or Decimal(0)), Decimal(0))

    @property
    def is_empty(self) -> bool:
        """Whether the answer holds no fact beyond the number itself.

        Formats and country follow from the number. A carrier with nothing but that country is no
        fact either. An answer with outcome 2 (refunded) needs a line type or a current carrier.
        """
        if self.outcome == 2 and self.line_type == UNKNOWN and self.current_carrier is None:
            return True
        facts = replace(
            self,
            current_carrier=self._told_of(self.current_carrier),
            original_carrier=self._told_of(self.original_carrier),
            ip=replace(self.ip, address=None),
            **_OF_THE_NUMBER,
        )
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


_FORMATS = ("national_format", "country", "country_iso3", "country_name", "country_prefix")
_OF_THE_QUESTION = ("status", "status_text", "request_id", "number", "outcome", "price", "refund")
_OF_THE_NUMBER: dict[str, Any] = {
    name: getattr(Insight(), name) for name in (*_FORMATS, *_OF_THE_QUESTION, "balance", "raw")
}
"""The fields that are no facts about the line, with their empty values."""
_PARTS: dict[str, Any] = {
    "current_carrier": Carrier,
    "original_carrier": Carrier,
    "roaming": Roaming,
    "ip": IPMatch,
    "caller": Caller,
    "real_time": RealTime,
}
