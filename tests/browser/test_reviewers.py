"""Several reviewers at once, sessions that end, and decisions that are taken back."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from number_insight.models import NumberInsightRecord
from tests.admin.builders import DESK, LIST, make_staff, page_of
from tests.browser import crowd
from tests.browser.conftest import Open


def test_two_reviewers_are_shown_different_cases(open_page: Open, ada: User, bea: User) -> None:
    first, second = crowd.queue(2)
    hers, theirs = open_page(ada), open_page(bea)
    for page, record in ((hers, first), (theirs, second)):
        page.goto(DESK)
        expect(page.locator("#ni-decide input[name=record]")).to_have_value(str(record.pk))


def test_a_colleagues_case_can_be_taken_over(open_page: Open, ada: User, bea: User) -> None:
    (record,) = crowd.queue(1)
    hers, theirs = open_page(ada), open_page(bea)
    hers.goto(DESK)
    theirs.goto(f"{DESK}?record={record.pk}")
    expect(theirs.locator(".ni-claimed")).to_contain_text("ada is looking at this one.")
    expect(theirs.locator("[value=release]")).to_have_count(0)
    theirs.click("[value=take_over]")
    expect(theirs.locator(".ni-claimed")).to_have_count(0)
    theirs.keyboard.press("r")
    expect(theirs.locator(".ni-last")).to_contain_text("Released")
    record.refresh_from_db()
    assert record.decided_by == bea


def test_the_other_one_is_told_that_the_case_was_taken(
    open_page: Open, ada: User, bea: User
) -> None:
    (record,) = crowd.queue(1)
    # The answer is a 409, of which Chromium tells its console.
    hers, theirs = open_page(ada, silent=False), open_page(bea)
    hers.goto(DESK)
    theirs.goto(f"{DESK}?record={record.pk}")
    theirs.click("[value=take_over]")
    expect(theirs.locator("[value=release]")).to_be_visible()
    hers.keyboard.press("r")
    expect(hers.locator(".ni-trouble")).to_contain_text("bea is looking at this one.")
    record.refresh_from_db()
    assert record.decision == ""


def _refuse_after_the_session(page: Page) -> str | None:
    """Choose and write a reason, and refuse when the session has ended; return the choice."""
    page.goto(DESK)
    page.keyboard.press("2")
    page.fill("#ni-decide-reason", "Called, and nobody knew of it.")
    chosen = page.locator("input[name=reason_code]:checked").get_attribute("value")
    Session.objects.all().delete()
    page.click("[value=refuse]")
    return chosen


def test_an_expired_session_loses_neither_the_choice_nor_the_reason(
    open_page: Open, ada: User
) -> None:
    (record,) = crowd.queue(1)
    page = open_page(ada)
    chosen = _refuse_after_the_session(page)
    page.fill("#id_username", ada.username)
    page.fill("#id_password", "x")
    page.click("#login-form [type=submit]")
    expect(page.locator(".ni-trouble")).to_be_visible()
    expect(page.locator("#ni-decide-reason")).to_have_value("Called, and nobody knew of it.")
    expect(page.locator("input[name=reason_code]:checked")).to_have_value(chosen or "")
    record.refresh_from_db()
    assert record.decision == ""
    page.keyboard.press("Escape")
    page.click("[value=refuse]")
    expect(page.locator(".ni-last")).to_contain_text("Refused")
    record.refresh_from_db()
    assert (record.decision, record.decision_reason) == (
        "refused",
        "Called, and nobody knew of it.",
    )


def test_a_form_that_django_refuses_at_a_sessions_end_loses_neither_either(
    open_page: Open, ada: User, settings: Any
) -> None:
    settings.CSRF_USE_SESSIONS = True
    first, second = crowd.queue(2)
    page = open_page(ada, silent=False)  # Chromium tells its console of the 403
    chosen = _refuse_after_the_session(page)
    expect(page.locator("body")).to_contain_text("Forbidden")
    page.go_back()
    page.fill("#id_username", ada.username)
    page.fill("#id_password", "x")
    page.click("#login-form [type=submit]")
    expect(page.locator(".ni-kept")).to_be_visible()
    expect(page.locator("#ni-decide-reason")).to_have_value("Called, and nobody knew of it.")
    expect(page.locator("input[name=reason_code]:checked")).to_have_value(chosen or "")
    assert set(NumberInsightRecord.objects.values_list("decision", flat=True)) == {""}
    page.click("[value=refuse]")
    expect(page.locator(".ni-last")).to_contain_text("Refused")
    expect(page.locator("#ni-decide input[name=record]")).to_have_value(str(second.pk))
    expect(page.locator(".ni-kept")).to_be_hidden()
    expect(page.locator("#ni-decide-reason")).to_have_value("")
    page.click("[value=undo]")
    expect(page.locator("#ni-decide input[name=record]")).to_have_value(str(first.pk))
    expect(page.locator(".ni-kept")).to_be_hidden()


def test_a_case_that_a_colleague_has_taken_since_then_leaves_the_desk_its_script(
    open_page: Open, ada: User, bea: User, settings: Any
) -> None:
    settings.CSRF_USE_SESSIONS = True
    first, _second = crowd.queue(2)
    page = open_page(ada, silent=False)
    failures: list[Any] = []
    page.on("pageerror", lambda error: failures.append(error))
    page.goto(f"{DESK}?record={first.pk}")
    page.fill("#ni-decide-reason", "Called, and nobody knew of it.")
    Session.objects.all().delete()
    page.click("[value=refuse]")
    expect(page.locator("body")).to_contain_text("Forbidden")
    rows = NumberInsightRecord.objects.filter(pk=first.pk)
    rows.update(claimed_by=bea, claimed_at=timezone.now())
    page.goto(f"{DESK}?record={first.pk}")
    page.fill("#id_username", ada.username)
    page.fill("#id_password", "x")
    page.click("#login-form [type=submit]")
    expect(page.locator(".ni-claimed")).to_be_visible()
    page.wait_for_load_state()
    assert page.evaluate("sessionStorage.length") == 0
    assert failures == []


def test_a_decision_is_reopened_on_the_records_page(open_page: Open, ada: User) -> None:
    (record,) = crowd.queue(1)
    page = open_page(ada)
    page.goto(DESK)
    page.keyboard.press("r")
    expect(page.locator(".ni-last")).to_contain_text("Released")
    page.goto(page_of(record))
    page.click("text=Reopen …")
    page.fill("[name=reason]", "A mistake.")
    page.click(".submit-row [type=submit]")
    expect(page.locator(".ni-decide")).to_be_visible()
    record.refresh_from_db()
    assert record.decision == ""


def test_several_are_refused_from_the_list_for_one_reason(open_page: Open, ada: User) -> None:
    crowd.queue(3)
    page = open_page(ada)
    page.goto(f"{LIST}?queue=risk")
    page.click("#action-toggle")
    page.select_option("[name=action]", "refuse")
    page.click(".actions [type=submit]")
    for index in range(3):
        expect(page.locator("#content-main")).to_contain_text(f"Customer {index}")
    page.fill("[name=reason]", "A ring.")
    page.click(".submit-row [type=submit]")
    expect(page.locator(".messagelist")).to_contain_text("3")
    rows = NumberInsightRecord.objects.values_list("decision", "decision_reason")
    assert set(rows) == {("refused", "A ring.")}


def test_a_number_is_shown_for_a_reason(open_page: Open, transactional_db: None) -> None:
    (record,) = crowd.queue(1)
    codenames = ("view_numberinsightrecord", "decide_numberinsightrecord", "reveal_full_number")
    page = open_page(make_staff("cleo", *codenames))
    page.goto(DESK)
    expect(page.locator(".ni-head")).to_contain_text("***")
    page.click(".ni-reveal")
    page.fill("[name=reason]", "The customer called.")
    page.click(".submit-row [type=submit]")
    expect(page.locator(".ni-large")).to_have_text("+46 70 174 06 00")
    assert "The customer called." in LogEntry.objects.get(object_id=record.pk).change_message


def test_the_list_and_the_overview_are_downloaded(open_page: Open, root: User) -> None:
    crowd.queue(3)
    page = open_page(root)
    for path, name in ((LIST, "CSV"), (LIST, "JSON"), (f"{LIST}overview/", "CSV")):
        page.goto(path)
        with page.expect_download() as download:
            page.click(f".ni-exports >> text={name}")
        assert download.value.suggested_filename.endswith(name.lower())
        assert download.value.path().read_text()
