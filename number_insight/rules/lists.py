"""Rules on the project's own allow and deny lists.

Only the most specific of the matching entries decides: first by kind (number, ip, prefix, carrier,
country), then by the longer prefix or the smaller network, then deny before allow.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from number_insight.insight import Insight
from number_insight.rules.base import Listing, Rule, Signup
from number_insight.rules.scoring import EVERYTHING, Flag
from number_insight.wording import gettext_noop

KINDS = ("number", "ip", "prefix", "carrier", "country")
"""The kinds of entries, the most specific first."""

CANCELS: Mapping[str, frozenset[str]] = {
    "ip": frozenset({"ip_mismatch", "roaming_elsewhere"}),
    "prefix": frozenset({"not_in_plan"}),
    "carrier": frozenset({"virtual", "voip_nonfixed", "voip_fixed", "carrier_country"}),
    "country": frozenset({"carrier_country", "declared_country"}),
}
"""The codes that an allowed IP, prefix, carrier or country explains, none of them on history."""


def decisive(listed: Iterable[Listing]) -> Listing | None:
    """Return the most specific entry, or None if there is none."""
    known = [entry for entry in listed if entry.match in KINDS]
    return min(known, key=_precedence, default=None)


def _precedence(entry: Listing) -> tuple[int, int, bool]:
    return KINDS.index(entry.match), -_narrowness(entry), entry.action != "deny"


def _narrowness(entry: Listing) -> int:
    if entry.match == "prefix":
        return len(entry.value)
    if entry.match == "ip":
        return ipaddress.ip_network(entry.value, strict=False).prefixlen
    return 0


class ListRule(Rule):
    """Base class of the rules on the lists; each is for one or several kinds of entries."""

    weight = 40
    group = "lists"
    needs: ClassVar[tuple[str, ...] | None] = ()
    reads = ("listed",)
    action: ClassVar[str] = "deny"
    messages: ClassVar[Mapping[str, str]]
    """The messages of the flags, by the kinds of entries that the rule is for."""
    cancels: ClassVar[Mapping[str, frozenset[str]]] = {}
    """The codes that an entry explains, by its kind."""

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        entry = decisive(signup.listed)
        if entry is not None and entry.action == self.action and entry.match in self.messages:
            flag = self.flag(self.messages[entry.match], entry=entry.entry_id)
            yield replace(flag, cancels=self.cancels.get(entry.match, frozenset()))


class DenyNumber(ListRule):
    """The number is on the deny list."""

    code = "deny_number"
    weight = 100
    title = gettext_noop("Number on the deny list")
    otherwise = gettext_noop("the number were not on the deny list")
    messages: ClassVar = {"number": gettext_noop("The number is on the deny list.")}


class DenyIP(ListRule):
    """The visitor's IP is on the deny list; IPs change hands, so a person decides."""

    code = "deny_ip"
    title = gettext_noop("IP on the deny list")
    otherwise = gettext_noop("the IP were not on the deny list")
    messages: ClassVar = {"ip": gettext_noop("The IP is on the deny list.")}


class DenyPrefix(ListRule):
    """The number starts with a prefix on the deny list."""

    code = "deny_prefix"
    weight = 80
    title = gettext_noop("Range on the deny list")
    otherwise = gettext_noop("the range of the number were not on the deny list")
    messages: ClassVar = {"prefix": gettext_noop("The range of the number is on the deny list.")}


class DenyCarrier(ListRule):
    """The carrier is on the deny list."""

    code = "deny_carrier"
    needs = ("carrier",)
    title = gettext_noop("Carrier on the deny list")
    otherwise = gettext_noop("the carrier were not on the deny list")
    messages: ClassVar = {"carrier": gettext_noop("The carrier is on the deny list.")}


class DenyCountry(ListRule):
    """The number's country is on the deny list."""

    code = "deny_country"
    title = gettext_noop("Country on the deny list")
    otherwise = gettext_noop("the country of the number were not on the deny list")
    messages: ClassVar = {"country": gettext_noop("The country of the number is on the deny list.")}


class AllowNumber(ListRule):
    """The number is on the allow list: the verdict is allow, and nothing is bought for it."""

    code = "allow_number"
    weight = 0
    action = "allow"
    title = gettext_noop("Number on the allow list")
    messages: ClassVar = {"number": gettext_noop("The number is on the allow list.")}
    cancels: ClassVar = {"number": frozenset({EVERYTHING})}


class AllowWider(ListRule):
    """The IP, range, carrier or country is on the allow list, which cancels some risks."""

    code = "allow_wider"
    weight = 0
    action = "allow"
    title = gettext_noop("On the allow list")
    messages: ClassVar = {
        "ip": gettext_noop("The IP is on the allow list."),
        "prefix": gettext_noop("The range of the number is on the allow list."),
        "carrier": gettext_noop("The carrier is on the allow list."),
        "country": gettext_noop("The country of the number is on the allow list."),
    }
    cancels = CANCELS
