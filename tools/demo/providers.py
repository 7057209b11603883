"""The providers that the demo can be run with, all of them asked at the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A provider of the demo; in the texts of `options`, ``{url}`` stands for the sandbox.

    Without `compares_ip` the site finds the country of an IP itself.
    """

    backend: str
    options: Mapping[str, Any]
    sign: str = "€"
    currency: str = "EUR"
    has_callbacks: bool = False
    compares_ip: bool = False

    def settings(self, url: str) -> dict[str, Any]:
        """Return the settings that are the provider's own, with the sandbox at `url`."""
        options = {
            name: value.format(url=url) if isinstance(value, str) else value
            for name, value in self.options.items()
        }
        # The personas that never answer take all of the time.
        options["timeout"] = 3
        found: dict[str, Any] = {
            "PROVIDERS": {"default": {"BACKEND": self.backend, "OPTIONS": options}}
        }
        if not self.compares_ip:
            found["IP_COUNTRY"] = "tools.demo.crowd.country_of"
        return found


CHOICES = {
    "vonage": Choice(
        backend="number_insight.providers.vonage.NumberInsight",
        options={"api_key": "demo", "api_secret": "demo", "base_url": "{url}/ni"},
        has_callbacks=True,
        compares_ip=True,
    ),
    "twilio": Choice(
        backend="number_insight.providers.twilio.Lookup",
        options={"account_sid": "demo", "auth_token": "demo", "base_url": "{url}"},
        sign="$",
        currency="USD",
    ),
}
"""The providers by the name that ``make demo PROVIDER=`` takes; the first is the usual one."""
