"""The shared suite, asked of Identity Insights over a plain socket and over TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from number_insight.insight import Insight
from number_insight.providers import personas
from number_insight.providers.base import Provider
from number_insight.providers.identity import IdentityInsights
from number_insight.providers.personas import Persona
from number_insight.sandbox.server import Sandbox
from tests.providers.contract import ANSWERED, ProviderContract, question
from tests.support import keys

PURPOSE = "FraudPreventionAndDetection"
MOBILE = [
    persona
    for persona in ANSWERED
    if persona.line_type == "mobile" and persona.valid_number != "not_valid" and persona.has_carrier
]
OPTIONS: dict[str, Any] = {
    "application_id": keys.APPLICATION,
    "private_key": keys.private_key(),
    "purpose": PURPOSE,
    "insights": {"sim_swap": {}, "roaming": {}, "reachability": {}},
}


class IdentityContract(ProviderContract):
    """The shared suite in the words of Identity Insights, which has fewer for a line."""

    tells: ClassVar[Mapping[str, tuple[str, ...]]] = {"country": ("country",)}

    @pytest.mark.parametrize("persona", MOBILE, ids=[persona.name for persona in MOBILE])
    def test_a_mobile_is_told_as_it_is(self, provider: Provider, persona: Persona) -> None:
        insight = provider.lookup(question(persona.number, "advanced"))
        expected = personas.answer(persona.number, "advanced")
        assert insight.line_type == self.line_type(persona)
        assert insight.roaming.status == expected.roaming.status
        assert insight.roaming.country == expected.roaming.country
        assert (insight.reachable == "reachable") == (
            expected.reachable in ("reachable", "blacklisted")
        )
        lost = persona.reachable == "bad_number" or persona.status == 43
        told = None if lost else expected.current_carrier
        if told is not None and persona.quirk == "null_ported":
            told = replace(told, network_code=None)
        assert insight.current_carrier == told

    @staticmethod
    def line_type(persona: Persona) -> str:
        return "unknown" if persona.reachable == "bad_number" else "mobile"

    def test_the_vendor_is_asked_for_all_signals_that_it_has(self, provider: Provider) -> None:
        insight = provider.lookup(question("+46701740618", "advanced"))
        assert insight.missing == dict.fromkeys(("device_swap", "location", "match"), "not_asked")
        assert insight.sim_swap is not None
        assert (insight.sim_swap.swapped, insight.sim_swap.period_hours) == (True, 240)
        assert Insight.from_json(insight.as_json()) == insight


class TestIdentity(IdentityContract):
    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return IdentityInsights(**OPTIONS, base_url=service.identity_url)


class TestIdentityOverTLS(IdentityContract):
    @pytest.fixture
    def provider(self, trusted: Sandbox) -> Provider:
        return IdentityInsights(**OPTIONS, base_url=trusted.identity_url)
