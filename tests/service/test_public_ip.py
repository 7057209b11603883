"""Which addresses are public is what the standard library says, however fast it is asked."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from number_insight.screening import visitor

RESERVED = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "255.255.255.255/32"]  # fmt: skip
EDGES = [
    address
    for block in map(ipaddress.ip_network, RESERVED)
    for edge in (block[0], block[-1])
    for step in (-1, 0, 1)
    if 0 <= int(edge) + step < 2**32
    for address in (str(ipaddress.IPv4Address(int(edge) + step)),)
]


def plainly(text: str) -> str | None:
    address = ipaddress.ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    return str(address) if address.is_global and not address.is_multicast else None


@pytest.mark.parametrize("text", EDGES)
def test_the_edges_of_reserved_blocks(text):
    assert visitor.public_ip(text) == plainly(text)


@given(st.ip_addresses())
@example(ipaddress.ip_address("::ffff:8.8.8.8"))
def test_any_address(address):
    assert visitor.public_ip(str(address)) == plainly(str(address))


@pytest.mark.parametrize(
    "text", ["08.8.8.8", "8.8.8", "8.8.8.8.8", "256.1.1.1", "", None, "\u0668.8.8.8"]
)
def test_what_is_no_address_is_unknown(text):
    assert visitor.public_ip(text) is None


def test_spaces_around_it_do_not_matter():
    assert visitor.public_ip(" 8.8.8.8 ") == "8.8.8.8"
