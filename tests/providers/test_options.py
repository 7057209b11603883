"""Options check themselves: each mistake has an id, a sentence and a hint."""

from __future__ import annotations

from typing import Any

import pytest

from number_insight.insight import Insight
from number_insight.providers import kpn, vonage
from number_insight.providers.base import Fault, Provider, Question
from number_insight.providers.fake import Fake

VONAGE = {"api_key": "k", "api_secret": "s"}
KPN = {"client_id": "i", "client_secret": "s"}
ANSWER = {"+46701740605": {"line_type": "virtual"}}


def faults(provider: type[Provider], options: dict[str, Any]) -> list[Fault]:
    return list(provider(**options).check())


@pytest.mark.parametrize(
    ("provider", "options", "ids"),
    [
        (vonage.NumberInsight, VONAGE, []),
        (vonage.NumberInsight, {}, ["E010", "E010"]),
        (vonage.NumberInsight, {**VONAGE, "api_secret": None}, ["E010"]),
        (vonage.NumberInsight, {**VONAGE, "auth": "signature"}, ["E010"]),
        (vonage.NumberInsight, {**VONAGE, "base_url": "http://api.nexmo.com/ni"}, ["E011"]),
        (vonage.NumberInsight, {**VONAGE, "base_url": "http://127.0.0.1:8017/ni"}, []),
        (vonage.NumberInsight, {**VONAGE, "base_url": None}, ["E011"]),
        (vonage.NumberInsight, {**VONAGE, "prices": {"advanced": "cheap"}}, ["E012"]),
        (vonage.NumberInsight, {**VONAGE, "auth": "jwt"}, ["E013"]),
        (vonage.NumberInsight, {**VONAGE, "format": "yaml"}, ["E013"]),
        (vonage.NumberInsight, {**VONAGE, "signature_method": "rot13"}, ["E013"]),
        (vonage.NumberInsight, {**VONAGE, "timeout": 0}, ["E013"]),
        (vonage.NumberInsight, {**VONAGE, "timeout": "20"}, ["E013"]),
        (vonage.NumberInsight, {**VONAGE, "timeout": True}, ["E013"]),
        (kpn.NumberInsight, KPN, []),
        (kpn.NumberInsight, {}, ["E010", "E010"]),
        (kpn.NumberInsight, {**KPN, "token_url": "http://kpn.example/"}, ["E011"]),
        (kpn.NumberInsight, {**KPN, "timeout": 1000}, ["E013"]),
        (Fake, {}, []),
        (Fake, {"answers": ANSWER}, []),
        (Fake, {"answers": {"+46701740605": TimeoutError}}, []),
        (Fake, {"answers": ["+46701740605"]}, ["E013"]),
        (Fake, {"answers": {"07": {}}}, ["E013"]),
        (Fake, {"answers": {"+46701740605": {"linetype": "x"}}}, ["E013"]),
        (Fake, {"answers": {"+46701740605": "virtual"}}, ["E013"]),
    ],
)
def test_a_mistake_is_found(provider: type[Provider], options: Any, ids: list[str]) -> None:
    assert [fault.id for fault in faults(provider, options)] == ids


class Parcels(Provider):
    """A provider that sells parts by name, in a currency that its options choose."""

    price_names = ("validation", "line_status")
    default_prices = {"line_status": "0.007"}

    def __init__(self, *, prices: Any = None, currency: str = "USD", sim: bool = False) -> None:
        super().__init__(prices=prices)
        self.currency = currency
        self.signals = {"basic": frozenset({"sim_swap"} if sim else ())}

    def lookup(self, question: Question) -> Insight:
        return Insight()


@pytest.mark.parametrize(
    ("prices", "ids"),
    [
        ({"validation": "0", "line_status": "0.01"}, []),
        ({"advanced": "0.03"}, ["E012"]),
        ({"line_status": "-1"}, ["E012"]),
    ],
)
def test_a_provider_says_what_may_have_a_price(prices: dict[str, str], ids: list[str]) -> None:
    found = faults(Parcels, {"prices": prices})
    assert [fault.id for fault in found] == ids
    if "advanced" in prices:
        assert found[0].hint == "A price may be given for validation, line_status."


def test_signals_and_currency_may_depend_on_the_options() -> None:
    assert (Parcels().currency, Parcels(currency="EUR").currency) == ("USD", "EUR")
    assert Parcels(sim=True).signals["basic"] == {"sim_swap"}
    assert Parcels().signals["basic"] == frozenset()


def test_only_missing_credentials_can_wait_for_the_deployment() -> None:
    assert all(fault.deploy for fault in faults(vonage.NumberInsight, {}))
    assert not any(fault.deploy for fault in faults(vonage.NumberInsight, {**VONAGE, "auth": "x"}))


@pytest.mark.parametrize("provider", [vonage.NumberInsight, kpn.NumberInsight, Fake])
def test_an_unknown_option_is_refused(provider: type[Provider]) -> None:
    with pytest.raises(TypeError):
        provider(no_such_option=1)  # type: ignore[call-arg]


def test_a_fault_does_not_show_a_secret() -> None:
    options = {"api_secret": "canary-7d1f", "base_url": "https://u:canary-7d1f@example.com/"}
    assert "canary-7d1f" not in str(faults(vonage.NumberInsight, options))


def test_a_wrong_option_raises_nothing_foreign() -> None:
    provider = vonage.NumberInsight(**VONAGE, timeout="x", base_url=None)  # type: ignore[arg-type]
    assert provider.seconds == 20
