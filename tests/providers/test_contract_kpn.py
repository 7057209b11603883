"""The shared suite, asked of the KPN API store."""

from __future__ import annotations

import pytest

from number_insight.providers.base import Provider
from number_insight.providers.kpn import NumberInsight
from number_insight.sandbox.server import Sandbox
from tests.providers.contract import NumberInsightContract


class TestKPN(NumberInsightContract):
    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return NumberInsight(
            client_id="id",
            client_secret="secret",
            base_url=service.kpn_url,
            token_url=service.token_url,
        )
