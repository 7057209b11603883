"""`Insight`: a provider's answer in our words, the same for every provider.

Words are lower case. What is absent, null, empty or unknown to us is ``"unknown"`` where a word
is expected, and None elsewhere. Amounts are `Decimal`, in the provider's currency.
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
"""The statuses by which a provider refuses a number as a number."""

LEVELS = ("basic", "standard", "advanced")
"""What can be asked, the cheapest first; each level tells all that the one before tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A network operator. ``network_code`` is usually MCC and MNC, but "US-FIXED" is one too."""

    network_code: str | None = None
    name: str | None = None
    country: str | None = None
    network_type: str = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Roaming:
    """Whether the phone is abroad just now, and where."""

    status: str = UNKNOWN
    country: str | None = None
    network_code: str | None = None
    network_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IPMatch:
    """How the visitor's IP compares with the number."""

    address: str | None = None
    match: str = UNKNOWN
    country: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who the number is registered to (US numbers only, where caller name was asked for)."""

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
    """What is known about one number. Never None: before any answer there is the local one."""

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
    """The provider's own words; never part of the JSON form, and kept only by ``STORE_RAW``."""

    def as_json(self) -> dict[str, Any]:
        """Return the documented JSON form: plain types only, amounts as decimal strings."""
        document = asdict(replace(self, raw=None))
        del document["raw"]
        for key in ("price", "refund", "balance"):
            document[key] = None if document[key] is None else str(document[key])
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Insight:
        """Return the insight whose `as_json` this is; keys that we do not know are dropped."""
        values = {key: value for key, value in document.items() if key in _KEYS}
        for key, part in _PARTS.items():
            if isinstance(values.get(key), Mapping):
                values[key] = part(**values[key])
        for key in ("price", "refund", "balance"):
            if values.get(key) is not None:
                values[key] = Decimal(str(values[key]))
        return cls(**values)

    def without_live(self) -> Insight:
        """Return a copy without what must not be kept in some countries.

        Roaming and reachability are "disallowed by law from being persisted" in several
        geographies, says Vonage's support (article 204015563).
        """
        return replace(self, reachable=UNKNOWN, roaming=Roaming(), real_time=None, raw=None)

    @property
    def cost(self) -> Decimal:
        """What was really paid: the price less the refund, never below zero."""
        return max((self.price or Decimal(0)) - (self.refund or Decimal(0)), Decimal(0))

    @property
    def is_empty(self) -> bool:
        """Whether the provider could determine nothing at all (outcome 2: refunded, permanent)."""
        return self.outcome == 2 and self.line_type == UNKNOWN and self.current_carrier is None


_KEYS = frozenset(member.name for member in fields(Insight)) - {"raw"}
_PARTS: dict[str, Any] = {
    "current_carrier": Carrier,
    "original_carrier": Carrier,
    "roaming": Roaming,
    "ip": IPMatch,
    "caller": Caller,
    "real_time": RealTime,
}
