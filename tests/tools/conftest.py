"""The demo is run as people run it, in an environment without the suite's own settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without the suite's own settings, with a folder for temporary files."""
    ours = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(tmp_path),
    }
    kept = ("HOME", "LANG", "SYSTEMROOT")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, **ours}
