"""The parts of an insight, and the words that they may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

UNKNOWN = "unknown"

LINE_TYPES = frozenset(
    {"mobile", "landline", "landline_premium", "landline_tollfree", "virtual", "pager", UNKNOWN}
)
PORTED = frozenset({"ported", "not_ported", "assumed_ported", "assumed_not_ported", UNKNOWN})
VALID_NUMBER = frozenset(
    {"valid", "not_valid", "cancelled", "inferred", "inferred_not_valid", UNKNOWN}
)
REACHABLE = frozenset(
    {"reachable", "undeliverable", "absent", "bad_number", "blacklisted", UNKNOWN}
)
ROAMING = frozenset({"roaming", "not_roaming", UNKNOWN})
IP_MATCH = frozenset({"country", "mismatch", UNKNOWN})
CALLER_TYPES = frozenset({"business", "consumer", UNKNOWN})

VOIP = frozenset({"fixed", "nonfixed", UNKNOWN})
REASSIGNED = frozenset({"yes", "no", UNKNOWN})
VERIFIED = frozenset({"yes", "no", "partial", UNKNOWN})

MISSING = frozenset(
    {"not_asked", "no_coverage", "not_authorized", "not_applicable", "not_found", "failed"}
)
"""The reasons why an answer does not tell a signal."""

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
class Swap:
    """The change of the SIM, or of the phone: the last one known, or within the period asked."""

    swapped: bool | None = None
    at: datetime | None = None
    period_hours: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A vendor's opinion of the number; `kind` is its subject, `score` is 0 to 100 (the worst)."""

    score: int | None = None
    blocked: bool | None = None
    blocked_at: datetime | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The comparison of the place of the phone with the one that was asked about."""

    verified: str = UNKNOWN
