"""The KPN API store: a gateway with bearer tokens before the same service, POST and JSON only."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from uuid import uuid4

from number_insight.sandbox.async_answers import async_reply
from number_insight.sandbox.exchange import Reply, Request, Unparseable, json_reply
from number_insight.sandbox.service import Decision, Order, decide, document_of, new_entry
from number_insight.sandbox.state import State

BASE = "/communication/nexmo/number-insight"
GRANT_PATH = "/oauth/client_credential/accesstoken"
ROUTE = re.compile(BASE + r"/(?P<level>basic|standard|advanced)(?P<is_async>(?<=advanced)/async)?")
QUOTA = 1000
"""The requests a minute in the quota headers, which are shown and not enforced."""


def reply_to(state: State, request: Request, route: re.Match[str]) -> Reply:
    """Answer a request to one of the routes of the API store."""
    level, is_async = route["level"], route["is_async"] is not None
    try:
        params = request.body_params(accept_json=False)
    except Unparseable:
        return envelope(400, "The body is not a form.")
    order = Order(deployment="kpn", level=level, is_async=is_async, params=params)
    error = _gateway_error(state, request)
    if error is not None:
        entry = new_entry(order)
        entry.fault = str(error.status)
        state.ledger.book(entry)
        return error
    decision = decide(state, order)
    if is_async:
        reply = async_reply(state, decision, params.get("callback", ""), "json")
    else:
        reply = _reply(decision, level)
    return _with_quota(state, reply)


def token(state: State, request: Request) -> Reply:
    """Issue a bearer token for the client credentials in the form."""
    if request.method != "POST":
        return envelope(405, "Use POST.", allow="POST")
    params = request.params(accept_json=False)
    if params.get("grant_type") != "client_credentials":
        return json_reply({"ErrorCode": "invalid_request", "Error": "Unsupported grant type"}, 400)
    client_id = params.get("client_id", "")
    if not state.gatekeeper.knows(client_id, params.get("client_secret", "")):
        return json_reply({"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"}, 401)
    return json_reply(_token_document(state, client_id))


def _token_document(state: State, client_id: str) -> dict[str, object]:
    # Every number is a string, and issued_at is in milliseconds: developer.kpn.com.
    return {
        "refresh_token_expires_in": "0",
        "api_product_list": "[number-insight]",
        "api_product_list_json": [" number-insight"],
        "organization_name": "kpn",
        "developer.email": "developer@example.com",
        "token_type": "Bearer",
        "issued_at": str(int(time.time() * 1000)),
        "client_id": client_id,
        "access_token": state.tokens.issue(),
        "application_name": "sandbox",
        "scope": "",
        "expires_in": f"{state.tokens.lifetime:g}",
        "refresh_count": "0",
        "status": "approved",
    }


def envelope(status: int, message: str, *, allow: str = "") -> Reply:
    """Return an error of the gateway itself; its ``status`` is an HTTP status, in a string."""
    document = {
        "transactionId": str(uuid4()),
        "status": str(status),
        "name": HTTPStatus(status).phrase,
        "message": message,
        "info": "https://developer.kpn.com/",
    }
    return json_reply(document, status, headers={"Allow": allow} if allow else {})


def _gateway_error(state: State, request: Request) -> Reply | None:
    """Return the gateway's error, or None if the request reaches the service."""
    if request.method != "POST":
        return envelope(405, "Use POST.", allow="POST")
    if not state.tokens.is_good(request.headers.get("authorization", "")):
        return envelope(401, "Invalid access token")
    if not state.throttle.admits():
        return envelope(429, "Too many requests")
    return None


def _reply(decision: Decision, level: str) -> Reply:
    return Reply(
        body=json.dumps(document_of(decision, level)).encode(),
        delay=decision.behaviour.delay,
        fault=decision.behaviour.persona.fault,
    )


def _with_quota(state: State, reply: Reply) -> Reply:
    reset = datetime.now(timezone.utc) + timedelta(minutes=1)
    used = sum(entry.deployment == "kpn" for entry in state.ledger.entries)
    headers = {
        "quota-limit": str(QUOTA),
        "quota-interval": "1",
        "quota-time-unit": "minute",
        "quota-used": str(used),
        "quota-reset-UTC": reset.strftime("%Y-%m-%d %H:%M:%S"),
        "api-version": "1.1.1",
    }
    # The store's own description says "produces: application".
    return replace(reply, headers=headers, content_type="application")
