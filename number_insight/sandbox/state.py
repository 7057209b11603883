"""`State`: all that the threads of one sandbox share."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Event, Lock

from number_insight.sandbox.behaviour import Behaviours
from number_insight.sandbox.credentials import Gatekeeper, Tokens
from number_insight.sandbox.ledger import Ledger


class Throttle:
    """Admits so many requests in any second; without a limit, all of them."""

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
    """How fast things happen, in seconds; `clock` is how much faster callbacks are retried."""

    delay: float = 0.0
    callback_delay: float = 0.2
    clock: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a request needs to be answered."""

    ledger: Ledger
    gatekeeper: Gatekeeper
    tokens: Tokens
    throttle: Throttle
    pace: Pace
    dialect: str
    behaviours: Behaviours = field(default_factory=Behaviours)
    stopping: Event = field(default_factory=Event)

    def reset(self) -> None:
        """Forget requests, overrides and tokens, and restore the opening balance."""
        self.ledger.reset()
        self.behaviours.reset()
        self.tokens.expire()
