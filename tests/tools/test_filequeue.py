"""The broker in a folder works while several processes write and read in it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

MESSAGES = 500
QUEUES = 50
STARTING = 3.0
"""Seconds after which all have been started; they begin together."""

BEGIN = """
import sys, time
from pathlib import Path
from kombu import Connection
from tools.demo.filequeue import Transport, options

quick = {**options(Path(sys.argv[1])), "polling_interval": 0.0005}
connection = Connection(transport=Transport, transport_options=quick)
time.sleep(max(float(sys.argv[2]) - time.time(), 0))
"""
OPEN = f"{BEGIN}\nqueue = connection.SimpleQueue('numbers')"
PUBLISH = f"{OPEN}\nfor number in range({MESSAGES}): queue.put({{'padding': 'x' * 5000}})"
READ = f"{OPEN}\nfor number in range({MESSAGES}): queue.get(timeout=20).ack()"
BIND = f"{BEGIN}\nfor number in range({QUEUES}): connection.SimpleQueue(f'queue{{number}}').put(1)"


def run_together(codes: list[str], environment: dict[str, str], folder: Path) -> None:
    """Run each code in a process of its own; all of them end well."""
    arguments = [str(folder), str(time.time() + STARTING)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for code in codes
    ]
    for process in processes:
        _output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors


def test_a_message_is_never_read_half_written(environment: dict[str, str], tmp_path: Path) -> None:
    run_together([READ, PUBLISH], environment, tmp_path)
    assert not list(tmp_path.rglob("*.msg*"))


def test_a_queue_may_be_made_by_several_at_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    run_together([BIND] * 3, environment, tmp_path)
    assert len(list(tmp_path.rglob("*.msg"))) == 3 * QUEUES
