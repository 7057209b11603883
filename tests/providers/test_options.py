"""Options check themselves: each mistake has an id, a sentence and a hint."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from number_insight.amounts import is_amount
from number_insight.exceptions import BadCredentials
from number_insight.insight import Insight
from number_insight.providers import kpn, twilio, vonage
from number_insight.providers.base import Fault, Provider, Question
from number_insight.providers.fake import Fake
from number_insight.providers.identity import IdentityInsights
from tests.support.keys import private_key

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


CREDENTIALS: list[tuple[type[Provider], tuple[str, ...]]] = [
    (vonage.NumberInsight, ("api_key", "api_secret")),
    (kpn.NumberInsight, ("client_id", "client_secret")),
    (IdentityInsights, ("application_id", "private_key")),
    (twilio.Lookup, ("api_key", "api_secret")),
    (twilio.Lookup, ("account_sid", "auth_token")),
]
NO_TEXTS: list[Any] = [7351, True, b"canary-7d1f", ["canary-7d1f"], {"canary-7d1f": 1}, 0]


@pytest.mark.parametrize("wrong", NO_TEXTS, ids=lambda wrong: type(wrong).__name__)
@pytest.mark.parametrize(("provider", "names"), CREDENTIALS)
def test_a_credential_that_is_no_text_is_said_at_once_without_its_value(
    provider: type[Provider], names: tuple[str, str], wrong: Any
) -> None:
    for name, other in (names, names[::-1]):
        found = faults(provider, {name: wrong, other: ""})
        kind = type(wrong).__name__
        (fault,) = (one for one in found if one.id == "E013")
        assert (fault.message, fault.deploy) == (
            f"{name} is no text, but of the type {kind}.",
            False,
        )
        assert "canary" not in str(found) and "7351" not in str(found)


@pytest.mark.parametrize(("provider", "names"), CREDENTIALS)
def test_nothing_is_asked_with_a_credential_that_is_no_text(
    provider: type[Provider], names: tuple[str, str]
) -> None:
    made: Provider = provider(**dict.fromkeys(names, b"canary-7d1f"))  # type: ignore[arg-type]
    with pytest.raises(BadCredentials, match="Nothing was asked") as caught:
        made.lookup(Question(number="+46701740605", level="advanced"))
    assert "canary" not in str(caught.value)


def test_a_private_key_may_be_named_by_a_path_object(tmp_path: Path) -> None:
    path = tmp_path / "private.key"
    path.write_text(private_key())
    assert faults(IdentityInsights, {"application_id": "a", "private_key": path}) == []


ALL: list[tuple[type[Provider], dict[str, Any], str]] = [
    (vonage.NumberInsight, VONAGE, "advanced"),
    (kpn.NumberInsight, KPN, "advanced"),
    (IdentityInsights, {"application_id": "a", "private_key": private_key()}, "current_carrier"),
    (twilio.Lookup, {"api_key": "k", "api_secret": "s"}, "line_status"),
]
NO_AMOUNTS: list[Any] = ["cheap", "-1", -1, float("nan"), "NaN", "1e999", 1e30, None, True, [1], {}]


@pytest.mark.parametrize("wrong", NO_AMOUNTS, ids=repr)
@pytest.mark.parametrize(("provider", "options", "name"), ALL)
def test_where_a_price_is_no_amount_no_less_than_usual_is_reserved(
    provider: type[Provider], options: dict[str, Any], name: str, wrong: Any
) -> None:
    question = Question(number="+46701740605", level="advanced")
    made = provider(**options, prices={name: wrong})
    assert [fault.id for fault in made.check()] == ["E012"]
    assert made.price(question) >= provider(**options).price(question) > 0


@pytest.mark.parametrize("wrong", [5, "", "0.03", b"x", [], ["advanced"], False], ids=repr)
@pytest.mark.parametrize(("provider", "options", "name"), ALL)
def test_prices_that_are_no_mapping_are_one_fault_and_count_as_absent(
    provider: type[Provider], options: dict[str, Any], name: str, wrong: Any
) -> None:
    made = provider(**options, prices=wrong)
    (fault,) = made.check()
    assert fault.message == "prices is not a mapping of names to amounts."
    assert made.prices == provider(**options).prices


@pytest.mark.parametrize("wrong", [0, -1, True, None, "20", float("nan"), float("inf"), [], 1e300])
@pytest.mark.parametrize(("provider", "options", "name"), ALL)
def test_a_wrong_timeout_is_one_fault_and_counts_as_twenty_seconds(
    provider: type[Provider], options: dict[str, Any], name: str, wrong: Any
) -> None:
    made = provider(**options, timeout=wrong)
    assert [fault.id for fault in made.check()] == ["E013"]
    assert made.seconds == 20


URLS: list[Any] = [
    *("api.example.com", "//x", "ftp://x", "https://", "https://[", "https://x:99999", ""),
    *("https://u:canary-7d1f@x", "https://u@x", "https://x?q=canary-7d1f", "https://x#canary-7d1f"),
    *("http://example.com", "https:// x", "https://x y.com", "https://x\n.com", "https://x/a\tb"),
    *(5, b"https://x", ["https://x"], None),
]


@pytest.mark.parametrize("wrong", URLS, ids=repr)
@pytest.mark.parametrize(("provider", "options", "name"), ALL)
def test_a_url_that_may_not_be_asked_is_one_fault_which_does_not_show_it(
    provider: type[Provider], options: dict[str, Any], name: str, wrong: Any
) -> None:
    (fault,) = provider(**options, base_url=wrong).check()
    assert fault.id == "E011"
    assert "canary" not in str(fault)


@pytest.mark.parametrize("wrong", ["eur", "EURO", "€", "", None, 5, ["EUR"], {"EUR": 1}], ids=repr)
def test_a_currency_that_is_no_code_is_one_fault_and_counts_as_euros(wrong: Any) -> None:
    made = IdentityInsights(application_id="a", private_key=private_key(), currency=wrong)
    assert [fault.id for fault in made.check()] == ["E013"]
    assert made.currency == "EUR"


@pytest.mark.parametrize("period", [0, 2401, -1, True, "240", 240.0, None, []], ids=repr)
def test_a_period_that_is_no_whole_number_of_hours_is_one_fault(period: Any) -> None:
    options = {"application_id": "a", "private_key": private_key(), "purpose": "any"}
    made = IdentityInsights(**options, insights={"sim_swap": {"period": period}})
    (fault,) = made.check()
    assert fault.message == "the period of 'sim_swap' is not 1 to 2400 hours."


def test_an_amount_is_a_finite_number_that_a_column_takes() -> None:
    for value in ("0", "0.03", 0, 1, 0.5, Decimal("9.99"), "1E+3"):
        assert is_amount(value)
    for value in (*NO_AMOUNTS, Decimal("sNaN"), Decimal("Infinity"), b"1", 10**5000):
        assert not is_amount(value)
