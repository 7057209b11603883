"""IP addresses: the public ones, their networks, and the chains of trusted proxies."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SOCKET = "unix:"
"""A hop over a socket of this machine, as nginx writes it; the peer of a WSGI server is empty."""
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
MAPPED_BITS = 96
"""The bits in front of an IPv4 address that is written as an IPv6 one."""
SIXTOFOUR_BITS = 16
"""The bits in front of an IPv4 address within 6to4 (``2002::/16``)."""
_PORT = re.compile(r":\d{1,5}")
_PREFIX = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}\.")


def parse(text: str) -> Address:
    """Return the address in `text`: IPv4 within IPv6 as IPv4, and without a zone.

    Raise `ValueError` if `text` is none.
    """
    address = ipaddress.ip_address(text.strip())
    if address.version == 4:
        return address
    # A zone names an interface of one machine; with it, one address would have many spellings.
    return ipv4_within(address) or ipaddress.IPv6Address(int(address))


MAPPED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
"""The IPv6 networks in which the IPv4 addresses are written: mapped, and translated by NAT64.

A server that speaks IPv6 alone sees all its visitors with IPv4 in the latter, in one /64.
"""
NOBODYS = (ipaddress.IPv6Network("::/96"), ipaddress.IPv6Network("3fff::/20"))
"""IPv6 networks without a public address that ``is_global`` may take for public.

The former once held IPv4 addresses (``::10.0.0.1``); the latter is for documents (RFC 9637), which
Python knows from 3.13 on.
"""


def ipv4_within(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that `address` stands for, or None if it is one of its own."""
    if any(address in network for network in MAPPED):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


@lru_cache(maxsize=4096)  # each step of a screening checks the same address
def public_ip(text: str | None) -> str | None:
    """Return `text` as a canonical address, or None ("unknown") if it is not a public one."""
    try:
        address = parse(str(text))
    except ValueError:
        return None
    return str(address) if _is_public(address) else None


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour is not None:
            # Only since 3.13 Python calls all of 2002::/16 private.
            return _is_public(address.sixtofour)
        if any(address in network for network in NOBODYS):
            return False
    return address.is_global and not address.is_multicast


def hop(text: str) -> Address | None:
    """Return the address of a hop as proxies write it, with or without a port, or None."""
    host = text.strip()
    if host.startswith("["):
        host, bracket, port = host[1:].partition("]")
        is_whole = bracket and ":" in host and (not port or _PORT.fullmatch(port))
    else:
        name, colon, port = host.partition(":")
        is_whole = host.count(":") != 1 or _PORT.fullmatch(colon + port)
        host = name if host.count(":") == 1 else host
    try:
        return parse(host) if is_whole else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedProxies:
    """The proxies before the site, whose word on where a request comes from is taken.

    They are the nearest `count` hops, those that lie in `networks`, or those of which both is true.
    Each writes the hop before it into `header`.
    """

    count: int = 0
    networks: tuple[Network, ...] = ()
    header: str = FORWARDED_FOR

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> TrustedProxies:
        """Return the proxies that ``CLIENT_IP`` names; raise `ValueError`, with the mistake."""
        count, listed = settings.get("PROXY_COUNT"), settings.get("PROXY_LIST")
        header = settings.get("HEADER") or FORWARDED_FOR
        count, listed = 0 if count is None else count, () if listed is None else listed
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(f"PROXY_COUNT is no number of proxies: {count!r}.")
        if not isinstance(listed, (list, tuple, set, frozenset)):
            raise ValueError(f"PROXY_LIST is no list of addresses: {listed!r}.")
        if not isinstance(header, str) or not re.fullmatch(r"[A-Z][A-Z0-9_]*", header):
            raise ValueError(f"HEADER is no key of request.META, as {FORWARDED_FOR!r}: {header!r}.")
        return cls(count=count, networks=tuple(map(_trusted, listed)), header=header)

    def __bool__(self) -> bool:
        return bool(self.count or self.networks)

    def visitor(self, hops: Sequence[str]) -> Address | None:
        """Return the visitor's address: the first of `hops` that is no trusted proxy.

        `hops` begin with the nearest. Whatever stands further away was written by the visitor. None
        if all are trusted, or if one on the way is no address.
        """
        for nth, text in enumerate(hops):
            is_near = not self.count or nth < self.count
            if is_near and text.strip() == SOCKET:
                continue
            address = hop(text)
            if address is None or not (is_near and self._lists(address)):
                return address
        return None

    def _lists(self, address: Address) -> bool:
        return not self.networks or any(address in network for network in self.networks)


def _trusted(entry: object) -> Network:
    """Return the network that an entry of ``PROXY_LIST`` stands for."""
    try:
        network = _network(entry) if isinstance(entry, str) else None
    except ValueError:
        network = None
    if network is None:
        raise ValueError(f"PROXY_LIST holds {entry!r}, which is neither an address nor a network.")
    if not network.prefixlen:
        raise ValueError(f"PROXY_LIST holds {entry!r}, which is every address there is.")
    return network


def _network(text: str) -> Network:
    """Return an address, a network, or a prefix that ends in a dot ("10.0.") as a network."""
    text = text.strip()
    if _PREFIX.fullmatch(text):
        parts = text[:-1].split(".")
        text = f"{'.'.join([*parts, '0', '0', '0'][:4])}/{8 * len(parts)}"
    return _unmapped(ipaddress.ip_network(text, strict=False))


def _unmapped(network: Network) -> Network:
    """Return `network`, one of IPv4 if it lies among the IPv4 addresses within IPv6."""
    if isinstance(network, ipaddress.IPv4Network) or network.prefixlen < MAPPED_BITS:
        return network
    mapped = ipv4_within(network.network_address)
    bits = network.prefixlen - MAPPED_BITS
    return network if mapped is None else ipaddress.ip_network(f"{mapped}/{bits}")


def canonical_network(text: str) -> str:
    """Return `text` as a canonical address or network; raise `ValueError` if it is neither.

    IPv4-mapped addresses (``::ffff:8.8.8.0/120``) are those of IPv4.
    """
    network = _unmapped(ipaddress.ip_network(text, strict=False))
    is_single = network.prefixlen == network.max_prefixlen
    return str(network.network_address if is_single else network)


def is_partly_public(network: str) -> bool:
    """Return whether `network`, or an address, holds public addresses."""
    found = _ipv4_inside(ipaddress.ip_network(network, strict=False))
    # Python 3.10 calls a network private if both of its ends are: 0.0.0.0/0, which no block holds.
    is_wide = found.version == 4 and found.prefixlen < 4
    return (is_wide or found.is_global) and not found.is_multicast


def _ipv4_inside(network: Network) -> Network:
    """Return the IPv4 network for which `network` stands in 6to4, or else `network` itself."""
    start, bits = network.network_address, network.prefixlen - SIXTOFOUR_BITS
    if isinstance(start, ipaddress.IPv4Address) or start.sixtofour is None or bits < 0:
        return network
    return ipaddress.ip_network((start.sixtofour, min(bits, 32)))


def range_of(ip: str) -> str:
    """Return the source that `ip` stands for: an IPv4 address itself, or the /64 of an IPv6 one.

    A provider gives one visitor at least a /64, in which he takes any address that he likes. Return
    an empty text if `ip` is no address.
    """
    try:
        address = parse(ip)
    except ValueError:
        return ""
    return str(address) if address.version == 4 else _around(address, 64)


def network_of(ip: str) -> str:
    """Return the /24 or /48 that `ip` lies in."""
    address = parse(ip)
    return _around(address, 24 if address.version == 4 else 48)


def _around(address: Address, prefix: int) -> str:
    return str(ipaddress.ip_network((address, prefix), strict=False))


def supernets(ip: str) -> list[str]:
    """Return `ip` and all its networks, in canonical form."""
    address = ipaddress.ip_address(ip)
    value, bits = int(address), address.max_prefixlen
    wider = (f"{type(address)(value >> free << free)}/{bits - free}" for free in range(1, bits + 1))
    return [str(address), *wider]


def masked_ip(ip: str) -> str:
    """Return an IP address or a network without its latter half ("81.2.*.*")."""
    try:
        address = ipaddress.ip_network(ip, strict=False).network_address
    except ValueError:
        return "*"
    if address.version == 4:
        return ".".join([*str(address).split(".")[:2], "*", "*"])
    return ":".join([*address.exploded.split(":")[:2], "*"])
