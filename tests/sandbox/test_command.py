"""``manage.py number_insight_sandbox`` serves as ``python -m number_insight.sandbox`` does."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from number_insight.management.commands.number_insight_sandbox import Command
from number_insight.sandbox.server import Sandbox


def test_a_taken_port_is_one_clear_error(sandbox: Sandbox) -> None:
    with pytest.raises(CommandError, match=f"127.0.0.1:{sandbox.port} is taken"):
        call_command(Command(), "--port", str(sandbox.port))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--balance", "much"), ("--delay", "-1"), ("--throughput", "0"), ("--dialect", "1999")],
)
def test_a_bad_option_is_named(option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option):
        call_command(Command(), option, value)
