"""`Persona`: one kind of number, with its facts and its answer."""

from __future__ import annotations

from dataclasses import dataclass

FICTIONAL_BASE = "+467017406"
"""The Swedish numbers that the regulator PTS reserves for fiction (070-174 06 05 to 06 99)."""

STATUS_TEXT = {
    0: "Success",
    1: "Back off",
    3: "Invalid request",
    4: "Invalid credentials",
    5: "Internal Error",
    9: "Partner quota exceeded",
    19: "Facility Not Allowed",
    43: "Lookup Handler unable to handle request",
    44: "Lookup Handler unable to handle request",
    45: "Lookup Handler unable to handle request",
    999: "Request unparseable",
}
"""The provider's own words for its status codes."""

ANSWERED = frozenset({0, 43, 44, 45})
"""The statuses with facts, which are paid for; 43 to 45 are partial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """The facts about one kind of number. The defaults are those of a mobile without any risk.

    `verdict` and `score` are those of the default rules at level advanced, for a new number that
    is valid to libphonenumber, sent with the visitor's IP; "pending" means that the lookup is
    retried until the trouble has passed.

    `voip` is the kind of a virtual line, and `pumping` the score (0 to 100) of the risk that texts
    to the number are sent for the fee; only providers that know of them tell these.

    `sim_swapped_hours` is the age of the SIM card, if it is new. With `seems_mobile` Identity
    Insights takes the number for a mobile one, by its range, and finds no current carrier.

    `roaming_country`, `ip_country` and `carrier_country` are alpha-2; None is the number's own. A
    `status` other than 0, 43, 44 and 45 is a refusal. `fault` is the transport fault of the answer
    and `callback` that of the callback; see `number_insight.sandbox`. With `once` the trouble is
    over after the first request. `quirk` is a known oddity of the provider's wire format that must
    not change the insight.
    """

    ending: str
    name: str
    title: str
    verdict: str = "allow"
    score: int = 0
    status: int = 0
    fault: str = ""
    callback: str = ""
    once: bool = False
    quirk: str = ""
    line_type: str = "mobile"
    ported: str = "not_ported"
    valid_number: str = "valid"
    reachable: str = "reachable"
    roaming: str = "not_roaming"
    roaming_country: str | None = None
    ip_country: str | None = None
    carrier_name: str | None = None
    carrier_country: str | None = None
    has_carrier: bool = True
    has_other_original: bool = False
    has_real_time: bool = False
    voip: str = "nonfixed"
    pumping: int = 5
    sim_swapped_hours: int | None = None
    seems_mobile: bool = False
    outcome: int = 0

    @property
    def number(self) -> str:
        """The fictional Swedish number (E.164) of this persona."""
        return FICTIONAL_BASE + self.ending

    @property
    def is_answered(self) -> bool:
        """Whether the first question about this number gets an insight."""
        return not self.fault and self.status in ANSWERED

    @property
    def is_judged(self) -> bool:
        """Whether the verdict comes from the rules, and not from the want of an answer."""
        return self.verdict != "pending" and (self.verdict == "allow" or self.score > 0)
