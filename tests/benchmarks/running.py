from __future__ import annotations
from tests.benchmarks.measuring import Size
from tests.benchmarks import signup, worker, webhook, admin_pages

def run(stand, options):
    size = Size(rounds=options.rounds, share=options.share, large=options.large)
    for f in (signup.added_by_the_field, signup.at_a_slow_provider, signup.broker_refused, signup.broker_hung, worker.many_threads, worker.two_processes, webhook.callbacks_a_second, admin_pages.pages, admin_pages.stock):
        if options.names and not any(n in f.__name__ for n in options.names):
            continue
        o = f(stand, size)
        o = tuple(o.values()) if isinstance(o, dict) else o
        for x in (o if isinstance(o, tuple) else (o,)):
            print(f.__name__, round(x.median,3), x.spread, dict(x.figures), flush=True)
    return 0
