"""Personas: sample numbers of the sandbox and the fake provider, told apart by their ending."""

from __future__ import annotations

from number_insight.providers.personas.answers import PRICES, answer
from number_insight.providers.personas.cast import CLEAN, PERSONAS, persona_for, persona_named
from number_insight.providers.personas.persona import ANSWERED, STATUS_TEXT, Persona
from number_insight.providers.personas.promises import Promise, promise

__all__ = [
    "ANSWERED",
    "CLEAN",
    "PERSONAS",
    "PRICES",
    "STATUS_TEXT",
    "Persona",
    "Promise",
    "answer",
    "persona_for",
    "persona_named",
    "promise",
]
