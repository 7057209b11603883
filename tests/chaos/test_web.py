"""Several web processes, one number: one question, one request, one price."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from number_insight.models import Lookup, NumberInsightRecord
from tests.chaos.processes import Web
from tests.chaos.stage import Stand, number
from tests.models import Customer
from tests.support.stage import money
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db(transaction=True)

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
