"""However many spend or ask at once, budget and limits are exact, and nothing is bought twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from decimal import Decimal

import pytest

from number_insight import reviewing
from number_insight.exceptions import Unsupported
from number_insight.lookups import expiry
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from number_insight.screening import screen, worker
from tests.chaos.processes import Web
from tests.chaos.stage import Stand, all_settled, end_leases, number
from tests.models import Customer
from tests.support.stage import identity, money, sweep, vonage, work_off
from tests.support.waiting import at_once, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_row_50_fifty_at_once_spend_the_budget_to_the_cent(stand: Stand) -> None:
    stand.configure(BUDGET={"day": "0.60"})
    records = [screen(number(index)) for index in range(50)]
    at_once(50, lambda index: work_off(records[index].pk))
    # What was put off for a moment comes to the same.
    assert until(lambda: all_settled() or sweep() < 0, 20)
    assert (stand.sandbox.ledger.count(), money()) == (20, ("0.6", "0"))
    assert NumberInsightRecord.objects.filter(lane="budget").count() == 30


@pytest.mark.parametrize(
    ("limits", "allowed"), [({"ip": "7/day"}, 7), ({"network": "9/hour"}, 9)], ids=["ip", "network"]
)
def test_row_50_fifty_at_once_reach_a_limit_and_do_not_pass_it(
    stand: Stand, limits: dict[str, str], allowed: int
) -> None:
    stand.configure(LIMITS=limits)
    records = [screen(number(index), ip="8.8.8.8") for index in range(50)]
    at_once(50, lambda index: work_off(records[index].pk))
    assert stand.sandbox.ledger.count() == allowed
    assert NumberInsightRecord.objects.filter(lane="budget").count() == 50 - allowed


def test_row_71_two_clicks_buy_one_lookup(stand: Stand) -> None:
    stand.configure(timeout=1)
    stand.sandbox.behave(number(0), fault="half", times=1)
    record = screen(number(0))
    work_off(record.pk)
    assert Lookup.objects.get().state == "uncertain"
    stand.sandbox.behave(number(0), delay=0.5)  # so long that the second click comes meanwhile

    def click(_index: int) -> None:
        try:
            reviewing.look_up_again(NumberInsightRecord.objects.get(pk=record.pk))
        except Unsupported:
            return
        work_off(record.pk)

    at_once(2, click)
    sweep()
    record.refresh_from_db()
    assert (stand.sandbox.ledger.count(), record.state) == (2, "screened")
    assert Lookup.objects.filter(supersedes__isnull=False).count() == 1


def test_a_record_that_joins_at_the_moment_of_the_answer_is_judged_by_it(stand: Stand) -> None:
    for turn in range(3):
        stand.sandbox.behave(number(turn), delay=0.3)

        def sign_up_and_work(index: int, turn: int = turn) -> None:
            time.sleep(random.Random(index).uniform(0, 0.6))
            worker.screen(screen(number(turn)).pk)

        at_once(30, sign_up_and_work)
        sweep()
        assert stand.sandbox.ledger.count(number(turn)) == 1
    assert all_settled()
    records = NumberInsightRecord.objects.all()
    assert {record.line_type for record in records} == {"mobile"}
    assert sum(record.cost for record in records) == Decimal("0.09")


PROCESSES, CROWD = 3, 100


def test_a_hundred_signups_at_once_from_three_web_processes_cost_one_lookup(stand: Stand) -> None:
    stand.sandbox.behave(number(0), delay=0.5)
    stand.worker(pool="threads", concurrency=4)
    with ExitStack() as stack:
        sites = [
            stack.enter_context(Web(stand.environment, stand.directory)) for _ in range(PROCESSES)
        ]

        def come(index: int) -> tuple[int, str]:
            site = sites[index % PROCESSES]
            return site.post("/signup/", name=f"Visitor {index}", phone=number(0))

        answers = at_once(CROWD, come)
        assert [status for status, _ in answers] == [200] * CROWD
        assert len({process for _, process in answers}) == PROCESSES
        stand.heal()
    assert Customer.objects.count() == NumberInsightRecord.objects.count() == CROWD
    assert NumberInsightRecord.objects.filter(state="screened", verdict="pending").count() == 0
    assert stand.sandbox.ledger.count() == 1
    assert Lookup.objects.exclude(state="skipped").count() == 1
    assert money() == ("0.03", "0")


MANY = 40
COMMAND = [sys.executable, "-m", "django", "number_insight_parity", "--provider", "identity"]
COMMAND += ["--numbers", str(MANY), "--json"]


def start(stand: Stand) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    pipe = subprocess.PIPE
    environment = stand.process_environment
    return subprocess.Popen(COMMAND, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_a_killed_comparison_goes_on_and_pays_for_nothing_twice(stand: Stand) -> None:
    with Sandbox() as other:
        spare = identity(other)["PROVIDERS"]["default"]
        stand.configure(PROVIDERS={**vonage(stand.sandbox)["PROVIDERS"], "identity": spare})
        stand.worker(pool="threads", concurrency=4)
        stand.sign_up(MANY)
        stand.heal()
        before = list(NumberInsightRecord.objects.order_by("pk").values())
        for index in range(MANY):
            other.behave(number(index), delay=0.5)
        first = start(stand)
        assert until(lambda: Lookup.objects.filter(provider="identity").exists(), 30)
        time.sleep(0.7)
        first.kill()
        first.communicate()
        asked = other.ledger.count()
        assert 0 < asked < MANY
        end_leases()
        expiry.expire()
        told, errors = start(stand).communicate(timeout=60)
        document = json.loads(told)
        lost = Lookup.objects.filter(provider="identity", state="uncertain").count()
        assert document["numbers"] == MANY - lost, errors
        assert lost <= 16
        paid = Counter(entry.number for entry in other.ledger.entries)
        assert MANY - lost <= len(paid) <= MANY  # of those lost, some may not have been sent
        assert set(paid.values()) == {1}
        assert list(NumberInsightRecord.objects.order_by("pk").values()) == before
