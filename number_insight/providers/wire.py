"""The wire format of Number Insight: bytes in, an `Insight` or one of our exceptions out.

The documents contradict each other and the real answers. So everything but the status is optional,
no type is trusted, and an unknown word becomes "unknown". The quirks are those of the reference
(https://developer.vonage.com/en/api/number-insight) and of the issues of the vendor's SDKs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from number_insight.exceptions import BadCallback, IntermediateCallback, NumberInsightError
from number_insight.insight import (
    CALLER_TYPES,
    LINE_TYPES,
    PORTED,
    REACHABLE,
    ROAMING,
    UNKNOWN,
    VALID_NUMBER,
    Caller,
    Carrier,
    Insight,
    IPMatch,
    RealTime,
    Roaming,
)
from number_insight.providers import scalars
from number_insight.providers.base import Acknowledgement
from number_insight.providers.documents import Document, Unreadable, read_json
from number_insight.providers.meanings import UNREADABLE
from number_insight.providers.statuses import ANSWERED, STATUSES, refusal
from number_insight.providers.wire_xml import read_xml

_FACTS = (
    "current_carrier",
    "original_carrier",
    "ported",
    "valid_number",
    "reachable",
    "roaming",
    "caller",
    "real_time",
)
_SUBSCRIPTIONS = frozenset({"prepaid", "postpaid"})
_BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # byte order marks, and white space
_ACTIVE = {"active": True, "true": True, "inactive": False, "false": False}


def read_answer(body: bytes, *, format: str = "json") -> Insight:
    """Return the answer in `body`; raise the exception of its status, or `Uncertain`."""
    found = _answer(body, format)
    del body  # here and below: error reports show the variables of a frame, and this holds numbers
    if isinstance(found, NumberInsightError):
        raise found
    return found


def read_acknowledgement(body: bytes, *, format: str = "json") -> Acknowledgement:
    """Return the acknowledgement in `body`; raise the exception of its status, or `Uncertain`."""
    found = _acknowledgement(body, format)
    del body
    if isinstance(found, NumberInsightError):
        raise found
    return found


def read_callback(body: bytes) -> Insight:
    """Return the answer posted to the webhook; raise the exception of its status, or `BadCallback`.

    Raise `IntermediateCallback` where ``final`` is false: the old API may post such answers first.
    """
    found = _callback(body)
    del body
    if isinstance(found, NumberInsightError):
        raise found
    return found


def _answer(body: bytes, format: str) -> Insight | NumberInsightError:
    document = _read(body, format)
    if document is None:
        return _unreadable()
    status = _status(document)
    if status in ANSWERED or (status not in STATUSES and _has_facts(document)):
        return insight_from(document)
    return _unreadable(document) if status is None else _refusal(document, status)


def _acknowledgement(body: bytes, format: str) -> Acknowledgement | NumberInsightError:
    document = _read(body, format)
    status = None if document is None else _status(document)
    if document is None or status is None:
        return _unreadable(document)
    # The vendor's SDKs accept status 43 as an acknowledgement if it has a request id.
    if status not in ANSWERED or (status and not _request_id(document)):
        return _refusal(document, status)
    return Acknowledgement(
        request_id=_request_id(document),
        price=scalars.amount(document.get("request_price")),
        balance=scalars.amount(document.get("remaining_balance")),
    )


def _callback(body: bytes) -> Insight | NumberInsightError:
    document = _read(body, "xml" if _is_xml(body) else "json")
    if document is None:
        return BadCallback("The callback is not an answer: it could not be read.")
    if "final" in document and str(document["final"]).lower() not in ("true", "1"):
        return IntermediateCallback("The callback is an intermediate answer.")
    status = _status(document)
    if status in ANSWERED or status in (1, 2) or _has_facts(document):
        return insight_from(_with_outcome(document, status))
    if status is None:
        request = _request_id(document)
        return BadCallback(f"The callback is not an answer: no status (request {request!r}).")
    return _refusal(document, status)


def _is_xml(body: bytes) -> bool:
    return body.lstrip(_BEFORE_MARKUP)[:1] == b"<"


def _with_outcome(document: Document, status: int | None) -> Document:
    # In a callback the statuses 1 and 2 are those of lookup_outcome, says Vonage's support
    # (article 4408587189268): 1 is a timeout of a source (incomplete, billed), 2 a failure
    # (refunded).
    if status in (1, 2) and scalars.integer(document.get("lookup_outcome")) is None:
        return {**document, "lookup_outcome": status}
    return document


def insight_from(document: Document) -> Insight:
    """Return the insight in `document`; never raise."""
    current, original = _carrier(document, "current"), _carrier(document, "original")
    outcome = scalars.integer(document.get("lookup_outcome"))
    return Insight(
        status=_status(document),
        status_text=scalars.scrubbed(_words(document)),
        request_id=_request_id(document),
        number=_number(document),
        national_format=scalars.text(document.get("national_format_number")),
        country=scalars.letters(document.get("country_code"), 2),
        country_iso3=scalars.letters(document.get("country_code_iso3"), 3),
        country_name=scalars.text(document.get("country_name")),
        country_prefix=scalars.text(document.get("country_prefix")),
        line_type=current.network_type if current else UNKNOWN,
        current_carrier=current,
        original_carrier=original,
        ported=scalars.word(document.get("ported"), PORTED),
        valid_number=scalars.word(document.get("valid_number"), VALID_NUMBER),
        reachable=scalars.word(document.get("reachable"), REACHABLE),
        roaming=_roaming(document.get("roaming")),
        ip=_ip(document),
        caller=_caller(document),
        real_time=_real_time(document.get("real_time_data")),
        outcome=outcome if outcome in (0, 1, 2) else None,
        price=scalars.amount(document.get("request_price")),
        refund=scalars.amount(document.get("refund_price")),
        balance=scalars.amount(document.get("remaining_balance")),
        raw=document,
    )


def _read(body: bytes, format: str) -> Document | None:
    # The content type is not trusted: a sister API labels JSON as ISO-8859-1, KPN as "application".
    try:
        return read_xml(body) if format == "xml" else read_json(body)
    except Unreadable:
        return None


def _unreadable(document: Document | None = None) -> NumberInsightError:
    return UNREADABLE.as_error(request_id=_request_id(document or {}))


def _refusal(document: Document, status: int) -> NumberInsightError:
    return refusal(status, words=_words(document), request_id=_request_id(document))


def _status(document: Document) -> int | None:
    return scalars.integer(document.get("status"))


def _words(document: Document) -> Any:
    # Refusals of synchronous requests have the former, acknowledgements the latter.
    return document.get("status_message") or document.get("error_text")


def _request_id(document: Document) -> str:
    return scalars.request_id(document.get("request_id"))


def _number(document: Document) -> str:
    found = document.get("international_format_number")
    return scalars.number(found) or scalars.number(document.get("number"))


def _has_facts(document: Document) -> bool:
    """Return whether `document` holds facts about the number, in spite of its status."""
    if scalars.number(document.get("international_format_number")):
        return True
    told, nothing = insight_from(document), Insight()
    return told.outcome == 2 or any(getattr(told, it) != getattr(nothing, it) for it in _FACTS)


def _carrier(document: Document, which: str) -> Carrier | None:
    """Return a carrier; null, an absent one and an object of nulls are None."""
    found = _part(document.get(f"{which}_carrier"))
    carrier = Carrier(
        network_code=scalars.text(found.get("network_code")),
        name=scalars.text(found.get("name")),
        country=scalars.letters(found.get("country"), 2),
        network_type=scalars.word(found.get("network_type"), LINE_TYPES),
    )
    return None if carrier == Carrier() else carrier


def _roaming(value: Any) -> Roaming:
    """Return the roaming status; since April 2021 it may be the bare word "unknown"."""
    if not isinstance(value, Mapping):
        return Roaming(status=scalars.word(value, ROAMING))
    return Roaming(
        status=scalars.word(value.get("status"), ROAMING),
        country=scalars.letters(value.get("roaming_country_code"), 2),
        network_code=scalars.text(value.get("roaming_network_code")),
        network_name=scalars.text(value.get("roaming_network_name")),
    )


def _ip(document: Document) -> IPMatch:
    """Return the IP match, an object in the reference and flat in the older one."""
    value = document.get("ip")
    nested = value if isinstance(value, Mapping) else {"address": value}
    found = {**document, "address": None, **nested}
    level = (scalars.text(found.get("ip_match_level")) or "").lower()
    kinds = (kind for kind in ("country", "mismatch") if level.startswith(kind))
    return IPMatch(
        address=scalars.address(found.get("address")),
        match=next(kinds, UNKNOWN),
        country=scalars.letters(found.get("ip_country"), 2),
        city=scalars.text(found.get("ip_city")),
    )


def _caller(document: Document) -> Caller | None:
    """Return the caller; the flat copy fills the gaps of the nested one.

    The names are those of one of the two, and not mixed, for the flat copy may swap them.
    """
    nested, flat = _caller_in(_part(document.get("caller_identity"))), _caller_in(document)
    names = nested if nested.name or nested.first_name or nested.last_name else flat
    caller = replace(
        names,
        type=flat.type if nested.type == UNKNOWN else nested.type,
        subscription_type=(
            flat.subscription_type
            if nested.subscription_type == UNKNOWN
            else nested.subscription_type
        ),
    )
    return None if caller == Caller() else caller


def _caller_in(found: Mapping[str, Any]) -> Caller:
    return Caller(
        name=scalars.text(found.get("caller_name")),
        first_name=scalars.text(found.get("first_name")),
        last_name=scalars.text(found.get("last_name")),
        type=scalars.word(found.get("caller_type"), CALLER_TYPES),
        subscription_type=scalars.word(found.get("subscription_type"), _SUBSCRIPTIONS),
    )


def _real_time(value: Any) -> RealTime | None:
    found = _part(value)
    active = found.get("active_status")
    if not isinstance(active, bool):
        active = _ACTIVE.get((scalars.text(active) or "").lower())
    handset = scalars.word(found.get("handset_status"), {"on", "off"})
    return (
        None if active is None and handset == UNKNOWN else RealTime(active=active, handset=handset)
    )


def _part(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
