"""IP addresses: the public ones, and their networks."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


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
    """Return `text` as a canonical address or network; raise `ValueError` if it is neither."""
    network = ipaddress.ip_network(text, strict=False)
    if network.prefixlen < network.max_prefixlen:
        return str(network)
    address = network.network_address
    return str(getattr(address, "ipv4_mapped", None) or address)


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
