"""The promises of every provider, as tests: a test module subclasses `ProviderContract`.

The subclass gives the fixture `provider`, which must answer by the sandbox's personas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from number_insight.exceptions import (
    BadCallback,
    BadCredentials,
    Busy,
    NoAnswer,
    NoCredit,
    NotAllowed,
    NumberInsightError,
    NumberRefused,
    ProviderError,
    Uncertain,
    Unsupported,
)
from number_insight.insight import LEVELS, Insight
from number_insight.providers import personas
from number_insight.providers.base import Provider, Question
from number_insight.providers.personas import Persona
from tests.support.waiting import at_once

ANSWERED = [persona for persona in personas.PERSONAS if persona.is_answered]
IP = "123.0.0.255"

TELLS: dict[str, tuple[str, ...]] = {
    "country": ("country",),
    "line_type": ("line_type",),
    "carrier": ("current_carrier",),
    "ported": ("ported",),
    "valid_number": ("valid_number",),
    "reachable": ("reachable",),
    "roaming": ("roaming",),
    "ip_match": ("ip",),
}
"""Signal -> the fields of an insight that it fills."""


def question(number: str, level: str, **more: Any) -> Question:
    ip = IP if level == "advanced" else None
    return Question(number=number, level=level, ip=ip, **more)


class ProviderContract:
    """The shared suite.

    `troubles` are the personas whose trouble the service knows, `tells` what is compared.
    """

    troubles: ClassVar[Mapping[str, type[ProviderError]]] = {
        **dict.fromkeys(("77", "95"), NoAnswer),
        **dict.fromkeys(("93", "96"), NumberRefused),
        **dict.fromkeys(("82", "83", "84", "85", "86", "87", "88", "89"), Uncertain),
        **{"90": Busy, "94": BadCredentials, "97": NotAllowed, "99": NoCredit},
    }

    tells: ClassVar[Mapping[str, tuple[str, ...]]] = TELLS

    @pytest.fixture
    def provider(self) -> Provider:
        raise NotImplementedError

    def test_good_options_have_no_fault(self, provider: Provider) -> None:
        assert list(provider.check()) == []

    @pytest.mark.parametrize("prices", [{"gold": "1"}, {"basic": "free"}, {"advanced": "-1"}])
    def test_a_wrong_price_is_a_fault(self, provider: Provider, prices: dict[str, str]) -> None:
        provider.prices = prices
        assert [fault.id for fault in provider.check()] == ["E012"]

    def test_its_representation_shows_no_option(self, provider: Provider) -> None:
        name = f"<{type(provider).__module__}.{type(provider).__qualname__}>"
        assert repr(provider) == name

    def test_its_capabilities_are_declared(self, provider: Provider) -> None:
        assert provider.levels
        assert set(provider.levels) <= set(LEVELS)
        assert set(provider.signals) >= set(provider.levels)

    def test_every_level_has_a_price_to_reserve(self, provider: Provider) -> None:
        for level in provider.levels:
            price = provider.price(question("+46701740605", level))
            assert isinstance(price, Decimal)
            assert price.is_finite()
            assert price >= 0

    @pytest.mark.parametrize("persona", ANSWERED, ids=[persona.name for persona in ANSWERED])
    def test_each_signal_is_told(self, provider: Provider, persona: Persona) -> None:
        for level in provider.levels:
            insight = provider.lookup(question(persona.number, level))
            expected = personas.answer(persona.number, level, ip=IP)
            assert insight.number == persona.number
            for signal in provider.signals[level] & self.tells.keys():
                for name in self.tells[signal]:
                    assert getattr(insight, name) == getattr(expected, name), (level, name)

    def test_an_insight_survives_being_stored(self, provider: Provider) -> None:
        insight = provider.lookup(question("+46701740620", provider.levels[-1]))
        assert Insight.from_json(insight.as_json()) == insight

    def test_no_answer_costs_more_than_was_reserved(self, provider: Provider) -> None:
        for level in provider.levels:
            asked = question("+46701740605", level)
            assert provider.lookup(asked).cost <= provider.price(asked)

    def test_an_error_has_the_class_that_says_what_it_cost(self, provider: Provider) -> None:
        found = {ending: self._trouble(provider, ending) for ending in self.troubles}
        assert found == self.troubles

    def _trouble(self, provider: Provider, ending: str) -> type[ProviderError] | None:
        number = f"+467017406{ending}"
        try:
            provider.lookup(question(number, provider.levels[-1]))
        except ProviderError as error:
            self._is_one_plain_sentence(error, number)
            return type(error)
        return None

    @staticmethod
    def _is_one_plain_sentence(error: ProviderError, number: str) -> None:
        text = str(error)
        assert text[0].isupper()
        assert "\n" not in text
        assert number[1:] not in text
        assert number[-6:] not in text

    def test_a_level_that_there_is_not_is_unsupported(self, provider: Provider) -> None:
        with pytest.raises(Unsupported):
            provider.lookup(question("+46701740605", "platinum"))

    def test_it_may_be_asked_by_many_threads(self, provider: Provider) -> None:
        numbers = [f"+467017406{ending}" for ending in ("05", "11", "12", "14", "20", "30")]
        level = provider.levels[-1]
        found = at_once(6, lambda index: provider.lookup(question(numbers[index], level)).number)
        assert found == numbers

    def test_the_webhook_is_declared_as_it_is(self, provider: Provider) -> None:
        asked = question("+46701740605", "advanced")
        if provider.supports_callback:
            assert provider.submit(asked, "http://127.0.0.1:9/ni/token/").request_id
        else:
            with pytest.raises(Unsupported):
                provider.submit(asked, "http://127.0.0.1:9/ni/token/")

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"[]", b"null", b'"x"', b"\xff\xfe", b"{", b"<lookup>", b"[" * 99_999],
        ids=lambda body: body[:9],
    )
    def test_nonsense_at_the_webhook_is_no_answer(self, provider: Provider, body: bytes) -> None:
        with pytest.raises((BadCallback, Unsupported)) as caught:
            provider.read_callback(body)
        assert isinstance(caught.value, NumberInsightError)


class NumberInsightContract(ProviderContract):
    """The shared suite for providers of Number Insight v1: nothing but `untold` may be lost."""

    untold: ClassVar[Mapping[str, Any]] = {}

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("persona", ANSWERED, ids=[persona.name for persona in ANSWERED])
    def test_the_whole_insight_arrives(
        self, provider: Provider, persona: Persona, level: str
    ) -> None:
        insight = provider.lookup(question(persona.number, level))
        expected = personas.answer(persona.number, level, ip=IP)
        ours = {"request_id": "", "balance": None, "raw": None, **self.untold}
        assert replace(insight, **ours) == replace(expected, **ours)

    def test_a_caller_name_is_asked_for_and_told(self, provider: Provider) -> None:
        asked = Question(number="+14155550105", level="standard", cnam=True)
        insight = provider.lookup(asked)
        assert insight.caller == personas.answer("+14155550105", "standard", cnam=True).caller
        assert insight.caller is not None
        assert provider.price(asked) > provider.price(replace(asked, cnam=False))
