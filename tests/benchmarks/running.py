"""Runs the benchmarks one after the other, and prints the table."""
from __future__ import annotations
from tests.benchmarks.measuring import Size
from tests.benchmarks import signup, worker

def run(stand, options):
    size = Size(rounds=options.rounds, share=options.share, large=options.large)
    for f in (signup.added_by_the_field, signup.at_a_slow_provider, signup.broker_refused, signup.broker_hung, worker.many_threads, worker.two_processes):
        if options.names and not any(n in f.__name__ for n in options.names):
            continue
        o = f(stand, size)
        for x in (o if isinstance(o, tuple) else (o,)):
            print(f.__name__, round(x.median,3), x.spread, dict(x.figures), flush=True)
    return 0
