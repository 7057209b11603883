"""IP addresses: the public ones, and their networks."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

MAPPED_BITS = 96
"""The bits in front of an IPv4 address that is written as an IPv6 one."""


@lru_cache(maxsize=4096)  # each step of a screening checks the same address
def public_ip(text: str | None) -> str | None:
    """Return `text` as a canonical address, or None ("unknown") if it is not a public one."""
    try:
        address = ipaddress.ip_address(str(text).strip())
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return str(address) if address.is_global and not address.is_multicast else None


def is_address(text: str) -> bool:
    """Return whether `text` is an address, with or without a port."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def canonical_network(text: str) -> str:
    """Return `text` as a canonical address or network; raise `ValueError` if it is neither.

    IPv4-mapped addresses (``::ffff:8.8.8.0/120``) are those of IPv4.
    """
    network = ipaddress.ip_network(text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= MAPPED_BITS:
        network = ipaddress.ip_network(f"{mapped}/{network.prefixlen - MAPPED_BITS}")
    is_single = network.prefixlen == network.max_prefixlen
    return str(network.network_address if is_single else network)


def is_partly_public(network: str) -> bool:
    """Return whether `network`, or an address, holds public addresses."""
    found = ipaddress.ip_network(network, strict=False)
    return found.is_global and not found.is_multicast


def network_of(ip: str) -> str:
    """Return the /24 or /64 of `ip`."""
    prefix = 24 if ipaddress.ip_address(ip).version == 4 else 64
    return str(ipaddress.ip_network(f"{ip}/{prefix}", strict=False))


def supernets(ip: str) -> list[str]:
    """Return `ip` and all its networks, in canonical form."""
    address = ipaddress.ip_address(ip)
    value, bits = int(address), address.max_prefixlen
    wider = (f"{type(address)(value >> free << free)}/{bits - free}" for free in range(1, bits + 1))
    return [str(address), *wider]
