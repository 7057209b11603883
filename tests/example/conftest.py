"""The example project is a project of its own: it is run, never imported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "example_project"


@pytest.fixture
def example() -> Path:
    """The folder of the example project."""
    return EXAMPLE


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without the suite's own settings, with a place for what the example keeps."""
    ours = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(EXAMPLE),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(tmp_path),
        "VAR_DIR": str(tmp_path / "var"),
    }
    kept = ("HOME", "LANG", "SYSTEMROOT")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, **ours}
