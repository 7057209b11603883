"""The verdict that each persona promises under each provider.

It is that of the default rules at level advanced, for a new number that is valid to libphonenumber.
Number Insight is sent the visitor's IP. Identity Insights knows no IP; it is asked with the purpose
of test access, and so for the last change of the SIM. Twilio knows no IP either; it is asked for
its default package, the status of the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from number_insight.providers.personas.persona import Persona

NUMBER_INSIGHT, IDENTITY, TWILIO = "number_insight", "identity", "twilio"

NAMES: Mapping[str, str] = {
    NUMBER_INSIGHT: "Number Insight",
    IDENTITY: "Identity Insights",
    TWILIO: "Twilio",
}
"""Every provider whose answers the sandbox gives, with its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A verdict and its score; None where there is no answer to judge, or not yet."""

    verdict: str
    score: int | None = None

    def __str__(self) -> str:
        return f"{self.verdict} {'–' if self.score is None else self.score}"


_ALLOW = Promise(verdict="allow", score=0)
_VIRTUAL = Promise(verdict="review", score=30)

_OTHERWISE: Mapping[str, Mapping[str, Promise]] = {
    IDENTITY: {
        # Nothing asks the phone, the porting database, or for the visitor's IP.
        "traveller": _ALLOW,
        "roaming-elsewhere": _ALLOW,
        "absent": _ALLOW,
        "undeliverable": _ALLOW,
        "blacklisted": _ALLOW,
        "vpn-user": _ALLOW,
        "virtual-abroad": _VIRTUAL,
        "virtual-dead-abroad": _VIRTUAL,
        "virtual-not-valid": _VIRTUAL,
        # No current carrier, which may be a dead number or a virtual one.
        "bad-number": _ALLOW,
        "not-valid": _ALLOW,
        "voip-user": _ALLOW,
        "pager": Promise(verdict="review"),  # there is no word for it
        "sim-swapped": Promise(verdict="allow", score=25),
    },
    TWILIO: {
        # Nothing tells roaming, or what can be delivered; and nothing compares the visitor's IP.
        "traveller": _ALLOW,
        "roaming-elsewhere": _ALLOW,
        "undeliverable": _ALLOW,
        "blacklisted": _ALLOW,
        "inferred-not-valid": _ALLOW,
        "vpn-user": _ALLOW,
        # The status of a line is told of mobile ones alone.
        "virtual-abroad": _VIRTUAL,
        "virtual-dead-abroad": _VIRTUAL,
        "virtual-not-valid": _VIRTUAL,
        "cable-line": Promise(verdict="allow", score=10),
        # The type of the line is not told either.
        "no-carrier": Promise(verdict="review"),
        "empty-carrier": Promise(verdict="review"),
    },
}
"""Provider -> the promises of personas that differ from those under Number Insight."""


def promise(persona: Persona, provider: str = NUMBER_INSIGHT) -> Promise:
    """Return the verdict that `persona` promises under `provider`, a key of `NAMES`."""
    known = Promise(verdict=persona.verdict, score=persona.score if persona.is_judged else None)
    return _OTHERWISE.get(provider, {}).get(persona.name, known)
