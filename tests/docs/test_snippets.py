"""The code on the pages works."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.checks import INFO
from django.test import override_settings

from number_insight.checks.plugins import check_plugins
from number_insight.checks.settings import check_settings
from tests.support.pages import Block, blocks, pages, read
from tests.support.project import Project

PYTHON = [block for page in pages() for block in blocks(page, "python")]
NOT_OURS = re.compile("""No module named 'shop|Module "shop""")
SETTINGS = [block for block in PYTHON if block.text.startswith("NUMBER_INSIGHT = ")]
WRITTEN_FOR_THE_SHOP = ("forms.md", "reference.md", "celery.md", "async.md", "privacy.md")
EXAMPLES = [block for block in PYTHON if block.page.endswith(WRITTEN_FOR_THE_SHOP)]


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_can_be_read(block: Block):
    ast.parse(block.text)


@pytest.mark.parametrize("block", SETTINGS, ids=str)
def test_settings_are_accepted(block: Block):
    names: dict[str, Any] = {}
    exec(block.text, names)
    with override_settings(NUMBER_INSIGHT={**settings.NUMBER_INSIGHT, **names["NUMBER_INSIGHT"]}):
        found = [*check_settings(), *check_plugins()] if apps.ready else []
    # The reader's own shop is not there, or it is the example's, which has other rules.
    wrong = [message for message in found if message.level > INFO]
    assert [message for message in wrong if not NOT_OURS.search(message.msg)] == []


def test_the_examples_of_other_pages_work_in_the_shop(shop: Project):
    for place, block in enumerate(EXAMPLES):
        (shop.directory / f"example{place}.py").write_text(block.text)
    script = f"""
import runpy
for place in range({len(EXAMPLES)}):
    runpy.run_path(f"example{{place}}.py", run_name="signup.examples")
print("all", place + 1)
"""
    assert f"all {len(EXAMPLES)}" in shop.execute(script)


@pytest.mark.parametrize(
    ("path", "command", "result"),
    [
        ("signup/tests.py", "python manage.py test signup", "OK"),
        (
            "signup/test_with_pytest.py",
            "python -m pytest signup/test_with_pytest.py",
            "2 passed",
        ),
        (
            "signup/test_over_a_socket.py",
            "python -m pytest signup/test_over_a_socket.py",
            "1 passed",
        ),
    ],
)
def test_the_tests_on_the_page_on_testing_pass(shop: Project, path: str, command: str, result: str):
    written = [block for block in blocks("docs/testing.md") if block.path in (path, "pytest.ini")]
    for block in written:
        shop.write(block)
    assert f"`{command.removesuffix(' signup')}`" in read("docs/testing.md")
    assert result in shop.run(command)
