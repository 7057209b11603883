"""The default rules reach the promised verdict on every persona that Twilio answers about."""

from __future__ import annotations

from typing import Any

import pytest

from number_insight.exceptions import Busy, NoAnswer, NumberRefused, ProviderError, Uncertain
from number_insight.insight import Insight
from number_insight.providers.base import Question
from number_insight.providers.personas import PERSONAS, Persona, promise
from number_insight.providers.personas.promises import TWILIO
from number_insight.providers.twilio import Lookup
from number_insight.sandbox.server import Sandbox
from tests.support.rules import judged


def answer(
    service: Sandbox, persona: Persona, **options: Any
) -> tuple[Lookup, Insight | ProviderError]:
    """Return the insight about a persona, or why there is none."""
    provider = Lookup(
        account_sid="AC1", auth_token="t", base_url=service.twilio_url, timeout=0.5, **options
    )
    try:
        insight = provider.lookup(Question(number=persona.number, level="advanced"))
    except NumberRefused:
        return provider, Insight(number=persona.number, number_refused=True)
    except ProviderError as error:
        return provider, error
    return provider, NoAnswer("Nothing is told.") if insight.is_empty else insight


def verdict(provider: Lookup, persona: Persona, insight: Insight) -> tuple[str, int]:
    told = provider.signals["advanced"] - set(insight.missing)
    judgement = judged(insight, number=persona.number, signals=told)
    return judgement.verdict, judgement.score


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_the_verdict_is_the_one_that_is_promised(service: Sandbox, persona: Persona) -> None:
    promised = promise(persona, TWILIO)
    provider, found = answer(service, persona)
    if persona.once:  # which is over the second time
        assert isinstance(found, Busy)
        provider, found = answer(service, persona)
    if isinstance(found, ProviderError):
        verdict_then = "review" if isinstance(found, NoAnswer | Uncertain) else "pending"
        assert (verdict_then, None) == (promised.verdict, promised.score)
    else:
        assert verdict(provider, persona, found) == (promised.verdict, promised.score)


@pytest.mark.parametrize(
    ("name", "package", "expected"),
    [
        ("sms-pumping", "sms_pumping_risk", ("review", 30)),
        ("sim-swapped", "sim_swap", ("allow", 25)),
        ("virtual", "phone_number_quality_score", ("review", 30)),
        ("clean-mobile", "sms_pumping_risk", ("allow", 0)),
    ],
)
def test_a_package_tells_what_the_rules_for_it_weigh(
    service: Sandbox, name: str, package: str, expected: tuple[str, int]
) -> None:
    persona = next(persona for persona in PERSONAS if persona.name == name)
    provider, insight = answer(service, persona, packages=["line_status", package])
    assert isinstance(insight, Insight)
    now = {"at": insight.sim_swap.at} if insight.sim_swap and insight.sim_swap.at else {}
    told = provider.signals["advanced"] - set(insight.missing)
    judgement = judged(insight, number=persona.number, signals=told, **now)
    assert (judgement.verdict, judgement.score) == expected
