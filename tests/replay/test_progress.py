"""The progress bar is drawn on a terminal, and nowhere else."""

from __future__ import annotations

from io import StringIO

from django.core.management.base import OutputWrapper

from number_insight.management.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_much_is_done():
    terminal = Terminal()
    with Progress(OutputWrapper(terminal), 4) as progress:
        progress.advance(2)
        progress.advance(2)
    last = terminal.getvalue().split("\r")[-1]
    assert last.startswith(f"[{'#' * 30}] 4/4")


def test_a_file_sees_nothing():
    out = StringIO()
    with Progress(OutputWrapper(out), 4) as progress:
        progress.advance(4)
    assert out.getvalue() == ""
