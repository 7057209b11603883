"""The wire format of Identity Insights: bytes in, an `Insight` or one of our exceptions out.

No member of an answer is required, every list of words may grow, and fields count only beside the
codes OK and PARTIAL_SUCCESS: https://developer.vonage.com/en/api/identity-insights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from number_insight.exceptions import ProviderError
from number_insight.insight import UNKNOWN, Carrier, Insight, Location, Roaming, Swap
from number_insight.providers import scalars
from number_insight.providers.alpha3 import ALPHA3
from number_insight.providers.documents import Document, Unreadable, read_json
from number_insight.providers.identity_statuses import ANSWERED, REASONS, refusal
from number_insight.providers.meanings import UNREADABLE
from number_insight.providers.vocabulary import words

DEFAULT_PERIOD = 240
"""The period of a swap if the request names none, in hours."""
_CODE = re.compile(r"[A-Z][A-Z0-9_.]{0,59}", re.ASCII)
_NO_CODE = "UNKNOWN"
_NETWORK_TYPES = {
    "MOBILE": "mobile",
    "LANDLINE": "landline",
    "TOLLFREE": "landline_tollfree",
    "PREMIUM": "landline_premium",
    "VIRTUAL": "virtual",
}
_VERIFIED = {"TRUE": "yes", "FALSE": "no", "PARTIAL": "partial"}
_LEVELS = frozenset(
    {
        "exact",
        "high",
        "partial",
        "low",
        "none",
        "data_unavailable",
        "included_with_address_match",
    }
)
_MATCH = "_match"
_ID_MISMATCH = "SUBSCRIBER_MATCH.ID_DOCUMENT_MISMATCH"
_CARRIERS = ("current_carrier", "original_carrier")
SOURCES: Mapping[str, tuple[str, ...]] = {
    "country": ("format",),
    "line_type": _CARRIERS,
    "carrier": _CARRIERS,
    "ported": _CARRIERS,
    "valid_number": ("current_carrier", "format"),
    "reachable": ("reachability",),
    "roaming": ("roaming",),
    "sim_swap": ("sim_swap",),
    "device_swap": ("device_swap",),
    "match": ("subscriber_match",),
    "location": ("location_verification",),
}
"""Signal -> the insights that tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The insights that were asked for, with their parameters, and the signals wanted of them.

    `left_out` are signals that the vendor could tell, and that the options do not ask for.
    """

    insights: Mapping[str, Mapping[str, Any]]
    signals: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()


class _Answer:
    """The insights of an answer: the code of each, and the fields that count."""

    def __init__(self, document: Document, asked: Asked) -> None:
        told = _part(document.get("insights"))
        self.document = document
        self.asked = asked
        self.is_one = not told.keys().isdisjoint(asked.insights)
        self.codes = {name: _code(told.get(name)) for name in asked.insights}
        self._fields = {
            name: _part(told.get(name)) for name, code in self.codes.items() if code in ANSWERED
        }

    @property
    def request_id(self) -> str:
        return scalars.request_id(self.document.get("request_id"))

    @property
    def raw(self) -> Document:
        """The answer with the insights at the top, where live data can be told from the rest."""
        return {"request_id": self.request_id, **_part(self.document.get("insights"))}

    def has(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str) -> Mapping[str, Any]:
        """Return the fields of the insight `name`, which are none without an answer."""
        return self._fields.get(name, {})


def read_answer(body: bytes, asked: Asked) -> Insight:
    """Return the answer in `body`; raise the exception of its codes, or `Uncertain`."""
    found = _read(body, asked)
    del body  # error reports show the variables of a frame, and this holds numbers
    if isinstance(found, ProviderError):
        raise found
    return found


def _read(body: bytes, asked: Asked) -> Insight | ProviderError:
    try:
        answer = _Answer(read_json(body), asked)
    except Unreadable:
        return UNREADABLE.as_error()
    if not answer.is_one:
        return UNREADABLE.as_error(request_id=answer.request_id)
    return refusal(answer.codes.values(), request_id=answer.request_id) or _insight(answer)


def _insight(answer: _Answer) -> Insight:
    format = answer.get("format")
    country = scalars.letters(format.get("country_code"), 2)
    answered = [name for name in answer.codes if answer.has(name)]
    insight = Insight(
        status=0 if answered else None,
        status_text=_status_text(answer),
        request_id=answer.request_id,
        number=scalars.number(format.get("number_international")),
        national_format=scalars.text(format.get("number_national")),
        country=country,
        country_iso3=ALPHA3.get(country or ""),
        country_name=scalars.text(format.get("country_name")),
        country_prefix=scalars.text(format.get("country_prefix")),
        line_type=_line_type(answer),
        current_carrier=_carrier(answer.get("current_carrier")),
        original_carrier=_carrier(answer.get("original_carrier")),
        ported=_ported(answer),
        valid_number=_valid_number(answer),
        reachable=_reachable(answer),
        roaming=_roaming(answer),
        sim_swap=_swap(answer, "sim_swap"),
        device_swap=_swap(answer, "device_swap"),
        match=_match(answer),
        location=_location(answer),
        outcome=2 if not answered else int(len(answered) < len(answer.codes)),
        raw=answer.raw,
    )
    return replace(insight, missing=_missing(answer, insight))


def _status_text(answer: _Answer) -> str:
    others = [f"{name} {code}" for name, code in answer.codes.items() if code != "OK"]
    return scalars.clean(", ".join(others) or "OK")


def _code(insight: Any) -> str:
    code = (scalars.text(_part(_part(insight).get("status")).get("code")) or "").upper()
    return code if _CODE.fullmatch(code) else _NO_CODE


def _network_type(fields: Mapping[str, Any]) -> str:
    return _NETWORK_TYPES.get((scalars.text(fields.get("network_type")) or "").upper(), UNKNOWN)


def _line_type(answer: _Answer) -> str:
    """Return the type of the current network, or else of the one that the number was given to.

    A US virtual number was seen with a mobile network as its first and none today, so the range
    alone makes no mobile without a current one, or against a word for it that is new to us.
    """
    fields = answer.get("current_carrier")
    if (current := _network_type(fields)) != UNKNOWN:
        return current
    original = _network_type(answer.get("original_carrier"))
    is_lost = answer.codes.get("current_carrier") == "NOT_FOUND" or fields.get("network_type")
    return UNKNOWN if original == "mobile" and is_lost else original


def _carrier(fields: Mapping[str, Any]) -> Carrier | None:
    carrier = Carrier(
        network_code=scalars.text(fields.get("network_code")),
        name=scalars.text(fields.get("name")),
        country=scalars.letters(fields.get("country_code"), 2),
        network_type=_network_type(fields),
    )
    return None if carrier == Carrier() else carrier


def _ported(answer: _Answer) -> str:
    """Return whether the two networks of a mobile differ: nothing asks the porting database."""
    carriers = [_carrier(answer.get(name)) or Carrier() for name in _CARRIERS]
    codes = [carrier.network_code for carrier in carriers]
    if any(carrier.network_type != "mobile" for carrier in carriers) or None in codes:
        return UNKNOWN
    return "assumed_not_ported" if codes[0] == codes[1] else "assumed_ported"


def _valid_number(answer: _Answer) -> str:
    """Return an inference alone, for nothing asks the network; a valid format proves nothing."""
    if _flag(answer.get("format").get("is_format_valid")) is False:
        return "inferred_not_valid"
    return "inferred" if _carrier(answer.get("current_carrier")) else UNKNOWN


def _reachable(answer: _Answer) -> str:
    is_reachable = _flag(answer.get("reachability").get("is_reachable"))
    return UNKNOWN if is_reachable is None else "reachable" if is_reachable else "absent"


def _roaming(answer: _Answer) -> Roaming:
    fields = answer.get("roaming")
    is_roaming = _flag(fields.get("is_roaming"))
    if not is_roaming:
        return Roaming() if is_roaming is None else Roaming(status="not_roaming")
    codes = fields.get("country_codes")
    # Several where a network spans countries.
    country = codes[0] if isinstance(codes, list) and len(codes) == 1 else None
    return Roaming(status="roaming", country=scalars.letters(country, 2))


def _swap(answer: _Answer, name: str) -> Swap | None:
    fields = answer.get(name)
    swapped = _flag(fields.get("is_swapped"))
    at = scalars.moment(fields.get(f"latest_{name}_at"))
    if swapped is None and at is None:
        return None
    period = answer.asked.insights[name].get("period", DEFAULT_PERIOD)
    return Swap(swapped=swapped, at=at, period_hours=scalars.integer(period))


def _match(answer: _Answer) -> Mapping[str, str] | None:
    """Return the level of each field; "NONE" is one, and not the want of one."""
    if answer.codes.get("subscriber_match") == _ID_MISMATCH:
        return {"id_document": "none"}
    found = {
        name.removesuffix(_MATCH): value.lower() if value.lower() in _LEVELS else UNKNOWN
        for name, value in answer.get("subscriber_match").items()
        if name.endswith(_MATCH) and isinstance(value, str)
    }
    return words(found) or None


def _location(answer: _Answer) -> Location | None:
    if not answer.has("location_verification"):
        return None
    # A word, so that "FALSE" must not be taken for true.
    verified = str(answer.get("location_verification").get("is_verified")).upper()
    return Location(verified=_VERIFIED.get(verified, UNKNOWN))


def _missing(answer: _Answer, insight: Insight) -> Mapping[str, str]:
    told = _told(insight)
    missing = dict.fromkeys(sorted(answer.asked.left_out), "not_asked")
    for signal in sorted(answer.asked.signals - told):
        missing[signal] = _reason(answer, signal)
    return missing


def _reason(answer: _Answer, signal: str) -> str:
    """Return the reason of the first insight without an answer; an empty answer found nothing."""
    for name in SOURCES[signal]:
        if not answer.has(name):
            return REASONS.get(answer.codes.get(name, _NO_CODE), "failed")
    return "not_found"


def _told(insight: Insight) -> frozenset[str]:
    """Return the signals that `insight` tells; a carrier is told if either of the two is."""
    location = insight.location or Location()
    is_told = {
        "country": insight.country is not None,
        "line_type": insight.line_type != UNKNOWN,
        "carrier": bool(insight.current_carrier or insight.original_carrier),
        "ported": insight.ported != UNKNOWN,
        "valid_number": insight.valid_number != UNKNOWN,
        "reachable": insight.reachable != UNKNOWN,
        "roaming": insight.roaming.status != UNKNOWN,
        "sim_swap": insight.sim_swap is not None,
        "device_swap": insight.device_swap is not None,
        "match": insight.match is not None,
        "location": location.verified != UNKNOWN,
    }
    return frozenset(signal for signal in is_told if is_told[signal])


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())


def _part(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
