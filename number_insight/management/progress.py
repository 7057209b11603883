"""A progress bar for management commands."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

WIDTH = 30
PAUSE = 0.2
"""Seconds between two updates of the bar, at least."""


class Progress:
    """Progress bar over `total` rows on `stream`; silent unless that is a terminal."""

    def __init__(self, stream: Any, total: int) -> None:
        self._stream, self._total, self._done = stream, total, 0
        self._started, self._drawn_at = time.monotonic(), 0.0
        self._is_shown = bool(total) and stream.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_shown:
            self._draw()
            self._stream.write("")

    def advance(self, count: int) -> None:
        """Add `count` to the number of finished rows."""
        self._done += count
        if self._is_shown and time.monotonic() - self._drawn_at > PAUSE:
            self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        rate = self._done / max(self._drawn_at - self._started, 0.001)
        filled = WIDTH * min(self._done, self._total) // self._total
        bar = "#" * filled + "." * (WIDTH - filled)
        line = f"\r[{bar}] {self._done}/{self._total}  {rate:.0f}/s "
        self._stream.write(line, ending="")
        self._stream.flush()
