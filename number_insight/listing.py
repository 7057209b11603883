"""The matching of signups with the entries of the project's own lists."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import F, Q, QuerySet

from number_insight import numbers
from number_insight.insight import Insight
from number_insight.models import ListEntry
from number_insight.models.choices import ListMatch
from number_insight.rules.base import Listing


def matching(number: str, *, ip: str | None, insight: Insight) -> tuple[Listing, ...]:
    """Return the entries in force that match, in one query; the rules decide among them.

    The lists are those of now, like the rules and their weights.
    """
    fits = Q(match=ListMatch.NUMBER, value=number)
    for condition in _conditions(number, ip, insight):
        fits |= condition
    entries = ListEntry.objects.in_force().filter(fits).order_by()
    return tuple(
        Listing(action=entry.action, match=entry.match, value=entry.value, entry_id=entry.pk)
        for entry in entries
    )


def _conditions(number: str, ip: str | None, insight: Insight) -> Iterator[Q]:
    prefixes = _prefixes(number)
    if prefixes:
        yield Q(match=ListMatch.PREFIX, value__in=prefixes)
    if ip:
        yield Q(match=ListMatch.IP, value__in=_networks(ip))
    country = insight.country or numbers.country(number)
    if country:
        yield Q(match=ListMatch.COUNTRY, value=country.upper())
    carrier = insight.current_carrier or insight.original_carrier
    for known in (carrier.name, carrier.network_code) if carrier else ():
        if known:
            yield Q(match=ListMatch.CARRIER, value__iexact=" ".join(known.split()))


def _prefixes(number: str) -> list[str]:
    """Return the prefixes of `number` that an entry may hold."""
    if not number.startswith("+"):
        return []
    return [number[:length] for length in range(2, len(number) + 1)]


def _networks(ip: str) -> list[str]:
    """Return `ip` and all networks that it lies in, as entries write them."""
    address = ipaddress.ip_address(ip)
    value, bits = int(address), address.max_prefixlen
    wider = (f"{type(address)(value >> free << free)}/{bits - free}" for free in range(1, bits + 1))
    return [str(address), *wider]


def count_hit(entry_id: int) -> None:
    """Increment the number of records that an entry has decided."""
    ListEntry.objects.filter(pk=entry_id).update(hits=F("hits") + 1)


class Lists:
    """Entries loaded at once, to match several signups without further queries."""

    def __init__(self, rows: QuerySet[Any] | None = None) -> None:
        """Load `rows`, or all entries in force."""
        self._entries: dict[tuple[str, str], list[Listing]] = {}
        rows = ListEntry.objects.in_force() if rows is None else rows
        for pk, action, match, value in rows.order_by("pk").values_list(
            "pk", "action", "match", "value"
        ):
            entry = Listing(action=action, match=match, value=value, entry_id=pk)
            key = value.casefold() if match == ListMatch.CARRIER else value
            self._entries.setdefault((match, key), []).append(entry)
        self._matches = {match for match, _value in self._entries}

    @classmethod
    def around(cls, numbers: Collection[str], ips: Collection[str]) -> Lists:
        """Load the entries that may match signups with these numbers and IPs.

        That takes one query if the lists are empty. All entries for carriers and countries are
        included, since there are never many.
        """
        entries = ListEntry.objects.in_force()
        kinds = set(entries.order_by().values_list("match", flat=True).distinct())
        if not kinds:
            return cls(ListEntry.objects.none())
        fits = Q(match__in=(ListMatch.CARRIER, ListMatch.COUNTRY))
        fits |= Q(match=ListMatch.NUMBER, value__in=numbers)
        if ListMatch.PREFIX in kinds:
            prefixes = {prefix for number in numbers for prefix in _prefixes(number)}
            fits |= Q(match=ListMatch.PREFIX, value__in=prefixes)
        if ListMatch.IP in kinds:
            networks = {network for ip in ips for network in _networks(ip)}
            fits |= Q(match=ListMatch.IP, value__in=networks)
        return cls(entries.filter(fits))

    def matching(self, number: str, *, ip: str | None, insight: Insight) -> tuple[Listing, ...]:
        """Return the matching entries, as the function `matching` does."""
        if not self._entries:
            return ()
        keys = [(ListMatch.NUMBER.value, number), *self._keys(number, ip, insight)]
        return tuple(entry for key in dict.fromkeys(keys) for entry in self._entries.get(key, ()))

    def _keys(self, number: str, ip: str | None, insight: Insight) -> Iterator[tuple[str, str]]:
        if ListMatch.PREFIX in self._matches:
            for prefix in _prefixes(number):
                yield ListMatch.PREFIX.value, prefix
        if ip and ListMatch.IP in self._matches:
            for network in _networks(ip):
                yield ListMatch.IP.value, network
        country = insight.country or numbers.country(number)
        if country:
            yield ListMatch.COUNTRY.value, country.upper()
        carrier = insight.current_carrier or insight.original_carrier
        for known in (carrier.name, carrier.network_code) if carrier else ():
            if known:
                yield ListMatch.CARRIER.value, " ".join(known.split()).casefold()
