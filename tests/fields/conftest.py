"""A muted bell for the tests of fields, forms and serializers."""

from __future__ import annotations

import pytest

from number_insight.screening.bell import bell
from tests.models import Customer
from tests.support.stage import CLEAN


@pytest.fixture(autouse=True)
def bell_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring no broker: the work of a field or form ends with the record."""
    monkeypatch.setattr(bell, "ring", lambda *_args, **_kwargs: True)


@pytest.fixture
def customer() -> Customer:
    """A customer with the number of the clean mobile."""
    return Customer.objects.create(name="Ada", phone=CLEAN)
