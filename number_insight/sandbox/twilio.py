"""Twilio Lookup v2: ``GET /v2/PhoneNumbers/{number}`` and ``POST /v2/batch/query``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from number_insight.sandbox import twilio_service as service
from number_insight.sandbox.exchange import Reply, Request, Unparseable, json_reply
from number_insight.sandbox.state import State
from number_insight.sandbox.twilio_packages import BATCH, PRICES
from number_insight.sandbox.twilio_service import Found, Query, Refusal

ROUTE = re.compile(r"/v2/(?:PhoneNumbers/(?P<number>[^/]+)|batch/query)")
ORIGIN = "https://lookups.twilio.com"

_MESSAGES = {
    20003: "Authenticate",
    20004: "Method not allowed",
    20005: "Account not active",
    20404: "The requested resource {path} was not found",
    20429: "Too Many Requests",
    20503: "Service unavailable",
    60618: "Invalid parameter",
}


def reply_to(state: State, request: Request, route: re.Match[str]) -> Reply:
    """Answer a request to one of the two routes."""
    is_batch = route["number"] is None
    if request.method != ("POST" if is_batch else "GET"):
        return _error(request, Refusal(status=405, code=20004))
    queries = _batch(request) if is_batch else [_single(request, unquote(route["number"]))]
    if not queries or not all(map(_is_known, queries)):
        return _refused(state, request, service.MALFORMED, queries)
    if not state.gatekeeper.admits(request, {}):
        return _refused(state, request, service.UNAUTHORIZED, queries)
    if not state.throttle.admits():
        return _refused(state, request, service.THROTTLED, queries)
    found = [service.look_up(state, query) for query in queries]
    return _batch_reply(request, found) if is_batch else _reply(request, found[0])


def _single(request: Request, number: str) -> Query:
    params = request.query
    return Query(route="lookup", number=number, fields=_names(params.get("Fields")), params=params)


def _batch(request: Request) -> list[Query]:
    """Return the queries of the JSON body, or none if it holds none."""
    try:
        items = request.document().get("phone_numbers")
    except Unparseable:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return []
    return [_item(item) for item in items]


def _item(item: Mapping[str, Any]) -> Query:
    fields = _names(item.get("fields"))
    params = {
        "Fields": ",".join(fields),
        "CorrelationId": str(item.get("correlation_id") or ""),
        "CountryCode": str(item.get("country_code") or ""),
        "FirstName": _inner(item, "identity_match", "first_name"),
        "LastVerifiedDate": _inner(item, "reassigned_number", "last_verified_date"),
        "PartnerSubId": _inner(item, "sms_pumping_risk", "partner_sub_id"),
    }
    return Query(
        route="batch",
        number=str(item.get("phone_number") or ""),
        fields=fields,
        params={name: value for name, value in params.items() if value},
    )


def _inner(item: Mapping[str, Any], name: str, key: str) -> str:
    found = item.get(name)
    return str(found.get(key) or "") if isinstance(found, dict) else ""


def _names(value: Any) -> tuple[str, ...]:
    """Return the packages of a parameter, without the free one that every answer has."""
    found: Iterable[Any] = value if isinstance(value, list) else str(value or "").split(",")
    names = dict.fromkeys(str(name).strip() for name in found)
    return tuple(name for name in names if name not in ("", "validation"))


def _is_known(query: Query) -> bool:
    return set(query.fields) <= (BATCH if query.route == "batch" else PRICES.keys())


def _refused(state: State, request: Request, error: tuple[int, int], queries: list[Query]) -> Reply:
    """Book the refusal of a request that was not looked at any further, and return it."""
    query = queries[0] if queries else Query(route="batch", number="")
    return _reply(request, service.refuse(state, service.new_entry(query), error))


def _reply(request: Request, found: Found) -> Reply:
    if isinstance(found.outcome, Refusal):
        return _error(request, found.outcome, found)
    url = f"{ORIGIN}/v2/PhoneNumbers/{found.entry.number}"
    return _sent({**found.outcome, "url": url}, [found])


def _batch_reply(request: Request, found: list[Found]) -> Reply:
    """Return the items' documents, or the error of the request if it is about one item alone."""
    alone = found[0].outcome if len(found) == 1 else None
    if isinstance(alone, Refusal) and alone.code != 20404:
        return _error(request, alone, found[0])
    return _sent({"phone_numbers": [_document(each) for each in found]}, found)


def _document(found: Found) -> dict[str, Any]:
    told, outcome = {"correlation_id": found.entry.params.get("CorrelationId")}, found.outcome
    if isinstance(outcome, Refusal):
        nothing = {"phone_number": found.entry.number, **dict.fromkeys(BATCH)}
        return {**told, "twilio_error_code": outcome.code, "valid": False, **nothing}
    kept = {name: value for name, value in outcome.items() if name in BATCH or name not in PRICES}
    return {**told, "twilio_error_code": None, **kept}


def _sent(document: dict[str, Any], found: list[Found]) -> Reply:
    faults = [each.behaviour.persona.fault for each in found]
    return json_reply(
        document,
        headers=_headers(found[0]),
        delay=max(each.behaviour.delay for each in found),
        fault=next(filter(None, faults), ""),
    )


def _error(request: Request, refusal: Refusal, found: Found | None = None) -> Reply:
    document = {
        "code": refusal.code,
        # The vendor repeats the path, and the number with it.
        "message": _MESSAGES[refusal.code].format(path=unquote(request.path)),
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    headers = _headers(found) if found else {"Allow": "GET, POST"}
    delay = found.behaviour.delay if found else 0.0
    return json_reply(document, refusal.status, headers=headers, delay=delay)


def _headers(found: Found) -> dict[str, str]:
    return {"Twilio-Request-Id": found.entry.request_id, "Twilio-Concurrent-Requests": "1"}
