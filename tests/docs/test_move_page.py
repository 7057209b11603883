"""The page on the move says which verdicts change, and goes by settings and commands that exist."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from number_insight.providers.personas import PERSONAS, promise
from number_insight.providers.personas.promises import NAMES
from tests.support.pages import blocks, read, rows, section
from tests.support.project import Project

PAGE = "docs/move.md"
AFTER = date(2027, 2, 9)
"""A day on which Number Insight has been switched off."""
NUMBERS = ("+46701740605", "+46701740611", "+46701740612")
CLOCK = """
from datetime import timedelta

from django.apps import AppConfig
from django.utils import timezone
from number_insight.clock import Now

AHEAD = timedelta(days={days})
TEMPLATE = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW', '+{days} days')"


class SignupConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "signup"

    def ready(self):
        now = timezone.now
        timezone.now = lambda: now() + AHEAD
        Now.as_sqlite = lambda self, *args, **more: self.as_sql(*args, template=TEMPLATE, **more)
"""
SIGN_UP = """
from django.core.management import call_command
from signup.models import User
for number in {numbers}:
    user = User.objects.create(username=number, phone=number)
call_command("number_insight_sweep", "--inline")
record = user.get_phone_record()
print("TOLD", record.basis, record.lookup.provider)
"""
MAILERS = """
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}
"""
"""The mail of a site in production: from 6.1 on, Django's checks refuse that of a new project."""
SECRETS = {
    "VONAGE_API_KEY": "any",
    "VONAGE_API_SECRET": "any",
    "VONAGE_APPLICATION_ID": "0b1e8f3e-5b6f-4b0e-9b1c-2f6a1b9a7c11",
    "VONAGE_PRIVATE_KEY": "private.key",
    "TWILIO_API_KEY": "any",
    "TWILIO_API_SECRET": "any",
}


class Move:
    """A project that follows the page to the provider `name`, with a clock after the last day."""

    def __init__(self, shop: Project, name: str) -> None:
        self.shop, self.name = shop, name

    def write(self, heading: str) -> None:
        """Put the settings under a heading at the end of the project's."""
        page = section(PAGE, heading)
        path = self.shop.directory / "shop" / "settings.py"
        for block in (block for block in blocks(PAGE, "python") if block.text in page):
            text = block.text if 'PROVIDERS": {' in block.text else self.here(block.text)
            path.write_text(path.read_text() + self.shop.here(text))

    def type(self, heading: str) -> list[str]:
        """Type what stands under a heading; return what each command prints."""
        page = section(PAGE, heading)
        typed = [block for block in blocks(PAGE, "console") if block.text in page]
        return [self.shop.run(self.here(line)) for block in typed for line in block.commands]

    def here(self, text: str) -> str:
        is_about_sandbox = "SANDBOX" in text
        return text if is_about_sandbox else text.replace("twilio", self.name)

    def sign_up(self, *numbers: str) -> tuple[str, str]:
        """Screen new signups; return basis and provider of the verdict on the last one."""
        told = self.shop.execute(SIGN_UP.format(numbers=numbers))
        basis, provider = re.findall("TOLD (\\S+) (\\S+)", told)[0]
        return basis, provider

    def set_clock(self) -> None:
        days = max((AFTER - date.today()) // timedelta(days=1), 0)
        (self.shop.directory / "signup" / "apps.py").write_text(CLOCK.format(days=days))


@pytest.fixture(params=["identity", "twilio"])
def move(
    request: pytest.FixtureRequest, shop: Project, sandbox: None, monkeypatch: pytest.MonkeyPatch
) -> Move:
    """A shop with answers of Number Insight, and the secrets of all providers."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    _make_key(shop.directory)
    made = Move(shop, request.param)
    assert made.sign_up(*NUMBERS) == ("answer", "default")
    made.set_clock()
    settings = shop.directory / "shop" / "settings.py"
    settings.write_text(settings.read_text() + MAILERS)
    return made


def _make_key(directory: Path) -> None:
    (command,) = re.findall(r"^\$ (openssl .+)$", read(PAGE), re.MULTILINE)
    subprocess.run(command.split(), cwd=directory, check=True, capture_output=True)


def test_the_page_leads_to_the_end_after_the_last_day_of_number_insight(move: Move) -> None:
    move.write("1. Add it")
    checked, asked = move.type("2. Check it")
    assert "was switched off by its vendor on 2027-02-04" in checked
    assert re.search("verdict +allow", asked)
    assert move.sign_up("+46701740698") == ("no_answer", "default")

    estimated, compared = move.type("3. Compare")
    assert "3 of them have to be asked" in estimated
    assert "3 numbers compared" in compared
    again = move.shop.run(f"python manage.py number_insight_parity --provider {move.name} --json")
    told = json.loads(again[again.index("{") : again.rindex("}") + 1])
    assert (told["numbers"], set(told["cost"].values()) - {"0"}) == (3, set())

    move.write("4. Run it in shadow")
    (counted,) = move.type("4. Run it in shadow")
    assert counted.strip().endswith("0")
    move.write("5. Share")
    assert move.sign_up("+46701740640") == ("answer", move.name)

    move.write("6. Make it the default")
    assert move.sign_up("+46701740641") == ("answer", "default")
    path = move.shop.directory / "shop" / "settings.py"
    path.write_text(path.read_text() + 'del NUMBER_INSIGHT["PROVIDERS"]["number_insight"]\n')
    assert "switched off" not in move.shop.run("python manage.py check --deploy")
    assert move.sign_up("+46701740642") == ("answer", "default")


def test_the_personas_whose_verdicts_change_are_on_the_page() -> None:
    expected = []
    for persona in PERSONAS:
        promised = [promise(persona, provider) for provider in NAMES]
        if len({each.verdict for each in promised}) > 1:
            expected.append([f"`{persona.name}`", *map(str, promised)])
    table = rows(section(PAGE, "What is lost, and what is gained"))
    head = ["persona", *NAMES.values()]
    assert table[-len(expected) :] == expected
    assert " | ".join(head) in section(PAGE, "What is lost, and what is gained")


def test_the_steps_are_those_that_the_front_page_names() -> None:
    headings = [line for line in read(PAGE).splitlines() if line.startswith("## ")]
    steps = [line.partition(". ")[2] for line in headings if line[3].isdigit()]
    words = ["add", "check", "compare", "shadow", "share", "default", "remove"]
    assert len(steps) == len(words)
    assert all(word in step.lower() for word, step in zip(words, steps, strict=True))
    notice = section("README.md", "Vonage switches Number Insight off")
    assert ", ".join(words) in notice.replace("\n", " ")


def test_each_step_says_what_to_type() -> None:
    typed = [line for block in blocks(PAGE, "console") for line in block.commands]
    for command in ("check", "number_insight_lookup", "number_insight_parity", "shell"):
        assert any(line.startswith(f"python manage.py {command}") for line in typed)
