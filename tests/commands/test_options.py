"""An option whose value cannot be right ends a command with the exit status 2, as the page says."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from tests.support.pages import read
from tests.support.stage import CLEAN, asking

pytestmark = pytest.mark.django_db

WRONG = [
    ("sweep", "--loop=0"),
    ("sweep", "--loop=nan"),
    ("sweep", "--loop=inf"),
    ("purge", "--batch=0"),
    ("purge", "--days=-1"),
    ("backfill", "shop.Customer.phone", "--limit=0"),
    ("parity", "--provider=default", "--numbers=0"),
    ("parity", "--provider=default", "--since=yesterday"),
    ("replay", "--jobs=0"),
    ("replay", "--limit=0"),
    ("replay", "--until=2026-02-30"),
    ("replay", "--quality", "--apply"),
    ("selftest", "--timeout=0"),
    ("subject", "--export"),
    ("subject", "--model=no.Model", "--pk=1", "--export"),
    ("lookup", CLEAN, "--country=XX"),
    ("lookup", CLEAN, "--ip=10.0.0.1"),
    ("lookup", CLEAN, "--provider=other"),
    ("parity", "--provider=other"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_value_that_cannot_be_right_ends_with_status_2(words: tuple[str, ...]) -> None:
    command, *options = words
    with asking(), pytest.raises(CommandError) as caught:
        call_command(f"number_insight_{command}", *options)
    assert (caught.value.returncode, type(caught.value)) == (2, CommandError)  # Django prints it


def test_work_that_fails_ends_with_status_1() -> None:
    with asking(ENABLED=False), pytest.raises(CommandError) as caught:
        call_command("number_insight_lookup", CLEAN)
    assert caught.value.returncode == 1
    page = " ".join(read("docs/commands.md").split())
    assert "2 for an option that is unknown or whose value cannot be right" in page
