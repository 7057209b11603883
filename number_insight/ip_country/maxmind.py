"""For ``IP_COUNTRY``: a database in MaxMind's format, as MaxMind and DB-IP give them away."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.gis.geoip2 import GeoIP2
from django.core.signals import setting_changed
from geoip2.errors import AddressNotFoundError


def country(ip: str) -> str | None:
    """Return the country of `ip`, or None if the database does not know it.

    The database is found as Django's own `GeoIP2` finds it, by ``GEOIP_PATH``; raise
    `GeoIP2Exception` if there is none. It is opened once in a process, so a newer file takes
    effect when the process is started again.
    """
    try:
        return _database().country_code(ip) or None
    except AddressNotFoundError:
        return None


@cache
def _database() -> GeoIP2:
    return GeoIP2()


def _forget(*, setting: str, **_kwargs: Any) -> None:
    if setting.startswith("GEOIP"):
        _database.cache_clear()


setting_changed.connect(_forget, dispatch_uid="number_insight.ip_country.maxmind")
