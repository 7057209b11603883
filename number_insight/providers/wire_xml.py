"""The XML of Number Insight, read into the same document as its JSON.

The names differ: ``<error code="0">`` is the status, ``<firs_name>`` the first name ("Key is not
a typo. Do not change.", says the specification), the acknowledgement has ``<requestId>``, and the
attributes of ``<cnam>`` have hyphens.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from number_insight.providers.documents import Document, Unreadable
from number_insight.providers.http import MAX_BODY
from number_insight.providers.scalars import clean

_NAMES = {
    "requestId": "request_id",
    "requestPrice": "request_price",
    "refundPrice": "refund_price",
    "remainingBalance": "remaining_balance",
    "errorText": "error_text",
    "firs_name": "first_name",
    "cnam": "caller_identity",
}

# <format> answers basic requests, <lookup> all others.
_ROOTS = frozenset({"format", "lookup"})


def read_xml(body: bytes) -> Document:
    """Return the document in the XML `body`; raise `Unreadable` for entities and DTDs too."""
    if len(body) > MAX_BODY:
        raise Unreadable("too large")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as exc:
        raise Unreadable("no XML that may be read") from exc
    if _tag(root) not in _ROOTS:
        raise Unreadable("another kind of XML")
    document: Document = {}
    for element in root:
        document.update(_entries(element))
    return document


def _entries(element: Element) -> Document:
    """Return the entries of the JSON that correspond to `element`."""
    tag, value = _tag(element), _text(element)
    if tag == "error":
        return {"status": clean(element.get("code", "")), "status_message": value}
    if tag == "lookup_outcome":
        return {
            "lookup_outcome": clean(element.get("code", value or "")),
            "lookup_outcome_message": value,
        }
    if tag == "local_number":
        return {"national_format_number": value, **_attributes(element)}
    return {tag: _value(element)}


def _value(element: Element) -> Any:
    """Return attributes and children of `element` as a dict, or its text if it has none."""
    parts: Document = _attributes(element)
    parts.update({_tag(child): _text(child) for child in element})
    return parts or _text(element)


def _attributes(element: Element) -> Document:
    return {clean(name).replace("-", "_"): clean(value) for name, value in element.attrib.items()}


def _tag(element: Element) -> str:
    tag = clean(str(element.tag).rpartition("}")[2])
    return _NAMES.get(tag, tag)


def _text(element: Element) -> str | None:
    return clean(element.text or "") or None
