"""Testing tools for projects: a fake provider, factories, pytest fixtures and a test case mixin.

With pytest, ``pytest_plugins = ["number_insight.testing"]`` gives the fixtures `number_insight`
and `number_insight_sandbox`. With Django's own runner, put `NumberInsightTestMixin` before
``TestCase``. Both use the fake provider, and any real request raises `RealRequest`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.test import override_settings
from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers import transport
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from number_insight.sandbox.server import Sandbox
from number_insight.screening import tasks, worker

FAKE = "number_insight.providers.fake.Fake"


class RealRequest(AssertionError):
    """A test was about to send a request to a real provider, which costs money."""


class LookupFactory(DjangoModelFactory[Lookup]):
    """Factory of answered lookups."""

    class Meta:
        model = Lookup

    provider = "default"
    number = Sequence(lambda n: f"+46701740{605 + n % 95}")
    level = "advanced"
    state = "answered"


class RecordFactory(DjangoModelFactory[NumberInsightRecord]):
    """Factory of screened records with the verdict allow."""

    class Meta:
        model = NumberInsightRecord

    number = Sequence(lambda n: f"+46701740{605 + n % 95}")
    source = "signup"
    state = "screened"
    basis = "answer"
    verdict = "allow"
    line_type = "mobile"
    country = "SE"


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

    def answer(self, number: str, **insight: Any) -> None:
        """Let the fake provider answer `number` (E.164) with these members of an insight."""
        self.answers[number] = insight

    def fail(self, number: str, error: Exception) -> None:
        """Let the fake provider raise `error` for `number` (E.164)."""
        self.answers[number] = error

    @property
    def asked(self) -> list[Question]:
        """The questions put to the fake provider so far."""
        return list(Fake.asked)

    def run(self) -> int:
        """Screen all queued records as a worker would; return their number.

        Needed only inside a test's own transaction, where nothing is ever committed.
        """
        count = tasks.sweep(inline=True)
        tasks.sweep()  # sends the signals, which otherwise happens on commit
        return count


@contextmanager
def screenings(**options: Any) -> Iterator[Screenings]:
    """Use the fake provider inside the block, with `options` overriding ``NUMBER_INSIGHT``.

    A committed record is screened at once, in the same thread.
    """
    given: Mapping[str, Any] = getattr(settings, "NUMBER_INSIGHT", {})
    found = Screenings()
    provider = {"BACKEND": FAKE, "OPTIONS": {"answers": found.answers}}
    with ExitStack() as stack:
        configured = {**given, "PROVIDERS": {"default": provider}, **options}
        stack.enter_context(override_settings(NUMBER_INSIGHT=configured))
        stack.enter_context(mock.patch.object(transport, "send", _refuse))
        stack.enter_context(mock.patch.object(tasks.bell, "ring", _screen_at_once))
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
