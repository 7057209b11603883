"""Rules that compare the countries of the number, the carrier, the phone, the IP and the person.

Countries that share a calling code (the US and Canada, the UK and Jersey, Russia and Kazakhstan)
never differ: providers, IP tables and people err about the borders within a numbering plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from number_insight import numbers
from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop


def _agree(one: str | None, other: str | None) -> bool:
    """Return whether both countries are known and share a numbering plan."""
    return bool(one and other and numbers.shares_calling_code(one, other))


def _differ(one: str | None, other: str | None) -> bool:
    """Return whether both countries are known and have different numbering plans.

    A code without a calling code is unknown: IP tables answer "EU", "A1" (a proxy) or "T1" (Tor).
    """
    known = all(country and numbers.code_of_country(country) for country in (one, other))
    return known and not _agree(one, other)


def _ip_country(insight: Insight, signup: Signup) -> str | None:
    """Return the country of the IP by the provider, or else by the project's ``IP_COUNTRY``."""
    return insight.ip.country or signup.ip_country


def _is_roaming(insight: Insight) -> bool:
    return insight.roaming.status == "roaming"


def _carrier_country(insight: Insight) -> str | None:
    """Return the country of the current carrier, or else of the original one."""
    for carrier in (insight.current_carrier, insight.original_carrier):
        if carrier and carrier.country:
            return carrier.country
    return None


class PlaceRule(Rule):
    """Base class of the rules of the group "place"."""

    group = "place"
    reads = ()
    message: ClassVar[str]


class IPMismatch(PlaceRule):
    """The visitor's IP is not in the number's country, and the phone does not roam there either.

    The match is the provider's, or is made here from the ``ip_country`` of the signup. Callers of
    `judge` therefore pass ``"ip_match"`` among the signals if either is available.
    """

    code = "ip_mismatch"
    weight = 20
    needs = ("ip_match",)
    title = gettext_noop("IP in another country")
    otherwise = gettext_noop("the IP were in %(country)s")
    message = gettext_noop("The IP is in %(ip_country)s, the number is from %(country)s.")
    message_unnamed = gettext_noop("The IP is not in the country of the number.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        ip_country = _ip_country(insight, signup)
        if not self._mismatches(insight, signup, ip_country):
            return
        if _is_roaming(insight) and _agree(insight.roaming.country, ip_country):
            return
        if ip_country and insight.country:
            yield self.flag(self.message, ip_country=ip_country, country=insight.country)
        else:
            yield self.flag(self.message_unnamed)

    def _mismatches(self, insight: Insight, signup: Signup, ip_country: str | None) -> bool:
        if insight.ip.match == "mismatch":
            return not _agree(ip_country, insight.country)
        return _differ(signup.ip_country, insight.country)


class CarrierCountry(PlaceRule):
    """The carrier is of another country than the number."""

    code = "carrier_country"
    weight = 20
    needs = ("carrier",)
    title = gettext_noop("Foreign carrier")
    otherwise = gettext_noop("the carrier were in %(country)s")
    message = gettext_noop("The carrier is in %(carrier_country)s, the number is from %(country)s.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        carrier_country = _carrier_country(insight)
        if _differ(carrier_country, insight.country):
            yield self.flag(self.message, carrier_country=carrier_country, country=insight.country)


class RoamingElsewhere(PlaceRule):
    """The phone is abroad, and not in the country of the visitor's IP."""

    code = "roaming_elsewhere"
    weight = 15
    needs = ("roaming", "ip_match")
    live = True
    title = gettext_noop("Phone and IP apart")
    otherwise = gettext_noop("the phone were in the country of the IP")
    message = gettext_noop(
        "The phone is roaming in %(roaming_country)s, the IP is in %(ip_country)s."
    )
    bare_message = gettext_noop("The phone is roaming, and not in the country of the IP.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        ip_country = _ip_country(insight, signup)
        if _is_roaming(insight) and _differ(insight.roaming.country, ip_country):
            yield self.flag(
                self.message, roaming_country=insight.roaming.country, ip_country=ip_country
            )


class DeclaredCountry(PlaceRule):
    """The person declared another country than the number's."""

    code = "declared_country"
    weight = 10
    needs = ("country",)
    title = gettext_noop("Other country declared")
    otherwise = gettext_noop("the person had declared %(country)s")
    message = gettext_noop("The person declared %(declared)s, the number is from %(country)s.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if _differ(signup.country, insight.country):
            yield self.flag(self.message, declared=signup.country, country=insight.country)


class Roaming(PlaceRule):
    """The phone is abroad."""

    code = "roaming"
    weight = 5
    needs = ("roaming",)
    live = True
    title = gettext_noop("Roaming")
    otherwise = gettext_noop("the phone were not roaming")
    message = gettext_noop("The phone is roaming in %(roaming_country)s.")
    message_unnamed = bare_message = gettext_noop("The phone is roaming.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if not _is_roaming(insight):
            return
        if insight.roaming.country:
            yield self.flag(self.message, roaming_country=insight.roaming.country)
        else:
            yield self.flag(self.message_unnamed)
