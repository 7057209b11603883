"""For ``IP_COUNTRY``: a database in MaxMind's format, free of charge at MaxMind and DB-IP."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.gis.geoip2 import GeoIP2
from django.core.signals import setting_changed
from geoip2.errors import AddressNotFoundError


def country(ip: str) -> str | None:
    """Return the alpha-2 code of the country of `ip`, or None if the database has none.

    Django's `GeoIP2` opens the database at ``GEOIP_PATH`` once in a process, so a newer file takes
    effect with the next start. Raise `GeoIP2Exception` if there is no database.
    """
    try:
        return _database().country_code(ip) or None
    except AddressNotFoundError:
        return None


@cache
def _database() -> GeoIP2:
    return GeoIP2()


def _clear_cache(*, setting: str, **_kwargs: Any) -> None:
    if setting.startswith("GEOIP"):
        _database.cache_clear()


setting_changed.connect(_clear_cache, dispatch_uid="number_insight.ip_country.maxmind")
