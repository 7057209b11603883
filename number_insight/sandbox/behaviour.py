"""`Behaviours`: the answers to each number, by its persona or by a test's override."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from number_insight.providers.personas import Persona, persona_for, persona_named
from number_insight.sandbox.faults import FAULTS, LONGEST

CALLBACK_MODES = {
    "": "one callback, after the acknowledgement",
    "duplicate": "the same callback twice",
    "early": "the callback comes before the acknowledgement",
    "intermediate": "a part first, then all, marked as final",
    "never": "no callback at all",
    "wrong_id": "a callback with another request_id",
}
DIALECTS = ("2017", "2018", "2021")
"""The years whose answers the sandbox can imitate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """The behaviour towards one request: `persona` with all overrides, and `delay` in seconds.

    `insights` are changes to single insights of Identity Insights, by name: the code of the status
    alone, or members of the insight.
    """

    persona: Persona
    delay: float
    dialect: str
    insights: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The differences from the persona of a number; None keeps the persona's value.

    `times` is the number of requests that are overridden; None means all of them.
    """

    persona: Persona | None = None
    fault: str | None = None
    status: int | None = None
    delay: float | None = None
    callback: str | None = None
    dialect: str | None = None
    insights: Mapping[str, Any] | None = None
    times: int | None = None


def override(
    *,
    persona: Persona | str | None = None,
    fault: str | None = None,
    status: int | None = None,
    delay: float | None = None,
    callback: str | None = None,
    dialect: str | None = None,
    insights: Mapping[str, Any] | None = None,
    times: int | None = None,
) -> Override:
    """Return an override; raise ValueError or LookupError for an unknown or invalid value."""
    _check("fault", fault, ("", *FAULTS))
    _check("callback mode", callback, CALLBACK_MODES)
    _check("dialect", dialect, DIALECTS)
    if delay is not None and not 0 <= float(delay) <= LONGEST:
        raise ValueError(f"a delay is 0 to {LONGEST:g} seconds, not {delay!r}")
    if not all(isinstance(change, str | Mapping) for change in (insights or {}).values()):
        raise ValueError("insights hold the code of a status, or an object")
    return Override(
        persona=persona_named(persona) if isinstance(persona, str) else persona,
        fault=fault,
        status=None if status is None else int(status),
        delay=None if delay is None else float(delay),
        callback=callback,
        dialect=dialect,
        insights=insights,
        times=None if times is None else int(times),
    )


def _check(kind: str, value: str | None, choices: Iterable[str]) -> None:
    names = list(choices)
    if value is not None and value not in names:
        shown = ", ".join(repr(name) for name in names if name)
        raise ValueError(f"there is no {kind} {value!r}; there are {shown}")


class Behaviours:
    """The overrides and the number of requests by phone number; safe to share among threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._overrides: dict[str, Override] = {}
        self._asked: Counter[str] = Counter()

    def set(self, number: str, override: Override) -> None:
        """Apply `override` to `number` (E.164 or digits), from its next request on."""
        with self._lock:
            self._overrides[_digits(number)] = override
            self._asked[_digits(number)] = 0

    def reset(self) -> None:
        with self._lock:
            self._overrides.clear()
            self._asked.clear()

    def next(self, number: str, *, delay: float, dialect: str) -> Behaviour:
        """Return the behaviour towards the next request about `number`.

        `delay` (in seconds) and `dialect` are the defaults.
        """
        digits = _digits(number)
        with self._lock:
            self._asked[digits] += 1
            asked = self._asked[digits]
            change = self._overrides.get(digits) or Override()
        if change.times is not None and asked > change.times:
            change = Override()
        return Behaviour(
            persona=_changed(change.persona or persona_for(number), change, asked),
            delay=delay if change.delay is None else change.delay,
            dialect=change.dialect or dialect,
            insights=change.insights or {},
        )


def _changed(persona: Persona, change: Override, asked: int) -> Persona:
    if persona.once and asked > 1:
        persona = replace(persona, status=0, fault="")
    return replace(
        persona,
        status=persona.status if change.status is None else change.status,
        fault=persona.fault if change.fault is None else change.fault,
        callback=persona.callback if change.callback is None else change.callback,
    )


def _digits(number: str) -> str:
    return "".join(char for char in number if char.isdigit())
