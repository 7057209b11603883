"""What the tests of the faces stand on: a bell that nobody hears."""

from __future__ import annotations

import pytest

from number_insight.screening.tasks import bell


@pytest.fixture(autouse=True)
def bell_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring no broker: what a face has to do ends with the record."""
    monkeypatch.setattr(bell, "ring", lambda *_args, **_kwargs: True)
