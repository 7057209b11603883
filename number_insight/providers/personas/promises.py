"""The verdicts on the personas under each provider, which the demo and the documents hold to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from number_insight.providers.personas.persona import Persona


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The verdict of the default rules and its score, which is None without an answer to judge."""

    verdict: str
    score: int | None


_NO_ANSWER = ("review", None)

_DIFFERENCES: Mapping[str, Mapping[str, tuple[str, int | None]]] = {
    "twilio": {
        "traveller": ("allow", 20),
        "roaming-elsewhere": ("allow", 0),
        "undeliverable": ("allow", 0),
        "blacklisted": ("allow", 0),
        "inferred-not-valid": ("allow", 0),
        "virtual-dead-abroad": ("review", 50),
        "virtual-not-valid": ("review", 30),
        "cable-line": ("allow", 10),
        "no-carrier": _NO_ANSWER,
        "empty-carrier": _NO_ANSWER,
    },
}
"""Provider -> persona -> what differs from Number Insight, with the provider's default options."""

OTHERS = tuple(_DIFFERENCES)
"""The providers that are promised something else than Number Insight."""


def promise(persona: Persona, provider: str = "vonage") -> Promise:
    """Return the verdict on `persona` under `provider`, by the name that the demo gives it.

    Where the provider compares no IP, the project does so here by ``IP_COUNTRY``.
    """
    found = _DIFFERENCES.get(provider, {}).get(persona.name)
    if found is not None:
        return Promise(verdict=found[0], score=found[1])
    return Promise(verdict=persona.verdict, score=persona.score if persona.is_judged else None)
