"""Personas: the numbers that the sandbox and the fake provider answer for, chosen by ending."""

from __future__ import annotations

from number_insight.personas.answers import PRICES, answer
from number_insight.personas.cast import CLEAN, PERSONAS, persona_for, persona_named
from number_insight.personas.persona import ANSWERED, STATUS_TEXT, Persona

__all__ = [
    "ANSWERED",
    "CLEAN",
    "PERSONAS",
    "PRICES",
    "STATUS_TEXT",
    "Persona",
    "answer",
    "persona_for",
    "persona_named",
]
