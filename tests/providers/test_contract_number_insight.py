"""The shared suite, asked of the fake provider, of Vonage in JSON and XML, and of the KPN store."""

from __future__ import annotations

import pytest

from number_insight.providers import kpn, vonage
from number_insight.providers.base import Provider
from number_insight.providers.fake import Fake
from number_insight.sandbox.server import Sandbox
from tests.providers.contract import NumberInsightContract

KEY = {"api_key": "key", "api_secret": "secret"}
CLIENT = {"client_id": "id", "client_secret": "secret"}


class TestFake(NumberInsightContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return Fake()


class TestVonageJSON(NumberInsightContract):
    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return vonage.NumberInsight(**KEY, base_url=service.direct_url)


class TestVonageXML(NumberInsightContract):
    untold = {"refund": None}  # no document has an element for it

    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return vonage.NumberInsight(**KEY, base_url=service.direct_url, format="xml")


class TestKPN(NumberInsightContract):
    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return kpn.NumberInsight(**CLIENT, base_url=service.kpn_url, token_url=service.token_url)
