"""The XML of Number Insight, read into the same document as its JSON.

The names differ: ``<error code="0">`` is the status, ``<firs_name>`` the first name ("Key is not
a typo. Do not change.", says the specification), the acknowledgement has ``<requestId>``, and the
attributes of ``<cnam>`` have hyphens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from number_insight.providers.documents import Document, Unreadable, decode, gather
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

_OBJECTS = {
    "current_carrier": "name",
    "original_carrier": "name",
    "roaming": "status",
    "caller_identity": "caller_name",
    "ip": "address",
    "real_time_data": "active_status",
}
"""The elements with parts, and the part that a bare text stands for; all others hold a text."""
_COUNTRY = ("country_code", "country_code_iso3", "country_name", "country_prefix")


def read_xml(body: bytes) -> Document:
    """Return the document in the XML `body`; raise `Unreadable` for entities and DTDs too."""
    if len(body) > MAX_BODY:
        raise Unreadable("too large")
    root = _parse(body)
    if _name(root.tag) not in _ROOTS:
        raise Unreadable("another kind of XML")
    return _gather(entry for element in root for entry in _entries(element))


def _parse(body: bytes) -> Element:
    text: bytes | str = body
    try:
        return _root(body)
    except Unreadable:
        text = decode(body)
        if text.isascii():
            raise
    return _root(text)


def _root(body: bytes | str) -> Element:
    try:
        return fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as exc:
        raise Unreadable("no XML that may be read") from exc


def _entries(element: Element) -> Iterator[tuple[str, Any]]:
    """Yield the entries of the JSON that correspond to `element`."""
    name, text, parts = _name(element.tag), _text(element), _parts(element)
    if name == "error":
        yield from (("status", parts.get("code")), ("status_message", text))
    elif name == "lookup_outcome":
        yield from ((name, parts.get("code", text)), ("lookup_outcome_message", text))
    elif name == "local_number":
        yield "national_format_number", text
        yield from ((part, parts.get(part)) for part in _COUNTRY)
    elif name in _OBJECTS and parts:
        own = _own_text(element)
        yield name, {_OBJECTS[name]: own, **parts} if own else parts
    else:
        yield name, text


def _parts(element: Element) -> Document:
    """Return the attributes and the children of `element`, as JSON has them."""
    attributes = [(_name(name), clean(value)) for name, value in element.attrib.items()]
    return _gather([*attributes, *((_name(child.tag), _text(child)) for child in element)])


def _gather(entries: Iterable[tuple[str, Any]]) -> Document:
    # An empty element is as good as none.
    return gather((name, value) for name, value in entries if value is not None)


def _name(tag: object) -> str:
    """Return the name of an element or an attribute in JSON, without its namespace."""
    name = clean(str(tag).rpartition("}")[2])
    return _NAMES.get(name, name).replace("-", "_")


def _text(element: Element) -> str | None:
    """Return the text of `element` itself, or else all the text within it."""
    return _own_text(element) or clean("".join(element.itertext())) or None


def _own_text(element: Element) -> str:
    return clean("".join(filter(None, [element.text, *(child.tail for child in element)])))
