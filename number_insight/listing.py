"""Listing: which entries of the project's own lists match a signup."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from django.db.models import F, Q

from number_insight import numbers
from number_insight.choices import ListMatch
from number_insight.insight import Insight
from number_insight.models import ListEntry
from number_insight.rules.base import Listing


def matching(number: str, *, ip: str | None, insight: Insight) -> tuple[Listing, ...]:
    """Return the entries in force that fit, in one query; which one decides is the rules' affair.

    The lists are taken as they are now, like the rules and their weights.
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
    if number.startswith("+"):
        prefixes = [number[:length] for length in range(2, len(number) + 1)]
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


def _networks(ip: str) -> list[str]:
    """Return `ip` and all networks that it lies in, as entries write them."""
    address = ipaddress.ip_address(ip)
    wider = (
        ipaddress.ip_network(f"{ip}/{length}", strict=False)
        for length in range(address.max_prefixlen)
    )
    return [str(address), *map(str, wider)]


def count_hit(entry_id: int) -> None:
    """Count that an entry has decided a record."""
    ListEntry.objects.filter(pk=entry_id).update(hits=F("hits") + 1)


class Lists:
    """All entries in force at once, for whoever has many signups to compare with them."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], list[Listing]] = {}
        rows = ListEntry.objects.in_force().order_by("pk")
        for pk, action, match, value in rows.values_list("pk", "action", "match", "value"):
            entry = Listing(action=action, match=match, value=value, entry_id=pk)
            key = value.casefold() if match == ListMatch.CARRIER else value
            self._entries.setdefault((match, key), []).append(entry)
        self._matches = {match for match, _value in self._entries}

    def matching(self, number: str, *, ip: str | None, insight: Insight) -> tuple[Listing, ...]:
        """Return the entries that fit, as `matching` does."""
        if not self._entries:
            return ()
        keys = [(ListMatch.NUMBER.value, number), *self._keys(number, ip, insight)]
        return tuple(entry for key in dict.fromkeys(keys) for entry in self._entries.get(key, ()))

    def _keys(self, number: str, ip: str | None, insight: Insight) -> Iterator[tuple[str, str]]:
        if number.startswith("+"):
            for length in range(2, len(number) + 1):
                yield ListMatch.PREFIX.value, number[:length]
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
