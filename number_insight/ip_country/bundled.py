"""For ``IP_COUNTRY``: the internet registries' tables, from the package ``iptocc``.

They name the country that an address was assigned to, which is not always where it is used.
"""

from __future__ import annotations

from iptocc import country_code


def country(ip: str) -> str | None:
    """Return the alpha-2 code of the country that `ip` was assigned to, or None."""
    return country_code(ip)
