"""The origin of a request: a program on this machine may give orders, a web page may not.

A browser sends any form to any address, the loopback one as well, and shows no page the answer.
So it is the headers that count: a form can set neither ``Content-Type: application/json`` nor leave
out its ``Origin``, and a page that has renamed itself (DNS rebinding) still sends its ``Host``.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from number_insight.sandbox.exchange import Reply, Request, json_reply

ORDERS = "application/json"
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".test")
"""The endings of names that nobody can register, as "host.docker.internal"."""
_OWN_SITES = ("", "none", "same-origin")


def refusal_of_page(request: Request) -> Reply | None:
    """Return the refusal of a request that a web page of another site has made, or None."""
    origin = request.headers.get("origin", "")
    is_own = not origin or urlsplit(origin).netloc == request.headers.get("host", "")
    if is_own and request.headers.get("sec-fetch-site", "") in _OWN_SITES and _names_us(request):
        return None
    return json_reply({"error": "a web page gives no orders here"}, 403)


def refusal_of_order(request: Request) -> Reply | None:
    """Return the refusal of an order that is no JSON, or comes from another machine, or None."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != ORDERS:
        return json_reply({"error": f"send the header Content-Type: {ORDERS}"}, 415)
    if not _is_loopback(request.peer):
        return json_reply({"error": "orders are taken from this machine alone"}, 403)
    return None


def _names_us(request: Request) -> bool:
    """Whether the Host is an address or a local name, and none that a stranger could own."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return "." not in host or host.endswith(_LOCAL_NAMES) or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(peer: str) -> bool:
    return _is_address(peer) and ipaddress.ip_address(peer).is_loopback
