"""I1 to I7 as a state machine: hypothesis searches for an order of events that breaks them."""

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
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from number_insight import reviewing
from number_insight.lookups import budget, callbacks
from number_insight.models import (
    Circuit,
    Lookup,
    NumberInsightRecord,
    Pace,
    RiskFlag,
    Spending,
    Usage,
)
from number_insight.screening import screen, sweeps, webhook, worker
from number_insight.screening.bell import bell
from tests.chaos.scripted import EARLY, FREE, PAID, Death, Scripted
from tests.chaos.stage import number
from tests.chaos.worker import POINTS
from tests.support.invariants import UNFINISHED, assert_requests_are_told_apart

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = 125
"""Orders of events in each part; half of them find each fault of `test_machine_finds_faults`."""
PARTS = 4
"""So many tests, which can be run side by side."""
PRICE = Decimal("0.03")
CAP = Decimal("0.21")
CLOCKS = {
    Lookup: ("created_at", "called_at", "lease_until", "next_try_at", "answered_at"),
    NumberInsightRecord: ("created_at", "screened_at"),
    Circuit: ("open_until",),
}
SETTLED = ("answered", "partial", "failed", "skipped")
COSTLY = st.sampled_from((*PAID, *EARLY, "answers"))
MODES = COSTLY | st.sampled_from(tuple(FREE))
"""Half of the provider's modes cost something: that is where money is lost."""
CHOICES = st.integers(0, 99)


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

    delivery = "sync"

    @initialize(mode=COSTLY)
    def begin(self, mode: str) -> None:
        for model in (RiskFlag, NumberInsightRecord, Lookup, Spending, Usage, Circuit, Pace):
            model.objects.all().delete()
        Scripted.begin()
        Scripted.post = self.post
        told = {"LEVEL": "advanced", "RULES": [], "LIMITS": {}, "THROUGHPUT": 100_000}
        provider = {"BACKEND": "tests.chaos.scripted.Scripted"}
        provider["OPTIONS"] = {"prices": {"advanced": str(PRICE)}}  # type: ignore[assignment]
        told |= {"PROVIDERS": {"default": provider}, "BUDGET": {"day": str(CAP)}}
        told |= {"DELIVERY": self.delivery, "CALLBACK_BASE_URL": "https://x.example"}
        self.messages: list[int] = []
        self.made = 0
        self.bought_again: set[str] = set()
        self.seen: dict[int, tuple[str, str]] = {}
        self.settled: dict[int, str] = {}
        self.settings = override_settings(NUMBER_INSIGHT=told)
        self.bell = mock.patch.object(bell, "ring", self.ring)
        self.settings.enable()
        self.bell.start()
        self.sign_up(0)
        self.deliver(0, True, mode)

    def ring(self, record_id: int, **_options: Any) -> bool:
        self.messages.append(record_id)
        return True

    def work(self, record_id: int) -> None:
        with suppress(Death):
            sweeps.ring_for(worker.screen(record_id))

    def post(self, url: str) -> None:
        lookup_id = callbacks.lookup_id_of(url.rstrip("/").rpartition("/")[2])
        assert lookup_id is not None
        with suppress(Lookup.DoesNotExist):
            webhook.absorb(lookup_id, Scripted.promised[url])

    @rule(index=st.integers(0, 2))
    def sign_up(self, index: int) -> None:
        screen(number(index))
        self.made += 1

    @precondition(lambda self: self.messages)
    @rule(choice=CHOICES, twice=st.booleans(), mode=MODES)
    def deliver(self, choice: int, twice: bool, mode: str) -> None:
        Scripted.mode = mode
        place = choice % len(self.messages)
        self.work(self.messages[place] if twice else self.messages.pop(place))

    @precondition(lambda self: self.messages)
    @rule()
    def lose_all_messages(self) -> None:
        self.messages.clear()

    @precondition(lambda self: self.messages)
    @rule(point=st.sampled_from(sorted(POINTS)), choice=CHOICES)
    def crash(self, point: str, choice: int) -> None:
        with death_at(point):
            self.work(self.messages.pop(choice % len(self.messages)))

    @rule(inline=st.booleans(), mode=MODES)
    def sweep(self, inline: bool, mode: str) -> None:
        Scripted.mode = mode
        with suppress(Death):
            sweeps.sweep(inline=inline)

    @precondition(lambda self: Scripted.promised)
    @rule(choice=CHOICES, times=st.integers(1, 2), is_decided=st.booleans())
    def callback(self, choice: int, times: int, is_decided: bool) -> None:
        if is_decided and self.some_record(choice):
            self.decide(choice)
            self.what_is_answered_stays()
        for _ in range(times):
            self.post(sorted(Scripted.promised)[choice % len(Scripted.promised)])

    @rule(hours=st.sampled_from([0.02, 1, 23, 26]))
    def clock(self, hours: float) -> None:
        for model, names in CLOCKS.items():
            gone = {name: F(name) - timedelta(hours=hours) for name in names}
            model.objects.update(**gone)

    @rule(hours=st.sampled_from([0.02, 1, 26]), mode=MODES)
    def wait_and_sweep(self, hours: float, mode: str) -> None:
        self.clock(hours)
        self.sweep(True, mode)

    @precondition(lambda self: self.some_record(0))
    @rule(choice=CHOICES)
    def decide(self, choice: int) -> None:
        reviewing.release(self.some_record(choice))

    @precondition(lambda self: self.some_record(0))
    @rule(choice=CHOICES)
    def look_up_again(self, choice: int) -> None:
        record = self.some_record(choice)
        reviewing.look_up_again(record)
        self.bought_again.add(record.number)
        self.seen.clear()

    def some_record(self, choice: int) -> NumberInsightRecord | None:
        """Return one of the records that are over, if there is one."""
        records = list(NumberInsightRecord.objects.exclude(state__in=UNFINISHED).order_by("pk"))
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
        charged = sum(Scripted.paid.values()) * PRICE
        assert charged <= spent + reserved <= CAP, "I3"
        held = Lookup.objects.values_list("reserved", flat=True)
        assert sum(held, Decimal(0)) == reserved, "I3"
        tries = sum(Lookup.objects.values_list("attempts", flat=True))
        assert spent + reserved <= tries * PRICE, "I3: booked more than was asked for"

    @invariant()
    def what_is_answered_stays(self) -> None:
        for pk, state, verdict, decision in NumberInsightRecord.objects.values_list(
            "pk", "state", "verdict", "decision"
        ):
            known = self.seen.get(pk)
            assert known is None or known == (state, verdict), "I5"
            if state == "screened" or (decision and state not in UNFINISHED):
                self.seen[pk] = (state, verdict)

    @invariant()
    def a_settled_lookup_stays(self) -> None:
        for pk, state in Lookup.objects.values_list("pk", "state"):
            assert self.settled.get(pk, state) == state, "I5: a lookup was opened again"
            if state in SETTLED:
                self.settled[pk] = state
        settled = Lookup.objects.filter(state__in=SETTLED)
        assert not settled.exclude(reserved=0).exists(), "I3: settled, and money is still held"
        screened = NumberInsightRecord.objects.filter(state="screened", lookup__isnull=False)
        assert not screened.exclude(lookup__state__in=SETTLED).exists(), "I5: an answer was lost"

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
                sweeps.sweep(inline=True)
            assert not NumberInsightRecord.objects.filter(state__in=UNFINISHED).exists(), "I4"
            untold = NumberInsightRecord.objects.exclude(verdict=F("announced_verdict"))
            assert not untold.exists(), "I4: nobody was told"
            self.nothing_is_paid_twice()
            self.the_books_are_right()
            self.a_settled_lookup_stays()
        finally:
            self.bell.stop()
            self.settings.disable()


class SignupsWithCallbacks(Signups):
    """The same where the answers come to the webhook."""

    delivery = "async"


def run_part(part: int, monkeypatch: pytest.MonkeyPatch, *phases: Phase) -> None:
    """Try orders of events: the same in every run, and other ones in every part."""
    monkeypatch.setattr("hypothesis.core.global_force_seed", 20270204 + part)
    run_state_machine_as_test(
        (Signups, SignupsWithCallbacks)[part % 2],
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12,
            deadline=None,
            database=None,
            phases=phases or tuple(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("part", range(PARTS))
def test_no_order_of_events_loses_a_screening_or_pays_for_one_twice(
    part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_part(part, monkeypatch)
