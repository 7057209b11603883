"""I1 to I7 as a machine: whatever happens, in whatever order, hypothesis looks for the way out."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.db.models import F
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from number_insight import assessment, budget, callbacks, reviewing, tasks
from number_insight.models import (
    Circuit,
    Lookup,
    NumberInsightRecord,
    Pace,
    RiskFlag,
    Spending,
    Usage,
)
from number_insight.screening import screen
from tests.chaos.invariants import UNFINISHED, assert_requests_are_told_apart
from tests.chaos.scripted import MODES, Death, Scripted
from tests.chaos.stage import number
from tests.chaos.worker import POINTS

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = 500
PARTS = 4
"""The examples are found in so many tests, so that they can be tried side by side."""
CAP = Decimal("0.21")
CLOCKS = {
    Lookup: ("created_at", "called_at", "lease_until", "next_try_at", "answered_at"),
    NumberInsightRecord: ("created_at", "screened_at"),
    Circuit: ("open_until",),
}
SETTLED = ("answered", "partial", "failed", "skipped")


@contextmanager
def death_at(point: str) -> Iterator[None]:
    """Let the process die at `point`, as far as a process can that goes on testing."""
    module, name, side = POINTS[point]
    place = importlib.import_module(module)
    work: Callable[..., Any] = getattr(place, name)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        if side == "after":
            work(*args, **kwargs)
        raise Death

    with mock.patch.object(place, name, deadly), suppress(Death):
        yield


class Signups(RuleBasedStateMachine):
    """Few numbers, a small budget, and everything that can go wrong."""

    @initialize(delivery=st.sampled_from(["sync", "async"]))
    def begin(self, delivery: str) -> None:
        for model in (RiskFlag, NumberInsightRecord, Lookup, Spending, Usage, Circuit, Pace):
            model.objects.all().delete()
        Scripted.begin()
        Scripted.post = self.post
        told = {"LEVEL": "advanced", "RULES": [], "LIMITS": {}, "THROUGHPUT": 100_000}
        provider = {"BACKEND": "tests.chaos.scripted.Scripted"}
        provider["OPTIONS"] = {"prices": {"advanced": "0.03"}}  # type: ignore[assignment]
        told |= {"PROVIDERS": {"default": provider}, "BUDGET": {"day": str(CAP)}}
        told |= {"DELIVERY": delivery, "CALLBACK_BASE_URL": "https://x.example"}
        self.messages: list[int] = []
        self.made = 0
        self.bought_again: set[str] = set()
        self.seen: dict[int, tuple[str, str]] = {}
        self.settings = override_settings(NUMBER_INSIGHT=told)
        self.bell = mock.patch.object(tasks.bell, "ring", self.ring)
        self.settings.enable()
        self.bell.start()

    def ring(self, record_id: int, **_options: Any) -> bool:
        self.messages.append(record_id)
        return True

    def work(self, record_id: int) -> None:
        with suppress(Death):
            tasks.ring_for(assessment.assess(record_id))

    def post(self, url: str) -> None:
        lookup_id = callbacks.lookup_id_of(url.rstrip("/").rpartition("/")[2])
        assert lookup_id is not None
        with suppress(Lookup.DoesNotExist):
            assessment.absorb(lookup_id, Scripted.promised[url])

    @rule(index=st.integers(0, 2))
    def sign_up(self, index: int) -> None:
        screen(number(index))
        self.made += 1

    @rule(mode=st.sampled_from(MODES))
    def provider(self, mode: str) -> None:
        Scripted.mode = mode

    @rule(choice=st.integers(0, 99), twice=st.booleans())
    def deliver(self, choice: int, twice: bool) -> None:
        if self.messages:
            place = choice % len(self.messages)
            self.work(self.messages[place] if twice else self.messages.pop(place))

    @rule()
    def lose_all_messages(self) -> None:
        self.messages.clear()

    @rule(point=st.sampled_from(sorted(POINTS)), choice=st.integers(0, 99))
    def crash(self, point: str, choice: int) -> None:
        if self.messages:
            with death_at(point):
                self.work(self.messages.pop(choice % len(self.messages)))

    @rule(inline=st.booleans())
    def sweep(self, inline: bool) -> None:
        with suppress(Death):
            tasks.sweep(inline=inline)

    @rule(choice=st.integers(0, 99))
    def callback(self, choice: int) -> None:
        if Scripted.promised:
            self.post(sorted(Scripted.promised)[choice % len(Scripted.promised)])

    @rule(hours=st.sampled_from([0.001, 0.02, 1, 23, 26]))
    def clock(self, hours: float) -> None:
        for model, names in CLOCKS.items():
            gone = {name: F(name) - timedelta(hours=hours) for name in names}
            model.objects.update(**gone)

    @rule(choice=st.integers(0, 99))
    def decide(self, choice: int) -> None:
        record = self.some_record(choice)
        if record is not None and record.is_settled:
            reviewing.release(record)

    @rule(choice=st.integers(0, 99))
    def look_up_again(self, choice: int) -> None:
        record = self.some_record(choice)
        if record is not None and record.is_settled:
            reviewing.look_up_again(record)
            self.bought_again.add(record.number)
            self.seen.clear()

    def some_record(self, choice: int) -> NumberInsightRecord | None:
        records = list(NumberInsightRecord.objects.order_by("pk"))
        return records[choice % len(records)] if records else None

    @invariant()
    def nobody_is_lost(self) -> None:
        assert NumberInsightRecord.objects.count() == self.made, "I1"
        judged = NumberInsightRecord.objects.exclude(state__in=UNFINISHED)
        assert not judged.filter(verdict="pending").exists(), "I4"

    @invariant()
    def nothing_is_paid_twice(self) -> None:
        for digits, count in Scripted.requests.items():
            lookups = Lookup.objects.filter(number=digits)
            tries = sum(lookups.values_list("attempts", flat=True))
            assert count <= tries, "I2: asked unseen"
            assert Scripted.paid[digits] <= lookups.exclude(state="skipped").count(), "I2"
            if digits not in self.bought_again:
                assert lookups.filter(state="answered").count() <= 1, "I2: bought though known"

    @invariant()
    def the_books_are_right(self) -> None:
        spent, reserved = budget.spent()
        charged = sum(Scripted.paid.values()) * Decimal("0.03")
        assert charged <= spent + reserved <= CAP, "I3"
        held = Lookup.objects.values_list("reserved", flat=True)
        assert sum(held, Decimal(0)) == reserved, "I3"

    @invariant()
    def what_is_answered_stays(self) -> None:
        for pk, state, verdict, decision in NumberInsightRecord.objects.values_list(
            "pk", "state", "verdict", "decision"
        ):
            known = self.seen.get(pk)
            assert known is None or known == (state, verdict), "I5"
            if state == "screened" or decision:
                self.seen[pk] = (state, verdict)

    @invariant()
    def requests_are_told_apart(self) -> None:
        assert_requests_are_told_apart()

    def teardown(self) -> None:
        """When all is well again, everything comes to its end."""
        if not hasattr(self, "settings"):
            return
        try:
            Scripted.mode = "answers"
            self.messages.clear()
            for _ in range(4):
                self.clock(26)
                tasks.sweep(inline=True)
            assert not NumberInsightRecord.objects.filter(state__in=UNFINISHED).exists(), "I4"
            untold = NumberInsightRecord.objects.exclude(verdict=F("announced_verdict"))
            assert not untold.exists(), "I4: nobody was told"
            self.nothing_is_paid_twice()
            self.the_books_are_right()
        finally:
            self.bell.stop()
            self.settings.disable()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_order_of_events_loses_a_screening_or_pays_for_one_twice(
    part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same orders in every run, and other ones in every part.
    monkeypatch.setattr("hypothesis.core.global_force_seed", 20270204 + part)
    run_state_machine_as_test(
        Signups,
        settings=settings(
            max_examples=EXAMPLES // PARTS,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
