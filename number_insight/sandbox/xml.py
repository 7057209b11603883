"""Rendering of the provider's JSON as its XML, which has the same facts in another order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_CALLER = {
    "caller_type": "caller-type",
    "caller_name": "caller-name",
    "first_name": "first-name",
    "last_name": "last-name",
    "subscription_type": "subscription-type",
}
_COUNTRY = ("country_code", "country_code_iso3", "country_name", "country_prefix")
_ACKNOWLEDGED = {
    "request_id": "requestId",
    "number": "number",
    "remaining_balance": "remainingBalance",
    "request_price": "requestPrice",
    "status": "status",
    "error_text": "errorText",
}


def render(body: Mapping[str, Any], level: str, dialect: str) -> bytes:
    """Return the answer or the refusal `body` as XML."""
    text = body.get("status_message") or body.get("error_text")
    parts = [_element("error", text, {"code": body.get("status")})]
    parts += [_element(name, body[name]) for name in ("request_id",) if name in body]
    if "international_format_number" in body:
        parts.append(_element("international_format_number", body["international_format_number"]))
        country = {name: body.get(name) for name in _COUNTRY}
        # The number stands between line breaks: the reference indents it.
        parts.append(_element("local_number", f"\n{body['national_format_number']}\n", country))
    parts += _standard(body, dialect) + _advanced(body)
    return _document("format" if level == "basic" else "lookup", parts)


def render_acknowledgement(body: Mapping[str, Any]) -> bytes:
    """Return the acknowledgement of an asynchronous request, or its refusal, as XML."""
    known = [name for name in _ACKNOWLEDGED if name in body]
    return _document("lookup", [_element(_ACKNOWLEDGED[name], body[name]) for name in known])


def _standard(body: Mapping[str, Any], dialect: str) -> list[str]:
    parts = [_element(n, body[n]) for n in ("request_price", "remaining_balance") if n in body]
    for name in ("current_carrier", "original_carrier"):
        if body.get(name) is not None:
            parts.append(_element(name, None, body[name]))
    if body.get("ported") is not None:
        parts.append(_element("ported", body["ported"]))
    if "caller_identity" in body:
        parts += _caller(body, dialect)
    return parts


def _caller(body: Mapping[str, Any], dialect: str) -> list[str]:
    attributes = {_CALLER[name]: value for name, value in body["caller_identity"].items()}
    # "firs_name" is the reference's own: "Key is not a typo. Do not change."
    names = {
        "caller_name": "caller_name",
        "last_name": "last_name",
        "caller_type": "caller_type",
        "first_name": "first_name" if dialect == "2017" else "firs_name",
    }
    nested = _element("caller_identity" if dialect == "2021" else "cnam", None, attributes)
    return [nested, *(_element(names[n], body[n]) for n in names if n in body)]


def _advanced(body: Mapping[str, Any]) -> list[str]:
    parts = []
    for name in ("valid_number", "reachable", "ip_warnings", "ip_match_level", "ip_country"):
        if body.get(name) is not None:
            parts.append(_element(name, body[name]))
    if body.get("roaming") is not None:
        roaming = body["roaming"]
        parts.append(
            _element("roaming", None, roaming if isinstance(roaming, dict) else {"status": roaming})
        )
    if "ip" in body:
        ip = body["ip"]
        parts.append(_element("ip", None, ip) if isinstance(ip, dict) else _element("ip", ip))
    if "real_time_data" in body:
        parts.append(_element("real_time_data", None, body["real_time_data"]))
    if "lookup_outcome" in body:
        outcome = {"code": body["lookup_outcome"]}
        parts.append(_element("lookup_outcome", body["lookup_outcome_message"], outcome))
    return parts


def _document(root: str, parts: list[str]) -> bytes:
    inner = "\n".join(f"  {part}" for part in parts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n{inner}\n</{root}>\n'.encode()


def _element(name: str, text: Any, attributes: Mapping[str, Any] | None = None) -> str:
    known = {key: value for key, value in (attributes or {}).items() if value is not None}
    start = name + "".join(f" {key}={quoteattr(_legal(value))}" for key, value in known.items())
    return f"<{start}/>" if text is None else f"<{start}>{escape(_legal(text))}</{name}>"


def _legal(value: Any) -> str:
    """Return `value` without characters that XML cannot hold, such as an echoed NUL."""
    return "".join(char for char in str(value) if char.isprintable() or char == "\n")
