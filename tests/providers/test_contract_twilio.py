"""The shared suite, asked of Twilio's Lookup by GET, by batch query, and over TLS."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from number_insight.insight import Insight
from number_insight.providers import personas
from number_insight.providers.base import Provider, Question
from number_insight.providers.personas import Persona, persona_named
from number_insight.providers.twilio import Lookup
from number_insight.sandbox.server import Sandbox
from tests.providers.contract import ANSWERED, ProviderContract, question

LOGIN = {"account_sid": "AC1", "auth_token": "token"}

STATUSES = {
    "reachable": ("valid", "reachable"),
    "absent": ("valid", "absent"),
    "bad_number": ("not_valid", "bad_number"),
    "undeliverable": ("valid", "unknown"),
    "blacklisted": ("valid", "unknown"),
    "unknown": ("unknown", "unknown"),
}
"""Reachability of a mobile persona -> what a line status tells of it."""


WITHOUT_CODE = {("landline", "nonfixed"), ("virtual", "fixed")}
"""The lines whose carrier comes without a network code."""


def status_of(persona: Persona) -> tuple[str, str]:
    if persona.line_type != "mobile" or persona.status in (43, 45) or persona.outcome == 2:
        return "unknown", "unknown"
    if not persona.has_carrier:
        return "unknown", "unknown"
    if persona.valid_number == "not_valid":
        return STATUSES["bad_number"]
    return STATUSES[persona.reachable]


class TwilioContract(ProviderContract):
    tells = {"country": ("country",), "line_type": ("line_type",)}

    def ask(self, provider: Provider, name: str, level: str = "advanced") -> Insight:
        return provider.lookup(question(persona_named(name).number, level))

    @pytest.mark.parametrize("persona", ANSWERED, ids=[persona.name for persona in ANSWERED])
    def test_a_line_status_tells_validity_and_reach_of_mobiles(
        self, provider: Provider, persona: Persona
    ) -> None:
        insight = provider.lookup(question(persona.number, "advanced"))
        assert (insight.valid_number, insight.reachable) == status_of(persona)
        for signal in ("valid_number", "reachable"):
            assert (getattr(insight, signal) == "unknown") == (signal in insight.missing)

    @pytest.mark.parametrize("persona", ANSWERED, ids=[persona.name for persona in ANSWERED])
    def test_the_carrier_is_the_current_one(self, provider: Provider, persona: Persona) -> None:
        insight = provider.lookup(question(persona.number, "standard"))
        expected = personas.answer(persona.number, "standard").current_carrier
        if persona.line_type in ("landline_premium", "landline_tollfree", "pager"):
            expected = None
        elif expected is not None and (persona.line_type, persona.voip) in WITHOUT_CODE:
            expected = replace(expected, network_code=None, country=None)
        assert insight.current_carrier == expected
        assert insight.original_carrier is None
        assert (expected is None) == ("carrier" in insight.missing)

    def test_both_kinds_of_voip_are_virtual_and_told_apart(self, provider: Provider) -> None:
        rented, cable = self.ask(provider, "virtual"), self.ask(provider, "cable-line")
        assert rented.line_type == cable.line_type == "virtual"
        assert (rented.voip, cable.voip) == ("nonfixed", "fixed")

    def test_the_price_is_that_of_what_was_answered(self, provider: Provider) -> None:
        assert self.ask(provider, "clean-mobile").price == Decimal("0.015")
        assert self.ask(provider, "clean-mobile", "standard").price == Decimal("0.008")
        assert self.ask(provider, "landline").price == Decimal("0.008")
        assert self.ask(provider, "nothing").price == 0
        assert self.ask(provider, "clean-mobile", "basic").price is None

    def test_a_number_that_nobody_covers_is_an_insight(self, provider: Provider) -> None:
        insight = self.ask(provider, "nothing")
        covered = {"line_type", "carrier", "voip", "valid_number", "reachable"}
        assert {insight.missing[signal] for signal in covered} == {"no_coverage"}
        assert (insight.outcome, insight.is_empty) == (2, True)

    def test_why_a_signal_is_not_told(self, provider: Provider) -> None:
        assert self.ask(provider, "landline").missing["reachable"] == "not_applicable"
        assert self.ask(provider, "partial-43").missing["reachable"] == "no_coverage"
        assert self.ask(provider, "clean-mobile").missing == {"caller": "not_asked"}
        assert self.ask(provider, "partial-44").status_text == "line_type_intelligence 60613"

    def test_a_caller_name_is_for_the_us_alone(self, provider: Provider) -> None:
        asked = Question(number="+12015550105", level="standard", cnam=True)
        insight = provider.lookup(asked)
        assert insight.caller is not None
        assert (insight.caller.name, insight.caller.type) == ("Robin Example", "consumer")
        assert insight.price == provider.price(asked) == Decimal("0.018")
        abroad = replace(asked, number="+46701740605")
        assert provider.price(abroad) == Decimal("0.008")
        assert provider.lookup(abroad).missing["caller"] == "not_applicable"

    def test_the_request_is_named_as_the_vendor_names_it(self, provider: Provider) -> None:
        assert self.ask(provider, "clean-mobile").request_id.startswith("RQ")


class TestByGET(TwilioContract):
    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return Lookup(**LOGIN, base_url=service.twilio_url)


class TestByBatchQuery(TwilioContract):
    @pytest.fixture
    def provider(self, service: Sandbox) -> Provider:
        return Lookup(api_key="SK1", api_secret="s", base_url=service.twilio_url, batch=True)


class TestOverTLS(TwilioContract):
    @pytest.fixture
    def provider(self, trusted: Sandbox) -> Provider:
        return Lookup(**LOGIN, base_url=trusted.twilio_url)


def test_the_service_is_asked_once_for_each_question() -> None:
    with Sandbox() as sandbox:
        for batch in (False, True):
            for fault in ("close", "half", "429", "503", "500", "307"):
                sandbox.reset()
                sandbox.behave("+46701740605", fault=fault)
                provider = Lookup(**LOGIN, base_url=sandbox.twilio_url, batch=batch)
                with pytest.raises(Exception, match="."):
                    provider.lookup(question("+46701740605", "advanced"))
                assert len(sandbox.ledger.entries) == 1, (batch, fault)
