"""Every page of ours: nothing against the policy, nothing too wide, nothing that axe finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from number_insight import reviewing
from number_insight.models import Circuit, ListEntry, RuleFault
from number_insight.sandbox.server import Sandbox
from tests.admin.builders import DESK, HEALTH, LIST, page_of
from tests.browser import crowd, sights
from tests.browser.conftest import Open

WIDTHS = (1440, 1024, 390, 320)
GRAVE = ("serious", "critical")
DJANGOS = ("body:not(.app-number_insight) .breadcrumbs", "#toolbar")
"""Parts of pages that are Django's own, with links and a search field that axe finds wanting."""
IS_TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"
WIDEST = """() => [...document.querySelectorAll('body *')]
    .filter(one => !one.parentElement.closest('.ni-scroll'))
    .filter(one => one.getBoundingClientRect().right > window.innerWidth + 1
        || one.getBoundingClientRect().left < -1)
    .slice(0, 4).map(one => one.outerHTML.slice(0, 120))"""
CUT_OFF = """() => [...document.querySelectorAll('.results, #result_list :is(td, th)')]
    .filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1)
    .map(one => one.outerHTML.slice(0, 120))"""
TEXT_HEIGHT = """one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return range.getBoundingClientRect().height;
}"""
FIRST_AND_LAST = """one => {
    const text = one.firstChild, range = document.createRange();
    return [0, text.length - 1].map(place => {
        range.setStart(text, place);
        range.setEnd(text, place + 1);
        return range.getBoundingClientRect().left;
    });
}"""
"""Where the first and the last letter of a sentence in one line stand."""
LARGE, SMALL = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def visits(page: Page) -> Iterator[str]:
    """Open the pages one after the other, and yield the name of each."""
    scene = sights.scene()
    for name, url in sights.PAGES.items():
        answer = page.goto(url(scene))
        assert answer is not None
        assert answer.status == 200, f"{name}: HTTP {answer.status}"
        yield name
    for act in sights.ACTS:
        page.goto(f"{LIST}?decision=refused" if act == "reopen" else f"{LIST}?queue=waiting")
        page.check("#result_list tr:nth-child(1) .action-select")
        page.select_option("[name=action]", act)
        page.click(".actions [type=submit]")
        expect(page.locator(".submit-row")).to_be_visible()
        yield f"confirmation of {act}"


def test_no_page_is_wider_than_the_window(open_page: Open, root: User) -> None:
    page, found = open_page(root), []
    for name in visits(page):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(IS_TOO_WIDE):
                found.append((name, width, page.evaluate(WIDEST)))
    assert found == []


def test_axe_finds_nothing_serious_on_any_page(open_page: Open, root: User) -> None:
    page, found = open_page(root, bypass_csp=True), []
    for name in visits(page):
        for size in (LARGE, SMALL):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            found += [(name, size["width"], *each) for each in grave(page)]
    assert found == []


def test_axe_finds_no_faint_text_on_any_page_in_the_dark(open_page: Open, root: User) -> None:
    page = open_page(root, color_scheme="dark", bypass_csp=True)
    found = [
        (name, *each) for name in visits(page) for each in grave(page, runOnly=["color-contrast"])
    ]
    assert found == []


def test_the_sandboxs_page_fits_and_axe_finds_nothing_serious(open_page: Open) -> None:
    with Sandbox() as sandbox:
        query = "api_key=key&api_secret=secret&number=46701740605&ip=89.160.20.131"
        urlopen(f"{sandbox.url}/ni/advanced/json?{query}").close()
        for scheme in ("light", "dark"):
            page = open_page(bypass_csp=True, color_scheme=scheme)
            page.goto(sandbox.url)
            expect(page.locator("table")).to_have_count(2)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert not page.evaluate(IS_TOO_WIDE), page.evaluate(WIDEST)
                assert grave(page) == []


def test_the_controls_of_the_health_page_are_in_sight_on_a_small_screen(
    open_page: Open, root: User
) -> None:
    later = timezone.now() + timedelta(hours=1)
    Circuit.objects.create(provider="default", reason="The key is wrong.", open_until=later)
    page = open_page(root)
    page.goto(HEALTH)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for one in page.locator(".ni-scroll, .ni-switch").all():
            assert one.evaluate("one => one.scrollWidth <= one.clientWidth")
        reason = page.get_by_text("The key is wrong.").evaluate(TEXT_HEIGHT)
        assert reason < 40  # one line
        box = page.get_by_role("button", name="Ask again now").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= width - box["width"]


@pytest.mark.parametrize("name", ["lookups", "list entries", "rule faults", "spending"])
def test_rows_of_a_list_are_low_and_hide_nothing(open_page: Open, root: User, name: str) -> None:
    scene, now = sights.scene(), timezone.now()
    text = "Known for SMS pumping since spring; ask the colleagues for fraud before you release."
    entry = {"match": "carrier", "value": "Example Voice International Holding"}
    ListEntry.objects.create(action="deny", reason=text, **entry)
    error = "ZeroDivisionError: division by zero in shop.rules line 12"
    RuleFault.objects.create(code="carrier_country", error=error, errors_in_row=20, shadowed_at=now)
    page = open_page(root)
    page.goto(sights.ADMIN[name](scene))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(CUT_OFF) == []
        most = 130 if width < 640 else 60
        for row in page.locator("#result_list tbody tr").all():
            box = row.bounding_box()
            assert box is not None
            assert box["height"] <= most
        for amount in page.locator("#result_list .ni-money").all():
            assert amount.evaluate(TEXT_HEIGHT) < 24  # one line


def grave(page: Page, **options: Any) -> list[tuple[str, str]]:
    """Return each serious finding of axe on `page`, with the place of its first one."""
    context = {"exclude": [[place] for place in DJANGOS]}
    results = Axe().run(page, context=context, options={"resultTypes": ["violations"], **options})
    return [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in results.response["violations"]
        if each["impact"] in GRAVE
    ]


@pytest.mark.parametrize("language", ["ar", "de", "he"])
def test_pages_in_other_languages_fit_and_keep_numbers_in_order(
    open_page: Open, root: User, language: str
) -> None:
    page, found = open_page(root, locale=language, viewport=SMALL), []
    scene = sights.scene()
    for name, url in sights.ADMIN.items():
        page.goto(url(scene))
        direction = page.locator("html").get_attribute("dir")
        assert direction == ("ltr" if language == "de" else "rtl")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(IS_TOO_WIDE):
                found.append((name, width, page.evaluate(WIDEST)))
    assert found == []
    page.goto(DESK)
    number = page.locator(".ni-large bdi").first
    assert number.get_attribute("dir") == "ltr"
    assert number.evaluate("one => getComputedStyle(one).direction") == "ltr"


@pytest.mark.parametrize("language", ["ar", "he"])
def test_a_text_is_read_in_the_direction_of_its_own_language(
    open_page: Open, root: User, language: str
) -> None:
    crowd.queue(1)
    page = open_page(root, locale=language)
    page.goto(f"{LIST}overview/")
    first, last = page.locator("#figure-waiting figcaption p").evaluate(FIRST_AND_LAST)
    # No catalogue has the sentence in Hebrew: it is English, and its full stop at the right.
    assert (first < last) == (language == "he")
    side = "one => getComputedStyle(one).textAlign"
    told = page.locator("#figure-waiting figcaption p").evaluate(side)
    assert told == ("right" if language == "he" else "start")


def test_hostile_names_break_no_page(open_page: Open, root: User) -> None:
    for name in ("x" * 200, "\u202egnp.exe", "😀" * 40, "<script>document.title='evil'</script>"):
        crowd.waiting(name=name)
    page = open_page(root, viewport={"width": 320, "height": 900})
    page.goto(DESK)
    for _case in range(4):
        assert not page.evaluate(IS_TOO_WIDE), page.evaluate(WIDEST)
        assert page.title() != "evil"
        page.click("[value=skip]")
        page.wait_for_load_state()
    expect(page.locator(".ni-empty")).to_be_visible()


def test_twelve_rows_of_the_list_are_in_sight_at_once(open_page: Open, root: User) -> None:
    crowd.queue(14)
    page = open_page(root, viewport={"width": 1024, "height": 900})
    page.goto(f"{LIST}?queue=waiting")
    expect(page.locator(".ni-notice")).to_be_visible()  # the tallest case: nothing sweeps here
    rows = page.locator("#result_list tbody tr").all()
    boxes = [row.bounding_box() for row in rows]
    assert sum(box is not None and box["y"] + box["height"] <= 900 for box in boxes) >= 12


def test_a_long_reason_leaves_the_other_columns_of_the_history_their_words(
    open_page: Open, root: User
) -> None:
    record = crowd.waiting()
    reviewing.refuse(record, user=root, reason="w" * 2000)
    page = open_page(root)
    history = reverse("admin:number_insight_numberinsightrecord_history", args=[record.pk])
    for url in (page_of(record), history):
        page.goto(url)
        for is_open in (False, True):
            if is_open:
                page.click(".ni-fold summary")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert not page.evaluate(IS_TOO_WIDE), page.evaluate(WIDEST)
                for cell in page.locator(".ni-events td:not(.ni-long)").all():
                    assert cell.evaluate(TEXT_HEIGHT) < 40  # one line


def test_a_long_reason_unfolds_without_script(open_page: Open, root: User) -> None:
    record = crowd.waiting()
    reviewing.refuse(record, user=root, reason="word " * 300 + "end")
    page = open_page(root, java_script_enabled=False)
    page.goto(page_of(record))
    folded = page.locator(".ni-fold")
    height = folded.bounding_box()
    assert height is not None
    assert height["height"] < 60
    expect(folded.get_by_text("end", exact=False).last).not_to_be_visible()
    folded.get_by_text("more").click()
    expect(folded.get_by_text("end", exact=False).last).to_be_visible()
    folded.get_by_text("less").click()
    expect(folded.get_by_text("end", exact=False).last).not_to_be_visible()


def test_signups_to_be_confirmed_are_read_without_moving_them(open_page: Open, root: User) -> None:
    crowd.waiting(name="x" * 60)
    crowd.waiting("+46701740606", verdict="deny", score=80)
    page = open_page(root, viewport=SMALL)
    page.goto(f"{LIST}?queue=risk")
    for box in page.locator("#result_list input[name=_selected_action]").all():
        box.check()
    page.select_option("[name=action]", "refuse")
    page.click("[name=index]")
    page.wait_for_load_state()
    cells = page.locator(".ni-rows td").all()
    assert len(cells) == 10
    for cell in cells:
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SMALL["width"]
