"""The example project holds what its own tests say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once


def manage(example: Path, environment: dict[str, str], *arguments: str) -> str:
    """Run a management command of the example; return its output, which ends well."""
    command = [sys.executable, str(example / "manage.py"), *arguments]
    run = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    print(run.stdout)
    assert run.returncode == 0
    return run.stdout


def test_its_own_tests_pass(example: Path, environment: dict[str, str]) -> None:
    output = manage(example, environment, "test", "shop")
    assert "\nOK" in output


def test_it_starts_without_a_complaint(example: Path, environment: dict[str, str]) -> None:
    output = manage(example, environment, "check", "--fail-level", "WARNING")
    assert "no issues (0 silenced)" in output


def test_its_migrations_say_what_its_models_say(example: Path, environment: dict[str, str]) -> None:
    manage(example, environment, "makemigrations", "--check", "--dry-run", "shop")
