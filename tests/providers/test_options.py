"""Options check themselves: each mistake has an id, a sentence and a hint."""

from __future__ import annotations

from typing import Any

import pytest

from number_insight.providers import kpn, vonage
from number_insight.providers.base import Fault, Provider
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
