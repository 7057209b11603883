"""An address is public or unknown, and has one form; networks are written as lists hold them."""

from __future__ import annotations

import pytest

from number_insight.addresses import (
    canonical_network,
    hop,
    is_partly_public,
    network_of,
    public_ip,
    range_of,
    supernets,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8.8.8.8", "8.8.8.8"),
        (" 8.8.8.8 ", "8.8.8.8"),
        ("2606:4700:4700:0:0:0:0:1111", "2606:4700:4700::1111"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("::ffff:10.0.0.1", None),
        ("2606:4700:4700::1111%eth0", "2606:4700:4700::1111"),
        ("fe80::1%eth0", None),
        ("64:ff9b::8.8.8.8", "8.8.8.8"),
        ("64:ff9b::10.0.0.1", None),
        ("::127.0.0.1", None),
        ("::8.8.8.8", None),
        ("2002:a00:1::1", None),
        ("2002:808:808::1", "2002:808:808::1"),
        ("3fff::1", None),
        ("10.0.0.1", None),
        ("172.16.0.1", None),
        ("192.168.1.1", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("169.254.1.1", None),
        ("100.64.0.1", None),
        ("192.0.2.1", None),
        ("198.51.100.1", None),
        ("203.0.113.9", None),
        ("2001:db8::1", None),
        ("fe80::1", None),
        ("fc00::1", None),
        ("224.0.0.1", None),
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("", None),
        (None, None),
        ("8.8.8.8.8", None),
        ("８.8.8.8", None),
        ("08.8.8.8", None),
        ("8.8.8", None),
        ("256.1.1.1", None),
    ],
)
def test_only_a_public_address_says_anything(text: str | None, expected: str | None) -> None:
    assert public_ip(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8.8.8.8", "8.8.8.8"),
        (" 8.8.8.8:4711 ", "8.8.8.8"),
        ("[2606:4700:4700::1111]:443", "2606:4700:4700::1111"),
        ("[2606:4700:4700::1111]", "2606:4700:4700::1111"),
        ("2606:4700:4700::1111", "2606:4700:4700::1111"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("8.8.8:80", None),
        ("8.8.8.8:", None),
        ("[8.8.8.8]:80", None),
        ("[2606:4700:4700::1111", None),
        ('"8.8.8.8"', None),
        ("", None),
    ],
)
def test_a_hop_may_come_with_its_port(text: str, expected: str | None) -> None:
    found = hop(text)
    assert (found and str(found)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("8.8.8.8", "8.8.8.8"), ("8.8.8.8/32", "8.8.8.8"), ("8.8.8.8/24", "8.8.8.0/24")),
        *(("::ffff:8.8.8.8", "8.8.8.8"), ("64:ff9b::8.8.8.0/120", "8.8.8.0/24")),
        ("2001:4860:0::/32", "2001:4860::/32"),
    ],
)
def test_a_network_has_one_form(text: str, expected: str) -> None:
    assert canonical_network(text) == expected


@pytest.mark.parametrize("text", ["8.8.8", "8.8.8.0/33", "unknown"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        canonical_network(text)


@pytest.mark.parametrize(
    ("ip", "network"),
    [("8.8.8.8", "8.8.8.0/24"), ("2606:4700:4700:7::1111", "2606:4700:4700::/48")],
)
def test_neighbours_share_a_network(ip: str, network: str) -> None:
    assert network_of(ip) == network
    assert network in supernets(ip)


@pytest.mark.parametrize(
    ("ip", "counts_as"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2606:4700:4700:7:1:2:3:4", "2606:4700:4700:7::/64"),
        ("2606:4700:4700:0:1::", "2606:4700:4700::/64"),
        ("nothing", ""),
    ],
)
def test_one_visitor_has_every_address_of_a_64(ip: str, counts_as: str) -> None:
    assert range_of(ip) == counts_as


def test_an_address_lies_in_all_wider_networks() -> None:
    found = supernets("8.8.8.8")
    assert (found[:2], found[-1], len(found)) == (["8.8.8.8", "8.8.8.8/31"], "0.0.0.0/0", 33)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("0.0.0.0/0", True),
        ("0.0.0.0/1", True),
        ("192.0.0.0/2", True),
        ("2000::/3", True),
        ("2002::/15", True),
        ("2002::/16", True),
        ("2002:a00::/23", True),
        ("2002:a00::/24", False),
        ("2002:c0a8:101::/48", False),
        ("2002:e000::/20", False),
        ("2002:a00:1::1", False),
        ("2002:808:808::/48", True),
        ("2002:808:808::1", True),
        ("8.8.8.8", True),
        ("0.0.0.0/8", False),
        ("10.0.0.0/8", False),
        ("240.0.0.0/4", False),
        ("224.0.0.0/4", False),
        ("fc00::/7", False),
    ],
)
def test_a_network_is_partly_public_unless_one_block_that_is_not_holds_all_of_it(
    network: str, expected: bool
) -> None:
    assert is_partly_public(network) is expected
