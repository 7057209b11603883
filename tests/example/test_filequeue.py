"""The broker in a folder delivers whole messages, while both sides are at work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

MESSAGES = 500
OPEN = """
import sys
from pathlib import Path
from kombu import Connection
import project.celery
from project.environment import broker_options

options = broker_options("filequeue://", Path(sys.argv[1]))
connection = Connection("filequeue://", transport_options={**options, "polling_interval": 0.0005})
queue = connection.SimpleQueue("numbers")
"""
PUBLISH = f"{OPEN}\nfor number in range({MESSAGES}): queue.put({{'padding': 'x' * 5000}})"
READ = f"{OPEN}\nfor number in range({MESSAGES}): queue.get(timeout=20).ack()"


def test_a_message_is_never_read_half_written(environment: dict[str, str], tmp_path: Path) -> None:
    # In processes of their own: the example's Celery app would become the suite's.
    publisher, reader = (
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "queue")],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for code in (PUBLISH, READ)
    )
    for process in (publisher, reader):
        _output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert not list(tmp_path.rglob("*.msg*"))
