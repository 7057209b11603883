"""The direct deployment: ``/ni/{level}/{json|xml}`` and ``/ni/advanced/async/{json|xml}``."""

from __future__ import annotations

import json
import re

from number_insight.sandbox import xml
from number_insight.sandbox.async_answers import async_reply
from number_insight.sandbox.exchange import Reply, Request, Unparseable, json_reply
from number_insight.sandbox.service import Decision, Order, decide, document_of, refuse
from number_insight.sandbox.state import State

ROUTE = re.compile(
    r"/ni/(?P<level>basic|standard|advanced)(?P<is_async>(?<=advanced)/async)?/(?P<form>json|xml)"
)


def reply_to(state: State, request: Request, route: re.Match[str]) -> Reply:
    """Answer a request to one of the routes of the provider itself."""
    if request.method not in ("GET", "POST"):
        return json_reply({"error": "method not allowed"}, 405, headers={"Allow": "GET, POST"})
    level, form = route["level"], route["form"]
    is_async = route["is_async"] is not None
    decision, url = _decision(state, request, level, is_async, accept_json=form == "json")
    if is_async:
        return async_reply(state, decision, url, form)
    return _reply(decision, level, form)


def _decision(
    state: State, request: Request, level: str, is_async: bool, *, accept_json: bool
) -> tuple[Decision, str]:
    """Return the decision on the request, and its callback URL."""
    try:
        params = request.params(accept_json=accept_json)
    except Unparseable:
        order = Order(deployment="direct", level=level, is_async=is_async)
        return refuse(state, order, 999), ""
    order = Order(deployment="direct", level=level, is_async=is_async, params=params)
    if not state.gatekeeper.admits(request, params):
        return refuse(state, order, 4), ""
    if not state.throttle.admits():
        return refuse(state, order, 1), ""
    return decide(state, order), params.get("callback", "")


def _reply(decision: Decision, level: str, form: str) -> Reply:
    behaviour, body = decision.behaviour, document_of(decision, level)
    is_json = form == "json"
    return Reply(
        # HTTP 200 for refusals too: "this API almost always returns 200", says the PHP SDK.
        body=json.dumps(body).encode() if is_json else xml.render(body, level, behaviour.dialect),
        content_type="application/json" if is_json else "text/xml",
        delay=behaviour.delay,
        fault=behaviour.persona.fault,
    )
