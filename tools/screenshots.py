"""Take the pictures of the admin for the documentation, from a running demo.

Needs the dependency group ``browser``: ``pip install --group browser``, and a Chromium, found by
playwright or named with ``--chromium``.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTH, HEIGHT = 1280, 900
ALONE = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
"""Chromium in a container, without calls to anywhere."""
RECORDS = "/admin/number_insight/numberinsightrecord/"
SHOWN = "+46701740642"
"""The record to show: the persona with most flags, "virtual-dead-abroad"."""


def main() -> int:
    """Take the pictures; return the exit status."""
    options = _options()
    options.into.mkdir(parents=True, exist_ok=True)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=options.chromium, args=list(ALONE))
            _take(browser, options)
    except Error as error:
        print(f"No picture was taken: {error.message}", file=sys.stderr)
        return 1
    return 0


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("site", help="the address of the site, as the demo prints it")
    parser.add_argument("password", help="the password, as the demo prints it")
    parser.add_argument("--login", default="demo", help="default: %(default)s")
    parser.add_argument("--chromium", help="the program, if playwright has none of its own")
    parser.add_argument("--into", type=Path, default=IMAGES, help="default: %(default)s")
    return parser.parse_args()


def _take(browser: Browser, options: Namespace) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page.set_default_timeout(15_000)
    page.goto(f"{options.site}/admin/login/?next={RECORDS}")
    page.fill("#id_username", options.login)
    page.fill("#id_password", options.password)
    page.click("[type=submit]")
    page.click("#toggle-nav-sidebar")  # more room for what is to be shown
    page.goto(f"{options.site}{RECORDS}desk/")
    _save(page, options.into / "admin-desk.png", whole=False)
    page.goto(f"{options.site}{RECORDS}?queue=risk")
    _save(page, options.into / "admin-list.png", whole=False)
    page.goto(f"{options.site}{RECORDS}?q={SHOWN.replace('+', '%2B')}")
    page.click("#result_list tbody a >> nth=0")
    _save(page, options.into / "admin-record.png", whole=True)


def _save(page: Page, path: Path, *, whole: bool) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=path, full_page=whole)
    print(path)


if __name__ == "__main__":
    sys.exit(main())
