"""The pictures of README and docs; `make browser PICTURES=docs/images` puts them there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests.admin.builders import DESK, LIST, page_of
from tests.browser import sights
from tests.browser.conftest import Open
from tests.support.pages import ROOT

SCHEMES = ("light", "dark")
SIZE = {"width": 1280, "height": 900}


def into(temporary: Path) -> Path:
    """Return the directory for the pictures: the one that was asked for, or `temporary`."""
    asked = os.environ.get("NI_TEST_PICTURES")
    return ROOT / asked if asked else temporary


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_pictures_can_be_taken(
    open_page: Open, root: User, scheme: str, tmp_path: Path
) -> None:
    page = open_page(root, color_scheme=scheme, viewport=SIZE, locale="en-GB")
    scene = sights.scene()
    page.goto(LIST)
    page.click("#toggle-nav-sidebar")  # more room for what is to be shown
    shown = {
        "admin-list": f"{LIST}?queue=risk",
        "admin-desk": DESK,
        "admin-record": page_of(scene.decided),
        "admin-overview": f"{LIST}overview/",
    }
    for name, url in shown.items():
        page.goto(url)
        ending = "" if scheme == "light" else f"-{scheme}"
        assert _save(page, into(tmp_path) / f"{name}{ending}.png") > 20_000


def _save(page: Page, path: Path) -> int:
    """Take the picture of the window, and return its size in bytes."""
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")
    return len(page.screenshot(path=path))
