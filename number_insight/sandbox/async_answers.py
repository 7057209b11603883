"""The answer to an asynchronous request: an acknowledgement, and callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from number_insight.insight import UNKNOWN, Insight, Roaming
from number_insight.sandbox import answers, callbacks, xml
from number_insight.sandbox.callbacks import Delivery
from number_insight.sandbox.exchange import Reply
from number_insight.sandbox.faults import FREE_FAULTS
from number_insight.sandbox.service import Decision, Refused
from number_insight.sandbox.state import State


def async_reply(state: State, decision: Decision, url: str, form: str) -> Reply:
    """Return the acknowledgement or the refusal; callbacks are sent before or after it."""
    outcome = decision.outcome
    if isinstance(outcome, Refused):
        return _acknowledge(
            answers.refusal(outcome.status, outcome.text, is_async=True), decision, form
        )
    reply = _acknowledge(answers.acknowledgement(outcome), decision, form)
    if reply.fault in FREE_FAULTS:  # the request was refused, so there is no answer to post
        return reply
    deliveries = [
        Delivery(
            kind=kind,
            url=url,
            body=_body(body, form, decision.behaviour.dialect),
            content_type="application/json" if form == "json" else "text/xml",
            entry=decision.entry,
        )
        for kind, body in _bodies(outcome, decision)
    ]
    if decision.behaviour.persona.callback == "early":
        return replace(reply, before=lambda: callbacks.deliver_once(deliveries[0]))
    return replace(reply, after=lambda: callbacks.deliver_later(state, deliveries))


def _acknowledge(body: Mapping[str, Any], decision: Decision, form: str) -> Reply:
    is_json = form == "json"
    return Reply(
        body=json.dumps(body).encode() if is_json else xml.render_acknowledgement(body),
        content_type="application/json" if is_json else "text/xml",
        delay=decision.behaviour.delay,
        fault=decision.behaviour.persona.fault,
    )


def _bodies(insight: Insight, decision: Decision) -> list[tuple[str, dict[str, Any]]]:
    """Return the bodies of the callbacks in order, each with the name of its kind."""
    final = _document(insight, decision)
    mode = decision.behaviour.persona.callback
    if mode == "never":
        return []
    if mode == "duplicate":
        return [("final", final), ("duplicate", final)]
    if mode == "wrong_id":
        return [("wrong_id", {**final, "request_id": str(uuid4())})]
    if mode == "intermediate":
        return [
            ("intermediate", _intermediate(insight, decision)),
            ("final", {**final, "final": True}),
        ]
    return [("final", final)]


def _document(insight: Insight, decision: Decision) -> dict[str, Any]:
    behaviour = decision.behaviour
    return answers.document(insight, "advanced", behaviour.dialect, behaviour.persona.quirk)


def _intermediate(insight: Insight, decision: Decision) -> dict[str, Any]:
    part = replace(insight, outcome=1, reachable=UNKNOWN, roaming=Roaming())
    return {**_document(part, decision), "final": False}


def _body(body: Mapping[str, Any], form: str, dialect: str) -> bytes:
    return json.dumps(body).encode() if form == "json" else xml.render(body, "advanced", dialect)
