"""A copy of the example project runs as its README says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from tests.support.keys import private_key
from tests.support.pages import blocks
from tests.support.project import Project, answers
from tests.support.servers import Redis
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.once

README = "example_project/README.md"
MIGRATE = "python manage.py migrate"
SANDBOX = "python manage.py number_insight_sandbox"
SITE = "python manage.py runserver"
WORKER = "celery -A project worker --beat --loglevel INFO"
SWEEP = "python manage.py number_insight_sweep --inline --loop 5"
TEST = "python manage.py test"
TOLD = {"number_insight": "valid EUR", "identity": "inferred EUR", "twilio": "valid USD"}
"""The word on the number's validity, and the currency, which tell the vendors apart."""
ANSWER = """
from shop.models import Customer
record = Customer.objects.get().get_phone_record()
print(record.valid_number, record.lookup.currency)
"""
BROKER = re.compile("^CELERY_BROKER_URL = .*\n", re.MULTILINE)
VERDICTS = """
from shop.models import Customer
print(*[customer.get_phone_record().verdict for customer in Customer.objects.order_by("pk")])
"""


@contextmanager
def served(example: Project, *, broker: str) -> Iterator[Project]:
    """Let the sandbox and the site run, with this line for the broker in the settings."""
    settings = example.directory / "project" / "settings.py"
    settings.write_text(BROKER.sub(broker, settings.read_text()))
    example.run(MIGRATE)
    with example.running(SANDBOX), example.running(SITE):
        assert until(lambda: answers(example.address("8017", "/")), PATIENCE)
        yield example


def sign_up(site: Project, number: str) -> str:
    """Open an account; return the address of its page."""
    fields = {"name": "Vera", "email": f"{number[-2:]}@example.com", "phone": number}
    return site.fill_in("/signup/", fields)


def says(page: str, words: str) -> bool:
    with urlopen(page, timeout=10) as answer:
        return words in answer.read().decode()


def test_the_page_names_what_is_run_here() -> None:
    typed = {line for block in blocks(README, "console") for line in block.commands}
    assert {MIGRATE, SANDBOX, SITE, WORKER, SWEEP, TEST} <= typed


@pytest.fixture(params=["number_insight", "identity", "twilio"])
def vendor(
    request: pytest.FixtureRequest, example: Project, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The one setting by which the site changes its vendor, set in the environment."""
    monkeypatch.setenv("VENDOR", request.param)
    monkeypatch.setenv("VONAGE_PRIVATE_KEY", private_key())
    return str(request.param)


def test_its_own_tests_pass_under_each_vendor(example: Project, vendor: str) -> None:
    assert "\nOK" in example.run(TEST)


def test_its_checks_find_nothing_but_what_a_vendor_cannot_tell(
    example: Project, vendor: str
) -> None:
    told = example.run("python manage.py check --fail-level WARNING")
    assert set(re.findall(r"number_insight\.\w+", told)) <= {"number_insight.I001"}


def test_each_vendor_is_asked_by_one_setting(example: Project, vendor: str) -> None:
    with served(example, broker="") as site, site.running(SWEEP):
        page = sign_up(site, "070-174 06 05")
        assert until(lambda: says(page, "Your account is active."), PATIENCE)
        assert TOLD[vendor] in site.execute(ANSWER)


def test_its_migrations_say_what_its_models_say(example: Project) -> None:
    example.run("python manage.py makemigrations --check --dry-run shop")


def test_celery_does_the_work(example: Project) -> None:
    with Redis() as redis, served(example, broker=f'CELERY_BROKER_URL = "{redis.url}"\n') as site:
        with site.running(WORKER) as log:
            assert until(lambda: "ready" in log.read_text(), PATIENCE)
            page = sign_up(site, "070-174 06 05")
            assert until(lambda: says(page, "Your account is active."), PATIENCE)
        assert "number_insight.screen" in log.read_text()


def test_a_sweep_does_the_work_where_there_is_no_broker(example: Project) -> None:
    with served(example, broker="") as site, site.running(SWEEP):
        clean, virtual = sign_up(site, "070-174 06 05"), sign_up(site, "070-174 06 11")
        assert until(lambda: "allow review" in site.execute(VERDICTS), PATIENCE)
        assert says(clean, "Your account is active.")
        assert says(virtual, "Your account is being checked.")
