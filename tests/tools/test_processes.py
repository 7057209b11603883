"""The programs of the demo are waited for within a bound, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.demo.processes import DemoFailed, Program

pytestmark = pytest.mark.once

LAST_WORDS = "print('first'); print('the port is taken'); raise SystemExit(3)"
SLEEP = "import time; print('up', flush=True); time.sleep(60)"
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)


@contextmanager
def started(code: str, folder: Path) -> Iterator[Program]:
    """Start `code`, and end it after the block."""
    program = Program(
        "example", [sys.executable, "-c", code], environment=os.environ, folder=folder
    )
    try:
        yield program
    finally:
        program.ask_to_end()
        program.end()


def is_gone(pid: int) -> bool:
    """Whether the process ends within some seconds; one that nobody waits for counts as ended."""
    for _ in range(100):
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        if not state or state.startswith("Z"):
            return True
        time.sleep(0.05)
    return False


def test_a_program_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    with started(LAST_WORDS, tmp_path) as program, pytest.raises(DemoFailed) as failure:
        program.wait_until(lambda: False, seconds=20)
    assert "The example ended by itself (status 3)" in str(failure.value)
    assert "the port is taken" in str(failure.value)


def test_a_program_that_does_not_come_up_is_waited_for_so_long(tmp_path: Path) -> None:
    with started(SLEEP, tmp_path) as program, pytest.raises(DemoFailed, match=r"not up after 0\.3"):
        program.wait_until(lambda: False, seconds=0.3)


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with started(LAST_WORDS, tmp_path) as program, pytest.raises(DemoFailed, match="status 3"):
        program.wait(seconds=20)


def test_a_program_is_ended_together_with_its_children(tmp_path: Path) -> None:
    with started(PARENT, tmp_path) as program:
        program.wait_until(lambda: "\n" in program.output, seconds=20)
        child = int(program.output)
        assert program.is_running
    assert not program.is_running
    assert is_gone(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_that_the_demo_has_started(
    number: signal.Signals, environment: dict[str, str], tmp_path: Path
) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "tools.demo"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        children = first_children(demo.pid, tmp_path)
        demo.send_signal(number)
        output, _errors = demo.communicate(timeout=60)
    finally:
        demo.kill()
        demo.wait()
    assert "Everything has ended." in output
    assert demo.returncode == 0
    assert children
    assert all(is_gone(pid) for pid in children)
    assert not list(tmp_path.glob("number-insight-demo-*"))


def first_children(pid: int, folder: Path) -> list[int]:
    """Return the programs that the demo has started within a minute."""
    for _ in range(600):
        if list(folder.glob("number-insight-demo-*/sandbox.log")):
            break
        time.sleep(0.1)
    rows = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    pairs = [row.split() for row in rows]
    return [int(child) for child, parent in pairs if int(parent) == pid]
