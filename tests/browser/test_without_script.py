"""The desk by mouse, with JavaScript switched off."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.admin.builders import DESK, LIST, page_of
from tests.browser import crowd
from tests.browser.conftest import Open


def test_cases_are_decided_by_mouse(open_page: Open, ada: User) -> None:
    first, second = crowd.queue(2)
    page = open_page(ada, java_script_enabled=False)
    page.goto(DESK)
    page.click("[value=release]")
    expect(page.locator(".ni-last")).to_contain_text("Released")
    page.click("[value=refuse]")
    expect(page.locator(".ni-missing")).to_have_text("Say why: choose a reason, or write one.")
    assert page.evaluate("document.activeElement.name") == "reason_code"
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


def test_the_page_to_refuse_marks_its_reason_and_says_what_is_missing(
    open_page: Open, ada: User
) -> None:
    (record,) = crowd.queue(1)
    page = open_page(ada, java_script_enabled=False)
    page.goto(LIST)
    page.check("input[name=_selected_action]")
    page.select_option("[name=action]", "refuse")
    page.click("[name=index]")
    label = page.locator("label[for=id_reason_code]")
    assert label.evaluate("one => getComputedStyle(one).fontWeight") in ("600", "700")
    expect(page.locator("#id_reason_code")).to_be_focused()
    page.click(".submit-row .ni-refuse")
    expect(page.locator(".errorlist")).to_have_text("Say why: choose a reason, or write one.")
    page.select_option("#id_reason_code", index=1)
    page.click(".submit-row .ni-refuse")
    page.wait_for_load_state()
    record.refresh_from_db()
    assert record.decision == "refused"
