"""The desk by mouse, with JavaScript switched off."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.admin.builders import DESK, page_of
from tests.browser import crowd
from tests.browser.conftest import Open


def test_cases_are_decided_by_mouse(open_page: Open, ada: User) -> None:
    first, second = crowd.queue(2)
    page = open_page(ada, java_script_enabled=False)
    page.goto(DESK)
    page.click("[value=release]")
    expect(page.locator(".ni-last")).to_contain_text("Released")
    page.click("[value=refuse]")
    expect(page.locator(".ni-trouble")).to_be_visible()
    page.click(".ni-chip >> nth=0")
    page.click("[value=refuse]")
    expect(page.locator(".ni-last")).to_contain_text("Refused")
    for record, decision in ((first, "released"), (second, "refused")):
        record.refresh_from_db()
        assert record.decision == decision
    page.click("[value=undo]")
    expect(page.locator("#ni-decide input[name=record]")).to_have_value(str(second.pk))


def test_a_record_is_decided_on_its_own_page(open_page: Open, ada: User) -> None:
    (record,) = crowd.queue(1)
    page = open_page(ada, java_script_enabled=False)
    page.goto(page_of(record))
    page.click("[value=release]")
    expect(page.locator(".ni-head")).to_contain_text("released")
    record.refresh_from_db()
    assert record.decision == "released"
