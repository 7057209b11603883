"""What the tests of privacy stand on: a bell that is not silent, and an empty queue."""

from __future__ import annotations

from tests.service.conftest import bell_rings, queue

__all__ = ["bell_rings", "queue"]
