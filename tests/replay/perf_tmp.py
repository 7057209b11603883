from __future__ import annotations

import os
import resource
import time

import pytest

from number_insight import rulesets
from number_insight.recollection import settled
from number_insight.replay import Tally, replay
from tests.replay.stage import seed

N = int(os.environ.get("N", "100000"))


@pytest.mark.django_db
def test_perf():
    t = time.time()
    seed(N)
    print("seed", time.time() - t)
    from django.db import connection

    with connection.cursor() as c:
        c.execute("ANALYZE")
    for name, rs in (
        (
            "no history: 5 rules",
            rulesets.read(
                "[%s]"
                % ",".join(
                    '{"NAME":"number_insight.rules.%s"}' % r
                    for r in (
                        "line.Virtual",
                        "line.Landline",
                        "validity.NotValid",
                        "place.IPMismatch",
                        "place.CarrierCountry",
                    )
                )
            ),
        ),
        ("standard", rulesets.active()),
    ):
        tally = Tally()
        t = time.time()
        m0 = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for i, _ in enumerate(replay(rs, settled(), tally)):
            pass
        d = time.time() - t
        print(
            name,
            d,
            N / d,
            "/s",
            tally.as_json(),
            tally.reasons,
            "maxrss MB",
            m0 // 1024,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
    tally = Tally()
    t = time.time()
    if os.environ.get("PROF"):
        import cProfile
        import pstats

        p = cProfile.Profile()
        p.enable()
    for _ in replay(rulesets.active(), settled(), tally, apply=True):
        pass
    if os.environ.get("PROF"):
        p.disable()
        pstats.Stats(p).sort_stats("tottime").print_stats(25)
    d = time.time() - t
    print("apply", d, N / d, tally.written)
    tally = Tally()
    t = time.time()
    for _ in replay(rulesets.active(), settled(), tally, apply=True):
        pass
    d = time.time() - t
    print("apply again", d, N / d, tally.written, tally.as_json())
