"""A server of the benchmarks that dies is told at once; what they take of the machine is ours."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks import load, program
from tests.benchmarks.load import Reading
from tests.benchmarks.program import ProgramEnded
from tests.support.servers import free_port

pytestmark = pytest.mark.once
BURN = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"


def test_a_server_that_dies_at_its_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    dying = ("-c", "raise SystemExit('the port is taken')")
    with program.running("gunicorn", tmp_path / "log", *dying) as server:
        began = time.monotonic()
        with pytest.raises(ProgramEnded, match="gunicorn ended with code 1: the port is taken"):
            server.await_port(free_port())
    assert time.monotonic() - began < program.PATIENCE / 2


def test_the_time_of_a_program_has_that_of_its_ended_children(tmp_path: Path) -> None:
    parent = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {BURN!r}])\n"
    with program.running("a parent", tmp_path / "log", "-c", f"{parent}time.sleep(60)") as one:
        deadline = time.monotonic() + 30
        while one.cpu < 0.3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert one.cpu >= 0.3


def test_our_own_processes_are_no_other_load() -> None:
    before = Reading(total=100.0, left=50.0, ours=10.0)
    ours = Reading(total=110.0, left=52.0, ours=18.0)
    others = Reading(total=110.0, left=52.0, ours=12.0)
    assert load.idle_share(before, now=ours) == 1.0
    assert load.idle_share(before, now=others) == pytest.approx(0.4)


def test_what_this_process_and_its_children_use_counts_as_ours() -> None:
    before = load.read()
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert load.read().ours - before.ours >= 0.25
