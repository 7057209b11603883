"""The quickstart, followed in an empty project and with the wheel, leads to a verdict."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest

from tests.docs.conftest import SANDBOX
from tests.support.pages import Block, blocks, quoted, rows, section
from tests.support.project import PAGE, Project
from tests.support.servers import Redis
from tests.support.waiting import PATIENCE, until

SITE = "python manage.py runserver"
SWEEP = "python manage.py number_insight_sweep --inline --loop 5"
WORKER = "celery -A shop worker --beat --loglevel INFO"
NUMBERS = [
    (quoted(number)[0], verdict) for number, _what, verdict in rows(section(PAGE, "7. Try others"))
]


def step(heading: str) -> list[Block]:
    page = section(PAGE, heading)
    return [block for block in blocks(PAGE) if block.text in page]


def typed() -> list[str]:
    return [line for block in blocks(PAGE, "console") for line in block.commands]


def test_the_page_names_what_is_run_here():
    assert {SANDBOX, SITE, SWEEP, WORKER} <= set(typed())


def test_the_wheel_is_what_is_imported(shop: Project):
    told = shop.execute("import number_insight; print(number_insight.__file__)")
    assert str(shop.python.parents[1]) in told


def test_the_checks_find_nothing_wrong_and_say_what_nobody_tells(either_shop: Project):
    told = either_shop.run("python manage.py check")
    assert set(re.findall(r"number_insight\.\w+", told)) == {"number_insight.I001"}


def test_a_signup_is_screened_by_the_sweep(either_shop: Project, sandbox: None):
    with either_shop.running(SITE), either_shop.running(SWEEP):
        for place, (number, _verdict) in enumerate(NUMBERS):
            assert either_shop.sign_up(f"user{place}", number).endswith("/welcome/")
        assert until(lambda: either_shop.is_settled(f"user{len(NUMBERS) - 1}"), PATIENCE)
    told = either_shop.records()
    found = [told[f"user{place}"].verdict for place in range(len(NUMBERS))]
    assert found == [verdict for _number, verdict in NUMBERS]


def test_the_question_in_the_shell_prints_what_the_page_says(shop: Project, sandbox: None):
    with shop.running(SITE):
        shop.sign_up("vera", "+46 70 174 06 11")
    shop.run("python manage.py number_insight_sweep --inline")
    (code,) = (block.text for block in step("6. Try it") if block.language == "python")
    printed = shop.execute(code).splitlines()[-1]
    assert f"It prints `{printed}`." in section(PAGE, "6. Try it")


def test_the_answer_comes_by_webhook(either_shop: Project, sandbox: None):
    for block in step("9. Let the answer come by webhook"):
        either_shop.write(block)
    with either_shop.running(SITE):
        either_shop.sign_up("async", "+46 70 174 06 12")
        either_shop.run("python manage.py number_insight_sweep --inline")
        assert until(lambda: either_shop.is_settled("async"), PATIENCE)
    assert either_shop.records()["async"][:2] == ("deny", "async")


def test_celery_does_the_work(shop: Project, sandbox: None):
    with ExitStack() as stack:
        redis = stack.enter_context(Redis())
        shop.ports = {**shop.ports, "6379": str(redis.port)}
        for block in (block for block in step("8. Let Celery work") if block.path):
            shop.write(block)
        stack.enter_context(shop.running(SITE))
        log = stack.enter_context(shop.running(WORKER))
        assert until(lambda: "ready" in log.read_text(), PATIENCE)
        shop.sign_up("celery", "+46 70 174 06 11")
        assert until(lambda: shop.is_settled("celery"), PATIENCE)
    assert shop.records()["celery"] == ("review", "sync", "virtual")
    assert "number_insight.screen" in log.read_text()


def test_missing_keys_are_told_before_deployment_and_not_earlier(shop: Project):
    for block in (block for block in step("10. Real keys") if block.path):
        shop.write(block)
    assert "number_insight.E010" not in shop.run("python manage.py check")
    with pytest.raises(AssertionError, match="number_insight.E010"):
        shop.run("python manage.py check --deploy")
