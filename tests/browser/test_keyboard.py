"""The reviewer's hour, by keyboard alone."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from number_insight.models import NumberInsightRecord
from tests.admin.builders import DESK
from tests.browser import crowd
from tests.browser.conftest import Open

CASES = 50
BACKGROUND = "one => getComputedStyle(one).backgroundColor"
NOTE_SUBMITS = "addEventListener('submit', () => { window.isSubmitted = true; })"
"""A form is submitted while its key is pressed, so that no time has to pass."""


class Reviewer:
    """A person at the desk who touches nothing but the keyboard; page loads are counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.loads = 0
        page.on("load", self._count)
        self.load(lambda: page.goto(DESK))

    def _count(self, _page: Page) -> None:
        self.loads += 1

    def load(self, act: object) -> None:
        """Call `act`, and wait for the page that comes."""
        with self.page.expect_event("load"):
            act()  # type: ignore[operator]

    def press(self, *keys: str) -> None:
        """Press `keys`, of which the last one leads to another page."""
        for key in keys[:-1]:
            self.page.keyboard.press(key)
        self.load(lambda: self.page.keyboard.press(keys[-1]))

    @property
    def case(self) -> int:
        """The key of the record that is shown."""
        return int(self.page.locator("#ni-decide input[name=record]").get_attribute("value") or 0)


def decisions() -> list[str]:
    """Return what was decided, in the order of the queue."""
    rows = NumberInsightRecord.objects.order_by("-score")
    return list(rows.values_list("decision", flat=True))


def test_fifty_cases_are_decided_with_one_page_load_each(open_page: Open, ada: User) -> None:
    records = crowd.queue(CASES)
    reviewer = Reviewer(open_page(ada))
    for index, record in enumerate(records):
        assert reviewer.case == record.pk
        reviewer.press(*(("r",) if index % 2 else ("2", "x")))
    expect(reviewer.page.locator(".ni-empty")).to_contain_text("Nothing waits in this lane.")
    expect(reviewer.page.locator(".ni-empty")).to_contain_text(f"{CASES} cases today")
    assert decisions() == ["refused", "released"] * (CASES // 2)
    assert reviewer.loads == CASES + 1


def test_a_refusal_without_a_reason_asks_for_one_and_takes_it(open_page: Open, ada: User) -> None:
    crowd.queue(2)
    reviewer = Reviewer(open_page(ada))
    keyboard = reviewer.page.keyboard
    keyboard.press("x")
    expect(reviewer.page.locator(".ni-missing")).to_be_visible()
    expect(reviewer.page.locator(".ni-chips input").first).to_be_focused()
    assert decisions() == ["", ""]
    reviewer.press("1", "x")
    assert decisions() == ["refused", ""]


def test_a_decision_is_undone_by_one_key(open_page: Open, ada: User) -> None:
    first, second = crowd.queue(2)
    reviewer = Reviewer(open_page(ada))
    reviewer.press("r")
    assert reviewer.case == second.pk
    expect(reviewer.page.locator(".ni-last")).to_contain_text("Released")
    reviewer.press("u")
    assert reviewer.case == first.pk
    assert decisions() == ["", ""]


def test_the_last_decision_of_a_lane_is_undone_by_one_key(open_page: Open, ada: User) -> None:
    (record,) = crowd.queue(1)
    reviewer = Reviewer(open_page(ada))
    reviewer.press("r")
    expect(reviewer.page.locator(".ni-empty")).to_contain_text("Nothing waits in this lane.")
    reviewer.press("u")
    assert reviewer.case == record.pk
    assert decisions() == [""]


def test_a_skipped_case_comes_back_once_the_person_does(open_page: Open, ada: User) -> None:
    first, second = crowd.queue(2)
    reviewer = Reviewer(open_page(ada))
    reviewer.press("s")
    assert reviewer.case == second.pk
    reviewer.press("r")
    expect(reviewer.page.locator(".ni-empty")).to_contain_text("1 case was skipped.")
    reviewer.load(lambda: reviewer.page.goto(DESK))
    assert reviewer.case == first.pk


def test_j_goes_on_and_k_back_to_the_first(open_page: Open, ada: User) -> None:
    first, second, third = crowd.queue(3)
    reviewer = Reviewer(open_page(ada))
    reviewer.press("j")
    reviewer.press("j")
    assert reviewer.case == third.pk
    reviewer.press("k")
    assert reviewer.case == second.pk
    reviewer.press("k")
    assert reviewer.case == first.pk
    reviewer.press("j")
    assert reviewer.case == second.pk


def test_keys_rest_in_a_field_and_can_be_switched_off(open_page: Open, ada: User) -> None:
    crowd.queue(2)
    reviewer = Reviewer(open_page(ada))
    page, keyboard = reviewer.page, reviewer.page.keyboard
    page.evaluate(NOTE_SUBMITS)
    page.locator("#ni-decide-reason").focus()
    keyboard.type("rx?")
    expect(page.locator("#ni-decide-reason")).to_have_value("rx?")
    keyboard.press("Escape")
    keyboard.press("?")
    expect(page.locator(".ni-keys")).to_have_attribute("open", "")
    page.locator(".ni-keys-off").focus()
    keyboard.press("Space")
    keyboard.press("r")
    assert not page.evaluate("window.isSubmitted")
    reviewer.load(page.reload)
    page.evaluate(NOTE_SUBMITS)
    keyboard.press("r")
    assert not page.evaluate("window.isSubmitted")
    page.locator(".ni-keys summary").click()
    page.locator(".ni-keys-off").click()
    keyboard.press("Escape")
    reviewer.press("r")
    assert decisions() == ["released", ""]


def test_a_case_that_was_fetched_ahead_is_claimed_once_it_is_shown(
    open_page: Open, ada: User
) -> None:
    _first, second = crowd.queue(2)
    reviewer = Reviewer(open_page(ada))
    reviewer.page.wait_for_selector("link[rel=prefetch]", state="attached")
    reviewer.page.wait_for_load_state("networkidle")
    second.refresh_from_db()
    assert second.claimed_by is None
    reviewer.press("j")
    reviewer.page.wait_for_load_state("networkidle")
    second.refresh_from_db()
    assert second.claimed_by == ada


def test_tab_comes_to_the_buttons_in_the_order_in_which_they_are_seen(
    open_page: Open, ada: User
) -> None:
    record = crowd.waiting(verdict="deny", score=80)
    page = open_page(ada)
    page.goto(f"{DESK}?record={record.pk}")
    buttons = page.locator(".ni-buttons button")
    places = [button.bounding_box() for button in buttons.all()]
    lefts = [place["x"] for place in places if place is not None]
    assert lefts == sorted(lefts)
    buttons.first.focus()
    met = []
    for _button in lefts:
        met.append(page.evaluate("document.activeElement.value"))
        page.keyboard.press("Tab")
    assert met == ["refuse", "release", "skip"]
    assert buttons.first.evaluate(BACKGROUND) == "rgb(186, 33, 33)"  # --delete-button-bg
    assert buttons.nth(1).evaluate(BACKGROUND) == buttons.nth(2).evaluate(BACKGROUND)
