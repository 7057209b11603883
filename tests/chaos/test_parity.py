"""A comparison that is killed goes on where it was, and no number is paid for twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter

import pytest

from number_insight.lookups import expiry
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from tests.chaos.stage import Stand, end_leases, number
from tests.support.stage import identity, vonage
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

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
        assert len(paid) == MANY
        assert set(paid.values()) == {1}
        assert list(NumberInsightRecord.objects.order_by("pk").values()) == before
