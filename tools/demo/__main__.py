"""``python -m tools.demo``: the whole product at work on this machine, with a crowd signing up."""

from __future__ import annotations

import signal
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from number_insight.providers.personas.promises import NAMES, NUMBER_INSIGHT
from tools.demo import review
from tools.demo.crowd import LEFT_OUT, Guest, callback_crowd, crowd
from tools.demo.processes import DemoFailed
from tools.demo.report import Outcome, addresses, broken_promises, costs, table
from tools.demo.stage import Stage
from tools.demo.visits import visit

# A log has no width of its own.
console = Console(width=None if sys.stdout.isatty() else 110)


def main() -> int:
    """Run the demo; return the exit status."""
    parser = ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="verify, do not stay, try callbacks")
    parser.add_argument("--provider", choices=NAMES, help="whom the site asks")
    options = parser.parse_args()
    check = options.check
    _listen()
    try:
        chosen = [options.provider] if options.provider else list(NAMES)
        return _checked(chosen) if check else _shown(chosen[0])
    except DemoFailed as error:
        console.print("The demo failed.", style="bold red")
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Everything has ended.")
        return 130 if check else 0


def _listen() -> None:
    """Let every polite way of ending a program be like Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _shown(provider: str) -> int:
    with _opened(Stage(provider=provider)) as stage:
        _perform(stage, crowd(provider), f"Who signed up, under {NAMES[provider]}")
        console.print(f"\nLeft out, since their lookups never end: {', '.join(LEFT_OUT)}.")
        console.print()
        console.print(addresses(stage))
        console.print("\nStop it with Ctrl-C.", style="bold")
        while True:
            stage.check()
            time.sleep(1)


def _checked(providers: list[str]) -> int:
    broken = []
    for provider in providers:
        with _opened(Stage(provider=provider)) as stage:
            title = f"Who signed up, under {NAMES[provider]}"
            broken += _perform(stage, crowd(provider), title)
            broken += _reviewed(stage)
    if NUMBER_INSIGHT in providers:
        with _opened(Stage("async")) as stage:
            broken += _perform(stage, callback_crowd(), "The same with answers posted to the site")
    console.print("[bold red]Not as promised.[/]" if broken else "[bold green]All as promised.[/]")
    return 1 if broken else 0


def _reviewed(stage: Stage) -> list[str]:
    """Look at desk and overview as a reviewer does; return a sentence for each fault."""
    broken = review.faults(stage.browser())
    for sentence in broken:
        console.print(f"✗ {sentence}", style="red", markup=False)
    if not broken:
        console.print("Desk and overview show what was seeded.")
    return broken


def _opened(stage: Stage) -> Stage:
    console.print("Starting sandbox, worker, sweep and site …")
    console.print("No Redis is needed: the queue is a folder here.")
    return stage


def _perform(stage: Stage, guests: list[Guest], title: str) -> list[str]:
    """Let the guests sign up, show what became of them, and return what was not as promised."""
    with _progress() as progress:
        taken = _sign_up(stage, guests, progress)
        records = _judged(stage, sum(taken.values()), progress)
    outcome = Outcome(guests=guests, taken=taken, records=records, ledger=stage.ledger())
    console.print(table(outcome, title))
    console.print(costs(outcome))
    broken = broken_promises(outcome)
    for sentence in broken:
        console.print(f"✗ {sentence}", style="red", markup=False)
    return broken


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _sign_up(stage: Stage, guests: list[Guest], progress: Progress) -> dict[str, int]:
    taken = {}
    for guest in progress.track(guests, description="Signing up"):
        try:
            taken[guest.who] = visit(stage.site_url, guest)
        except requests.RequestException as exc:
            stage.check()  # a program that has ended tells more
            raise DemoFailed(f"The site did not answer {guest.who!r}: {exc}") from exc
    return taken


def _judged(stage: Stage, total: int, progress: Progress) -> list[dict[str, Any]]:
    """Wait until all is judged, and return the records."""
    task = progress.add_task("Judging", total=total)
    rows: list[dict[str, Any]] = []
    for rows in stage.screenings():
        pending = [row["pending"] for row in rows if "pending" in row]
        progress.update(task, completed=total - (pending[-1] if pending else 0))
        time.sleep(0.1)
    progress.update(task, completed=total)
    return [row for row in rows if "pending" not in row]


if __name__ == "__main__":
    sys.exit(main())
