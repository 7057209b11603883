"""`Persona`: one kind of number, with what is known about it and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass

FICTIONAL_BASE = "+467017406"
"""Swedish numbers that the regulator PTS keeps free for fiction (070-174 06 05 to 06 99)."""

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
"""Statuses that come with facts and are paid for; 43 to 45 tell only a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """What one number is like. The defaults are those of a mobile without any risk.

    `verdict` and `score` are what the default rules give at level advanced when the IP that is
    sent is the visitor's, to a number that libphonenumber finds valid and that is new; "pending"
    is a lookup that is tried again until the trouble has passed.

    `roaming_country`, `ip_country` and `carrier_country` are alpha-2; None is the number's own.
    `status` other than 0, 43, 44 and 45 is a refusal. `fault` names what happens to the answer
    on its way, and `callback` what happens to the callback; see `number_insight.sandbox`. With
    `once` the trouble is over after the first request. `quirk` is an oddity of the wire that
    the provider is known for and that must not change the insight.
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
    outcome: int = 0

    @property
    def number(self) -> str:
        """A fictional Swedish number (E.164) that is answered like this."""
        return FICTIONAL_BASE + self.ending

    @property
    def is_answered(self) -> bool:
        """Whether a question about this number ends in an insight at the first attempt."""
        return not self.fault and self.status in ANSWERED

    @property
    def is_judged(self) -> bool:
        """Whether there is something to judge; without an answer the verdict has no score."""
        return self.verdict != "pending" and (self.verdict == "allow" or self.score > 0)
