"""The checklist for production leaves no setting and no reminder out."""

from __future__ import annotations

import re

from number_insight.defaults import DEFAULTS
from tests.support.pages import ROOT, named, quoted, read, rows, section

PAGE = "docs/production.md"
DECIDE = section(PAGE, "Settings to decide")
STAY = section(PAGE, "Settings that may stay as they are")


def staying() -> list[str]:
    """Return the settings of the list that may stay, without the sentence below it."""
    listed = re.search(r"^`ENABLED`.*?\.$", STAY, flags=re.MULTILINE | re.DOTALL)
    assert listed
    return quoted(listed[0])


def test_every_setting_is_decided_or_may_stay_and_none_is_both():
    assert sorted([*named(DECIDE), *staying()]) == sorted(DEFAULTS)


def test_every_line_of_the_tables_leads_to_a_page():
    project = section(PAGE, "The project around it")
    for row in [*rows(DECIDE), *rows(project)]:
        assert any(re.search(r"\]\([a-z_]+\.md", cell) for cell in row), row


def test_a_check_before_deployment_is_on_the_list_and_the_other_way_round():
    told = {
        quoted(row[0])[0]: "--deploy" not in row[1]
        for row in rows(read("docs/checks.md"))
        if quoted(row[0])
    }
    reminders = set(re.findall(r"`(number_insight\.[EWI]\d+)`", read(PAGE)))
    assert reminders <= set(told)
    assert {name for name, always in told.items() if not always} <= reminders


def test_a_reminder_that_needs_no_deploy_says_so():
    at_once = {
        quoted(row[0])[0]
        for row in rows(read("docs/checks.md"))
        if quoted(row[0]) and "--deploy" not in row[1]
    }
    for name, says in re.findall(r"`(number_insight\.[EWI]\d+)`( \(`check`\))?", read(PAGE)):
        assert bool(says) == (name in at_once), name


def test_every_extra_is_on_the_page_and_the_other_way_round():
    text = (ROOT / "pyproject.toml").read_text()
    optional = text.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    extras = re.findall(r"^([a-z-]+) = ", optional, flags=re.MULTILINE)
    assert sorted(named(section(PAGE, "The extras"))) == sorted(extras)
