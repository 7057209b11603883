"""The shared suite, asked of Vonage's own deployment in JSON and in XML."""

from __future__ import annotations

import pytest

from number_insight.providers.base import Provider
from number_insight.providers.vonage import NumberInsight
from number_insight.sandbox.server import Sandbox
from tests.providers.contract import NumberInsightContract


class TestVonageJSON(NumberInsightContract):
    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return NumberInsight(api_key="key", api_secret="secret", base_url=service.direct_url)


class TestVonageXML(NumberInsightContract):
    untold = {"refund": None}  # no document has an element for it

    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return NumberInsight(
            api_key="key", api_secret="secret", base_url=service.direct_url, format="xml"
        )
