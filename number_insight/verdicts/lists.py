"""The project's own lists, and the entries that match a signup."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import F, Q, QuerySet

from number_insight import numbers, spelling
from number_insight.addresses import supernets
from number_insight.insight import Insight
from number_insight.models import ListEntry
from number_insight.models.choices import ListMatch
from number_insight.models.fingerprints import fingerprints
from number_insight.models.lists import unkept_value
from number_insight.rules.base import Listing


def _prefixes(number: str) -> list[str]:
    """Return the prefixes of `number` that an entry may hold."""
    if not number.startswith("+"):
        return []
    return [number[:length] for length in range(2, len(number) + 1)]


def _lines(number: str) -> list[str]:
    """Return the values by which an entry may hold `number`: its spellings and fingerprints."""
    spellings = sorted(numbers.spellings(number))
    signs = (sign for spelling in spellings for sign in fingerprints(spelling))
    return [*spellings, *map(unkept_value, signs)]


def count_hit(entry_id: int) -> None:
    """Increment the number of records that an entry has decided."""
    ListEntry.objects.filter(pk=entry_id).update(hits=F("hits") + 1)


class Lists:
    """Entries of the present lists, loaded at once to match several signups."""

    def __init__(self, entries: Iterable[Listing] = ()) -> None:
        self._entries: dict[tuple[str, str], list[Listing]] = {}
        for entry in entries:
            is_carrier = entry.match == ListMatch.CARRIER
            key = entry.value.casefold() if is_carrier else entry.value
            self._entries.setdefault((entry.match, key), []).append(entry)
        self._matches = {match for match, _value in self._entries}

    @classmethod
    def in_force(cls) -> Lists:
        """Load all entries in force."""
        return cls._load(ListEntry.objects.in_force())

    @classmethod
    def _load(cls, rows: QuerySet[Any]) -> Lists:
        columns = rows.order_by("pk").values_list("pk", "action", "match", "value")
        return cls(
            Listing(action=action, match=match, value=value, entry_id=pk)
            for pk, action, match, value in columns
        )

    @classmethod
    def around(cls, signed_up: Collection[str], ips: Iterable[str]) -> Lists:
        """Load the entries for these numbers and IPs, in one query.

        It includes all entries for carriers and countries, since there are never many.
        """
        lines = {line for number in signed_up for line in _lines(number)}
        prefixes = {prefix for number in signed_up for prefix in _prefixes(number)}
        networks = {network for ip in ips for network in supernets(ip)}
        matches = Q(match__in=(ListMatch.CARRIER, ListMatch.COUNTRY))
        matches |= Q(match=ListMatch.NUMBER, value__in=lines)
        matches |= Q(match=ListMatch.PREFIX, value__in=prefixes)
        matches |= Q(match=ListMatch.IP, value__in=networks)
        return cls._load(ListEntry.objects.in_force().filter(matches))

    def matching(self, number: str, *, ip: str | None, insight: Insight) -> tuple[Listing, ...]:
        """Return the entries that match a signup; the rules decide among them."""
        if not self._entries:
            return ()
        lines = [(ListMatch.NUMBER.value, line) for line in _lines(number)]
        keys = [*lines, *self._keys(number, ip, insight)]
        return tuple(entry for key in dict.fromkeys(keys) for entry in self._entries.get(key, ()))

    def _keys(self, number: str, ip: str | None, insight: Insight) -> Iterator[tuple[str, str]]:
        if ListMatch.PREFIX in self._matches:
            for prefix in _prefixes(number):
                yield ListMatch.PREFIX.value, prefix
        if ip and ListMatch.IP in self._matches:
            for network in supernets(ip):
                yield ListMatch.IP.value, network
        country = insight.country or numbers.country(number)
        if country:
            yield ListMatch.COUNTRY.value, country.upper()
        carrier = insight.current_carrier or insight.original_carrier
        for known in (carrier.name, carrier.network_code) if carrier else ():
            if known:
                yield ListMatch.CARRIER.value, spelling.words(known).casefold()
