"""`Fault`: what a provider or a rule finds wrong with its own options."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is misconfigured; `number_insight.checks` reports it under its id.

    `deploy` marks what only matters in production (a missing credential: a build without
    secrets must still migrate).
    """

    id: str
    message: str
    hint: str
    deploy: bool = False
