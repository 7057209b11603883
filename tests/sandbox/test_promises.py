"""The verdict that each persona promises under Identity Insights is what its answer gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from number_insight.exceptions import NumberRefused, ProviderError
from number_insight.insight import Insight
from number_insight.providers.base import Question
from number_insight.providers.identity import IdentityInsights
from number_insight.providers.personas import PERSONAS, Persona, Promise, promise
from number_insight.providers.personas.promises import IDENTITY, NAMES
from number_insight.sandbox.identity_answers import PURPOSE
from number_insight.sandbox.server import Sandbox
from tests.support import keys
from tests.support.rules import judged

LASTING = {"401", "402", "403", "503"}
"""The HTTP statuses that are asked again until the trouble has passed."""


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityInsights]:
    with Sandbox(balance="100", public_key=keys.public_key()) as sandbox:
        yield IdentityInsights(
            application_id=keys.APPLICATION,
            private_key=keys.private_key(),
            base_url=sandbox.identity_url,
            purpose=PURPOSE,
            timeout=0.5,
        )


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_a_persona_keeps_its_promise(provider: IdentityInsights, persona: Persona) -> None:
    assert kept(provider, persona) == promise(persona, IDENTITY)


def kept(provider: IdentityInsights, persona: Persona) -> Promise:
    """Return the verdict on the answer of `provider`, the second one if the trouble is short."""
    question = Question(number=persona.number, level="advanced")
    for is_last in (not persona.once, True):
        try:
            return verdict_on(provider.lookup(question), provider)
        except NumberRefused:
            return verdict_on(Insight(number=persona.number, number_refused=True), provider)
        except ProviderError as error:
            if is_last:
                is_lasting = str(error.http_status) in LASTING
                return Promise(verdict="pending" if is_lasting else "review")
    raise AssertionError


def verdict_on(insight: Insight, provider: IdentityInsights) -> Promise:
    if insight.is_empty and not insight.number_refused:  # no answer: ON_NO_ANSWER decides
        return Promise(verdict="review")
    now = datetime.now(timezone.utc)
    told = provider.signals["advanced"] - insight.missing.keys()
    judgement = judged(insight, number=insight.number, at=now, signals=told)
    return Promise(verdict=judgement.verdict, score=judgement.score)


def test_number_insight_promises_what_the_persona_says() -> None:
    for persona in PERSONAS:
        promised = promise(persona)
        assert promised.verdict == persona.verdict
        assert promised.score == (persona.score if persona.is_judged else None)
    assert next(iter(NAMES)) == "number_insight"
