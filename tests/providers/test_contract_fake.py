"""The shared suite, asked of the fake provider."""

from __future__ import annotations

import pytest

from number_insight.providers.base import Provider
from number_insight.providers.fake import Fake
from tests.providers.contract import NumberInsightContract


class TestFake(NumberInsightContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return Fake()
