"""`State`: the state that the threads of one sandbox share."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Event, Lock

from number_insight.providers.personas import CLEAN
from number_insight.sandbox.bearer import Verifier
from number_insight.sandbox.behaviour import Behaviour, Behaviours
from number_insight.sandbox.credentials import Gatekeeper, Tokens
from number_insight.sandbox.ledger import Ledger


class Throttle:
    """A rate limit of requests in any second; None is unlimited."""

    def __init__(self, per_second: int | None) -> None:
        self._per_second = per_second
        self._lock = Lock()
        self._recent: deque[float] = deque()

    def admits(self) -> bool:
        if self._per_second is None:
            return True
        now = time.monotonic()
        with self._lock:
            while self._recent and now - self._recent[0] >= 1:
                self._recent.popleft()
            if len(self._recent) >= self._per_second:
                return False
            self._recent.append(now)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The delays in seconds; `clock` is the factor by which the back-off is shortened."""

    delay: float = 0.0
    callback_delay: float = 0.2
    clock: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state of one sandbox, shared by all its requests."""

    ledger: Ledger
    gatekeeper: Gatekeeper
    tokens: Tokens
    throttle: Throttle
    pace: Pace
    dialect: str
    verifier: Verifier = field(default_factory=Verifier)
    behaviours: Behaviours = field(default_factory=Behaviours)
    stopping: Event = field(default_factory=Event)

    def behaviour_towards(self, number: str) -> Behaviour:
        """Return the behaviour towards the next request about `number`."""
        return self.behaviours.next(number, delay=self.pace.delay, dialect=self.dialect)

    def plain_behaviour(self) -> Behaviour:
        """Return the behaviour towards a request that does not come to its number."""
        return Behaviour(persona=CLEAN, delay=self.pace.delay, dialect=self.dialect)

    def reset(self) -> None:
        """Delete requests, overrides and tokens, and restore the opening balance."""
        self.ledger.reset()
        self.behaviours.reset()
        self.tokens.expire()
