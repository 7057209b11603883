"""Tracing: the steps of a screening, for a tracer that a project may install."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Tracer:
    """The base class of the tracers, which records nothing.

    No attribute may hold a number, an IP address or a secret.
    """

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[object]:
        """Return a context for one step, which records it and lets its exception pass."""
        return nullcontext()

    def bind(self, function: F) -> F:
        """Return `function`, to be called in another thread as a part of this step."""
        return function


_tracer = Tracer()


def install(tracer: Tracer | None) -> None:
    """Record all steps by `tracer` from now on; None stands for nothing."""
    global _tracer
    _tracer = tracer or Tracer()


def span(name: str, **attributes: str | int) -> AbstractContextManager[object]:
    """Return the context of one step, ``number_insight.<name>``."""
    return _tracer.span(f"number_insight.{name}", **attributes)


def bind(function: F) -> F:
    """Return `function`, to be called in another thread as a part of the present step."""
    return _tracer.bind(function)
