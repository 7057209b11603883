"""Each persona has its answer, and the default rules' verdict on it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from number_insight.insight import LEVELS, Insight
from number_insight.numbers import is_valid
from number_insight.providers.base import ADVANCED_SIGNALS
from number_insight.providers.personas import PERSONAS, Persona, answer, persona_for, persona_named
from tests.support.rules import judged

IP = "81.2.69.142"
JUDGED = [persona for persona in PERSONAS if persona.is_judged]

each_persona = pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)


@pytest.mark.parametrize("persona", JUDGED, ids=lambda persona: persona.name)
def test_the_default_rules_reach_the_verdict_that_is_promised(persona: Persona) -> None:
    insight = answer(persona.number, "advanced", ip=IP)
    if persona.status in (3, 999):  # a refusal leaves no more than its mark
        insight = Insight(number=persona.number, status=persona.status, number_refused=True)
    judgement = judged(insight, number=insight.number, ip=IP, signals=ADVANCED_SIGNALS)
    assert (judgement.verdict, judgement.score) == (persona.verdict, persona.score)


def test_endings_and_names_are_unique() -> None:
    assert len({persona.ending for persona in PERSONAS}) == len(PERSONAS)
    assert len({persona.name for persona in PERSONAS}) == len(PERSONAS)


@each_persona
def test_every_persona_has_a_number_of_fiction_that_passes_any_form(persona: Persona) -> None:
    assert 5 <= int(persona.ending) <= 99  # the range that is kept free begins at 05
    assert is_valid(persona.number)
    assert persona_for(persona.number) is persona
    assert persona_named(persona.name) is persona_named(persona.ending) is persona


@each_persona
@pytest.mark.parametrize("level", LEVELS)
def test_a_level_tells_nothing_that_it_does_not_have(persona: Persona, level: str) -> None:
    insight = answer(persona.number, level, ip=IP)
    untold = Insight()
    if level == "basic":
        assert insight.current_carrier is None
        assert (insight.price, insight.ported) == (None, "unknown")
    if level != "advanced":
        assert (insight.reachable, insight.roaming, insight.ip, insight.outcome) == (
            untold.reachable,
            untold.roaming,
            untold.ip,
            untold.outcome,
        )
    assert Insight.from_json(insight.as_json()) == insight


def test_other_endings_are_the_clean_mobile() -> None:
    assert persona_for("+447700900000").name == "clean-mobile"
    assert persona_for("").name == "clean-mobile"


def test_an_ending_means_the_same_in_every_country() -> None:
    german = answer("+4917604069011", "advanced", ip=IP)
    assert (german.country, german.country_iso3, german.line_type) == ("DE", "DEU", "virtual")
    assert german.current_carrier is not None
    assert german.current_carrier.name == "Example Voice DE"


def test_abroad_is_never_at_home() -> None:
    french = answer("+33612345620", "advanced", ip=IP)
    assert french.country == "FR"
    assert french.roaming.country == french.ip.country != "FR"
    assert french.ip.match == "mismatch"


@pytest.mark.parametrize(
    ("number", "level", "cnam", "price", "refund"),
    [
        ("+46701740605", "basic", False, None, None),
        ("+46701740605", "standard", False, "0.005", None),
        ("+46701740605", "advanced", False, "0.03", None),
        ("+12015550105", "advanced", True, "0.04", None),
        ("+46701740605", "standard", True, "0.015", "0.01"),
        ("+46701740676", "advanced", False, "0.03", "0.03"),
    ],
)
def test_what_is_not_told_is_refunded(
    number: str, level: str, cnam: bool, price: str | None, refund: str | None
) -> None:
    insight = answer(number, level, cnam=cnam)
    assert insight.price == (Decimal(price) if price else None)
    assert insight.refund == (Decimal(refund) if refund else None)


def test_nothing_determined_is_an_empty_insight() -> None:
    assert answer("+46701740676", "advanced", ip=IP).is_empty
    assert not replace(answer("+46701740605", "advanced"), outcome=2).is_empty
