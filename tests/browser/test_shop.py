"""The shop's pages, as its visitors meet them."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from playwright.sync_api import Page, expect

from number_insight.models import NumberInsightRecord
from number_insight.screening import sweeps
from tests.browser import crowd
from tests.browser.conftest import Open
from tests.support.waiting import until

CLEAN = "070-174 06 05"
LOOKS, LONGEST_PAUSE = 6, 100_000
"""The times that a held page asks again, and milliseconds that are more than each of its pauses."""


def sign_up(page: Page, number: str = CLEAN) -> Any:
    """Open an account by the form; return the customer."""
    page.goto("/signup/")
    page.fill("[name=name]", "Alma Lindqvist")
    page.fill("[name=email]", "alma@example.com")
    page.fill("[name=phone]", number)
    page.click("form .button")
    expect(page.locator(".notice")).to_contain_text("Your account is being checked.")
    return apps.get_model("shop", "Customer").objects.get()


@pytest.mark.usefixtures("transactional_db")
def test_a_signup_is_told_of_by_itself_once_it_is_judged(open_page: Open) -> None:
    page = open_page()
    sign_up(page)
    sweeps.sweep(inline=True)
    sweeps.sweep()  # sends the signals
    assert NumberInsightRecord.objects.get().verdict == "allow"
    expect(page.locator(".notice")).to_contain_text("Your account is active.")
    assert page.locator(".notice").get_attribute("role") == "status"


@pytest.mark.usefixtures("transactional_db")
def test_a_held_page_asks_a_few_times_and_not_for_ever(open_page: Open) -> None:
    page = open_page()
    page.clock.install()
    held = crowd.customer("Alma Lindqvist", "+46701740605")
    url, answered = held.get_absolute_url(), list[str]()
    page.on(
        "requestfinished",
        lambda request: answered.append(request.url) if request.url.endswith(url) else None,
    )
    page.goto(url)

    def looked_often() -> bool:
        page.clock.run_for(LONGEST_PAUSE)
        return len(answered) > LOOKS

    assert until(looked_often)
    page.clock.run_for(60 * LONGEST_PAUSE)
    assert len(answered) == 1 + LOOKS
    expect(page.locator(".notice a")).to_have_text("Look again")


@pytest.mark.usefixtures("transactional_db")
def test_a_held_page_does_not_reload_itself_without_script(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    held = crowd.customer("Alma Lindqvist", "+46701740605")
    page.goto(held.get_absolute_url())
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    apps.get_model("shop", "Customer").objects.update(status="active")
    page.click("text=Look again")
    expect(page.locator(".notice")).to_contain_text("Your account is active.")
