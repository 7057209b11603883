"""Everybody comes to the demo, and nobody gets in another's way."""

from __future__ import annotations

from itertools import groupby

import pytest

from number_insight.addresses import public_ip
from number_insight.lookups.circuits import FAILURES
from number_insight.providers.personas import PERSONAS, promise
from number_insight.providers.personas.promises import NAMES
from tools.demo.crowd import IN_A_CALLBACK, LEFT_OUT, callback_crowd, crowd

pytestmark = pytest.mark.once


def test_every_persona_comes_or_is_left_out_for_a_reason() -> None:
    names = [guest.who for guest in crowd()]
    assert len(names) == len(set(names))
    assert {persona.name for persona in PERSONAS} - set(names) == set(LEFT_OUT)
    assert all(LEFT_OUT.values())


def test_who_is_left_out_is_never_judged() -> None:
    unending = {persona.name for persona in PERSONAS if persona.verdict == "pending"}
    assert set(LEFT_OUT) == unending


@pytest.mark.parametrize("provider", NAMES)
def test_the_promises_are_those_of_the_personas_table(provider: str) -> None:
    promised = {persona.name: promise(persona, provider).verdict for persona in PERSONAS}
    for guest in crowd(provider):
        if guest.who in promised:
            assert guest.verdict == promised[guest.who]


def test_everybody_has_a_public_address_of_their_own() -> None:
    addresses = [guest.ip for guest in crowd()]
    assert len(addresses) == len(set(addresses))
    assert all(public_ip(address) == address for address in addresses)


def test_the_troubles_never_look_like_an_outage() -> None:
    runs = [len([*run]) for is_trouble, run in groupby(crowd(), lambda guest: guest.is_trouble)]
    assert any(guest.is_trouble for guest in crowd())
    assert max(runs[0::2] if crowd()[0].is_trouble else runs[1::2]) < FAILURES / 2


def test_the_second_round_is_everybody_who_was_named() -> None:
    assert {guest.who for guest in callback_crowd()} == set(IN_A_CALLBACK)
