"""A lookup whose answer is to be posted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from number_insight.models import NumberInsightRecord
from tests.support.stage import asking, screened, the_lookup
from tests.webhook.callbacks import ASYNC


@pytest.fixture
def submitted(db: None) -> Iterator[NumberInsightRecord]:
    """A record that waits for a callback of the fake provider."""
    with asking(**ASYNC, LIMITS={}):
        record = screened()
        assert the_lookup().state == "submitted"
        yield record
