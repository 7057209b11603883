"""Testing tools for projects: a fake provider, factories, pytest fixtures and a test case mixin.

With pytest, ``pytest_plugins = ["number_insight.testing"]`` gives the fixtures `number_insight`
and `number_insight_sandbox`. With Django's own runner, put `NumberInsightTestMixin` before
``TestCase``. Both use the fake provider, and any real request raises `RealRequest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from typing import Any, NoReturn
from unittest import mock

import pytest
from django.conf import settings
from django.db.models import Model
from django.test import override_settings
from factory.declarations import LazyAttribute, LazyAttributeSequence, Sequence, SubFactory
from factory.django import DjangoModelFactory

from number_insight import facts, numbers
from number_insight.amounts import is_amount
from number_insight.conf import app_settings
from number_insight.exceptions import did_you_mean
from number_insight.insight import (
    PARTS,
    UNKNOWN,
    Caller,
    Carrier,
    Insight,
    IPMatch,
    Location,
    Roaming,
)
from number_insight.modelfields import label, stored
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers import transport
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from number_insight.sandbox.server import Sandbox
from number_insight.saves import screened_fields
from number_insight.screening import sweeps, worker
from number_insight.screening.bell import bell

FAKE = "number_insight.providers.fake.Fake"
UNBOUNDED: dict[str, Any] = {
    "ENABLED": True,
    "DELIVERY": "sync",
    "LIMITS": {},
    "BUDGET": {"day": None},
    "THROUGHPUT": 10_000,
    "RETRY_UNCERTAIN": 0,
    "FALLBACKS": [],
    "SHARES": {},
}
"""The settings that tests do not take from the project, since a test is no traffic."""
WORDS: dict[tuple[type[Any], str], frozenset[Any]] = {
    (Insight, "line_type"): facts.LINE_TYPES,
    (Insight, "ported"): facts.PORTED,
    (Insight, "valid_number"): facts.VALID_NUMBER,
    (Insight, "reachable"): facts.REACHABLE,
    (Carrier, "network_type"): facts.LINE_TYPES,
    (Roaming, "status"): facts.ROAMING,
    (IPMatch, "match"): facts.IP_MATCH,
    (Caller, "type"): facts.CALLER_TYPES,
    (Insight, "voip"): facts.VOIP | {None},
    (Insight, "reassigned"): facts.REASSIGNED | {None},
    (Location, "verified"): facts.VERIFIED,
}
"""The words that a part of an insight may hold."""
AMOUNTS = ("price", "refund", "balance")
INTEGERS = ("status", "outcome")


class RealRequest(AssertionError):
    """A test was about to send a request to a real provider, which costs money."""


class LookupFactory(DjangoModelFactory[Lookup]):
    """Factory of answered lookups; `insight` is the answer, or a part of its JSON form."""

    class Meta:
        model = Lookup

    provider = "default"
    number = Sequence(lambda n: f"+46701740{605 + n % 95}")
    level = "advanced"
    state = "answered"

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        insight = kwargs.get("insight")
        if isinstance(insight, Insight):
            kwargs["insight"] = insight.as_json()
        return kwargs


class RecordFactory(DjangoModelFactory[NumberInsightRecord]):
    """Factory of screened records with the verdict allow.

    The record of a `subject` is of its number, so that ``subject.get_<field>_record()`` finds it.
    """

    class Meta:
        model = NumberInsightRecord

    subject = None
    number = LazyAttributeSequence(
        lambda made, n: _number_of(made.subject) or f"+46701740{605 + n % 95}"
    )
    field = LazyAttribute(lambda made: _field_of(made.subject))
    source = "signup"
    state = "screened"
    basis = "answer"
    verdict = "allow"
    line_type = "mobile"
    country = "SE"

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        if kwargs["subject"] is None:  # it may be given by its type and key
            del kwargs["subject"]
        kwargs["number"] = numbers.canonical(kwargs["number"], app_settings.default_region)
        return kwargs


def _field_of(subject: Model | None) -> str:
    """Return the field of the number of `subject`, as its records name it."""
    fields = screened_fields(type(subject)) if subject is not None else []
    return label(fields[0]) if fields else ""


def _number_of(subject: Model | None) -> str:
    fields = screened_fields(type(subject)) if subject is not None else []
    return stored(getattr(subject, fields[0].name)) if fields else ""


class RiskFlagFactory(DjangoModelFactory[RiskFlag]):
    """Factory of flags; without `record`, each makes a record of its own."""

    class Meta:
        model = RiskFlag

    record = SubFactory(RecordFactory)
    code = "virtual"
    group = "line"
    weight = 30
    message = "The line is virtual."


class Screenings:
    """The fake provider and the worker, as a test controls them."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}

    def answer(self, number: str, /, **insight: Any) -> None:
        """Let the fake provider answer `number` with these members of an insight.

        Raise `InvalidNumber` if it is no number, and `TypeError` or `ValueError` for a fact that an
        insight does not have.
        """
        _check_facts(insight)
        self.answers[_e164(number)] = insight

    def fail(self, number: str, error: Exception | type[Exception]) -> None:
        """Let the fake provider raise `error` for `number`; raise `InvalidNumber` if it is none."""
        self.answers[_e164(number)] = error

    @property
    def asked(self) -> list[Question]:
        """The questions put to the fake provider so far."""
        return list(Fake.asked)

    def run(self) -> int:
        """Screen all queued records as a worker would; return their number.

        Needed only inside a test's own transaction, where nothing is ever committed.
        """
        count = sweeps.sweep(inline=True)
        sweeps.sweep()  # sends the signals, which otherwise happens on commit
        return count


def _e164(number: str) -> str:
    return numbers.normalise(number, app_settings.default_region)


def _check_facts(given: Mapping[str, Any], known: type[Any] = Insight) -> None:
    """Raise `TypeError` for a fact, `ValueError` for a word that `known` does not have."""
    names = {field.name for field in fields(known)} - {"raw", "number_refused"}
    for name, value in given.items():
        if name not in names:
            raise TypeError(f"{known.__name__} has no {name!r}. {did_you_mean(name, names)}")
        words = WORDS.get((known, name))
        if words is not None and value not in words:
            _refuse_word(name, value, words)
        if value is not None and value != UNKNOWN:
            _check_value(name, value)


def _check_value(name: str, value: Any) -> None:
    if name == "country" and not numbers.known_country(value):
        raise ValueError(f'{name} cannot be {value!r}; write its alpha-2 code, as "SE".')
    if name in AMOUNTS and not is_amount(value):
        raise ValueError(f'{name} cannot be {value!r}; write it as "0.03".')
    if name in INTEGERS and type(value) is not int:
        raise ValueError(f"{name} cannot be {value!r}; it is a whole number.")
    if name in PARTS:
        _check_facts(_members(value, PARTS[name]), PARTS[name])
    if name == "missing":
        for signal, reason in value.items():
            if reason not in facts.MISSING:
                _refuse_word(f"missing[{signal!r}]", reason, facts.MISSING)


def _members(value: object, part: type[Any]) -> Mapping[str, Any]:
    """Return the members of a part of an insight, which is given as a mapping or as itself."""
    if isinstance(value, part):
        return {each.name: getattr(value, each.name) for each in fields(part)}
    if not isinstance(value, Mapping):
        raise TypeError(f"A {part.__name__} is made of a mapping, not of {value!r}.")
    return value


def _refuse_word(name: str, value: object, words: Iterable[object]) -> NoReturn:
    known = sorted(word for word in words if isinstance(word, str))
    raise ValueError(f"{name} cannot be {value!r}. {did_you_mean(str(value), known)}")


@contextmanager
def screenings(**options: Any) -> Iterator[Screenings]:
    """Use the fake provider inside the block, with `options` overriding ``NUMBER_INSIGHT``.

    A committed record is screened at once, in the same thread. Of the project's settings those that
    judge are kept, and those that bound or delay are not (`UNBOUNDED`).
    """
    given: Mapping[str, Any] = getattr(settings, "NUMBER_INSIGHT", {})
    found = Screenings()
    provider = {"BACKEND": FAKE, "OPTIONS": {"answers": found.answers}}
    with ExitStack() as stack:
        configured = {**given, **UNBOUNDED, "PROVIDERS": {"default": provider}, **options}
        stack.enter_context(override_settings(NUMBER_INSIGHT=configured))
        stack.enter_context(mock.patch.object(transport, "send", _refuse))
        stack.enter_context(mock.patch.object(bell, "ring", _screen_at_once))
        Fake.reset()
        yield found
        Fake.reset()


def _refuse(request: Any, **_options: Any) -> Any:
    raise RealRequest(f"A test was about to send a real request to {request.host}.")


def _screen_at_once(record_id: int, **_options: Any) -> bool:
    worker.screen(record_id)
    return True


class NumberInsightTestMixin:
    """A mixin for ``TestCase`` that uses the fake provider, as ``self.number_insight``.

    Put it before ``TestCase``. In a plain ``TestCase`` nothing commits, so call
    ``self.number_insight.run()``. `number_insight_options` override ``NUMBER_INSIGHT``.
    """

    number_insight_options: Mapping[str, Any] = {}

    def setUp(self) -> None:
        stack = ExitStack()
        self.number_insight = stack.enter_context(screenings(**self.number_insight_options))
        self.addCleanup(stack.close)  # type: ignore[attr-defined]
        super().setUp()  # type: ignore[misc]


@pytest.fixture
def number_insight() -> Iterator[Screenings]:
    """Use the fake provider and screen inline; any real request is an error."""
    with screenings() as found:
        yield found


@pytest.fixture
def number_insight_sandbox() -> Iterator[Sandbox]:
    """Run a sandbox on loopback, for tests over a real socket; see `Sandbox.behave`."""
    with Sandbox() as sandbox:
        yield sandbox
