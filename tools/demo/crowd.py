"""The crowd: every persona of the sandbox signs up once, and some make trouble."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from number_insight.providers.personas import PERSONAS, Persona, promise
from number_insight.providers.personas.promises import NUMBER_INSIGHT

LEFT_OUT = {
    "http-503": "is tried again for as long as the provider says so",
    "credentials": "is tried again until somebody mends the credentials",
    "not-allowed": "is tried again until the account may ask at this level",
    "no-credit": "is tried again until somebody tops the account up",
}
"""Personas without an end, and why: their verdict stays pending while the trouble lasts."""

IN_A_CALLBACK = ("clean-mobile", "virtual", "premium", "ported", "traveller", "virtual-abroad")
"""Who comes to the second round, in which the answers are posted to the site."""

NETWORKS = {"SE": "89.160.20.{}", "NL": "193.0.6.{}", "FR": "192.134.5.{}"}
"""Public addresses for the crowd; each visitor gets one of their own."""

BY_API = ("ported", "landline", "partial-43")
BY_NEWSLETTER = ("voip-user", "us-style", "toll-free")
"""Who comes through another door than the signup form."""

SIGNUP, NEWSLETTER, API = "signup", "newsletter", "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One visitor: what is typed into which form, and what the personas' table promises.

    `verdict` is None for who must be turned away by the form. `times` is how often the form is
    sent, all at once, and `asked` how many requests the number may cause. `is_trouble` says that
    the answer gets lost on its way.
    """

    who: str
    phone: str
    ip: str
    email: str = ""
    door: str = SIGNUP
    verdict: str | None = None
    score: int = 0
    times: int = 1
    asked: int = 1
    is_trouble: bool = False


def crowd(provider: str = NUMBER_INSIGHT) -> list[Guest]:
    """Return everybody who comes to the first round, in this order.

    Their verdicts are those that the personas promise under `provider`.
    """
    ending = [one for one in PERSONAS if _comes_to_an_end(one)]
    everybody = [_guest(index, one, provider) for index, one in enumerate(ending)]
    troubles = [guest for guest in everybody if guest.is_trouble]
    # Five failures in a row would look like an outage, and open the circuit of the provider.
    others = [guest for guest in everybody if not guest.is_trouble]
    return [*_woven(others, troubles), *_troublemakers()]


def _woven(many: list[Guest], few: list[Guest]) -> Iterator[Guest]:
    """Yield `many` with `few` spread evenly among them."""
    step, rest = len(many) // len(few), list(few)
    for index, guest in enumerate(many):
        if index % step == 0 and rest:
            yield rest.pop(0)
        yield guest


def callback_crowd() -> list[Guest]:
    """Return who comes to the second round."""
    return [guest for guest in crowd() if guest.who in IN_A_CALLBACK]


def _comes_to_an_end(persona: Persona) -> bool:
    return persona.name not in LEFT_OUT


def _guest(index: int, persona: Persona, provider: str) -> Guest:
    network = NETWORKS[persona.ip_country or "SE"]
    promised = promise(persona, provider)
    return Guest(
        who=persona.name,
        phone=persona.number,
        ip=network.format(130 + index),
        email=f"{persona.name}@example.com",
        door=_door(persona.name),
        verdict=promised.verdict,
        score=promised.score or 0,
        asked=2 if persona.once else 1,  # a busy provider is asked again
        is_trouble=bool(persona.fault),
    )


def _door(name: str) -> str:
    if name in BY_API:
        return API
    return NEWSLETTER if name in BY_NEWSLETTER else SIGNUP


def _troublemakers() -> Iterator[Guest]:
    yield Guest(
        who="family, 2nd member",
        phone="+46701740660",
        ip="89.160.20.200",
        email="family-2@example.com",
        verdict="allow",
    )
    yield Guest(
        who="sent twice at once",
        phone="070-174 06 06",
        ip="89.160.20.201",
        email="twice@example.com",
        verdict="allow",
        times=2,
    )
    yield Guest(
        who="not a number", phone="070-CALL-ME", ip="89.160.20.202", email="letters@example.com"
    )
    yield Guest(
        who="a bad e-mail", phone="070-174 06 07", ip="89.160.20.203", email="no-at.example.com"
    )
    yield Guest(
        who="a bad e-mail, by API",
        phone="070-174 06 08",
        ip="89.160.20.204",
        email="no-at.example.com",
        door=API,
    )
