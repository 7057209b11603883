"""For ``IP_COUNTRY``: the tables of the internet registries, which come with a package.

They tell to which country an address was assigned, which is not always where it is used.
"""

from __future__ import annotations

from iptocc import country_code


def country(ip: str) -> str | None:
    """Return the country that `ip` was assigned to, or None if it was to none."""
    return country_code(ip)
