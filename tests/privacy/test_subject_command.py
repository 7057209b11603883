"""The command exports to a file of its owner alone, and erases nothing unasked."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from tests.privacy.stage import NUMBER, found_in, rows
from tests.privacy.test_subject import customer_with_everything
from tests.support.stage import command

pytestmark = pytest.mark.django_db


def test_nothing_is_erased_unless_somebody_says_yes() -> None:
    customer_with_everything()
    with pytest.raises(CommandError, match="say --yes"):
        command("subject", "--number", NUMBER, "--erase")
    assert found_in(rows()) != []


def test_a_file_with_an_export_is_for_its_owner_only(tmp_path: Path) -> None:
    customer_with_everything()
    place = tmp_path / "export.json"
    assert "1 record exported" in command("subject", "--number", NUMBER, "--export", str(place))
    assert json.loads(place.read_text(encoding="utf-8"))["records"][0]["number"] == NUMBER
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_replaced_and_not_opened_to_others(tmp_path: Path) -> None:
    customer_with_everything()
    place, other = tmp_path / "export.json", tmp_path / "another name of it"
    place.write_text("before")
    place.chmod(0o666)
    os.link(place, other)
    command("subject", "--number", NUMBER, "--export", str(place))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert NUMBER in place.read_text(encoding="utf-8")
    assert other.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == sorted([place, other])


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_is_not_followed(tmp_path: Path, is_there: bool) -> None:
    customer_with_everything()
    link, target = tmp_path / "export.json", tmp_path / "target"
    if is_there:
        target.write_text("before")
    link.symlink_to(target)
    with pytest.raises(CommandError, match="cannot be written: it is a link"):
        command("subject", "--number", NUMBER, "--export", str(link))
    assert link.is_symlink()
    assert target.exists() is is_there
    assert not is_there or target.read_text() == "before"


def test_a_device_is_not_replaced() -> None:
    with pytest.raises(CommandError, match="cannot be written: it is a link, a directory or a dev"):
        command("subject", "--number", NUMBER, "--export", os.devnull)
    assert Path(os.devnull).is_char_device()


def test_nothing_held_is_said() -> None:
    assert command("subject", "--number", NUMBER, "--erase", "--yes").startswith("Nothing is held")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--number", "nobody"), "Enter the phone number with the digits"),
        ((), "Say either --number, or both --model and --pk"),
        (("--model", "tests.Customer"), "Say either --number, or both"),
        (("--number", NUMBER, "--pk", "1"), "Say either --number, or both"),
        (("--model", "shop.Nothing", "--pk", "1"), "There is no model 'shop.Nothing'"),
        (("--model", "nothing", "--pk", "1"), "There is no model 'nothing'"),
        (("--model", "tests.Customer", "--pk", "one"), "'one' is no key of tests.Customer"),
        (("--model", "tests.UUIDCustomer", "--pk", "1"), "'1' is no key of tests.UUIDCustomer"),
    ],
)
def test_bad_input_gets_one_sentence(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said) as caught:
        command("subject", *words, "--export")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        command("subject", "--number", NUMBER, "--export", str(tmp_path / "no" / "file"))
