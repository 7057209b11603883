"""The routes of the sandbox."""

from __future__ import annotations

from number_insight.sandbox import control, direct, gateway, identity, origin, page, twilio
from number_insight.sandbox.exchange import Reply, Request, json_reply
from number_insight.sandbox.faults import ELSEWHERE
from number_insight.sandbox.ledger import Entry
from number_insight.sandbox.state import State


def reply_to(state: State, request: Request) -> Reply:
    """Return the reply to `request`; an unknown path gets 404."""
    refusal = origin.refusal_of_page(request)
    if refusal is not None:
        return refusal
    route = direct.ROUTE.fullmatch(request.path)
    if route is not None:
        return direct.reply_to(state, request, route)
    route = gateway.ROUTE.fullmatch(request.path)
    if route is not None:
        return gateway.reply_to(state, request, route)
    route = twilio.ROUTE.fullmatch(request.path)
    if route is not None:
        return twilio.reply_to(state, request, route)
    if request.path.startswith(gateway.BASE):
        return gateway.envelope(404, "There is no such resource.")
    if request.path == identity.PATH:
        return identity.reply_to(state, request)
    return _own(state, request)


def _own(state: State, request: Request) -> Reply:
    path = request.path
    if path == gateway.GRANT_PATH:
        return gateway.token(state, request)
    if path == "/control":
        return control.reply_to(state, request)
    if path == ELSEWHERE:
        return _elsewhere(state)
    if request.method == "GET":
        if path == "/health":
            return json_reply({"ok": True})
        if path == "/ledger.json":
            return json_reply(state.ledger.as_json())
        if path == "/":
            return Reply(body=page.render(state.ledger), content_type="text/html; charset=utf-8")
    return json_reply({"error": "not found"}, 404)


def _elsewhere(state: State) -> Reply:
    """Book a request that followed a redirect, and answer it."""
    state.ledger.book(Entry(deployment="elsewhere", level="", number="", fault="redirect followed"))
    return json_reply({"status": 0, "status_message": "Success"})
