"""The example project as somebody has it who copied its folder, on ports that are free."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.pages import ROOT
from tests.support.project import Project


@pytest.fixture
def example(tmp_path: Path) -> Project:
    """A copy of the example project."""
    kept_back = shutil.ignore_patterns("__pycache__", "*.sqlite3*")
    folder = shutil.copytree(ROOT / "example_project", tmp_path / "example", ignore=kept_back)
    copied = Project(folder, Path(sys.executable))
    settings = folder / "project" / "settings.py"
    settings.write_text(copied.here(settings.read_text()))
    return copied
