"""Debian's Chromium, and pages in it that report what the console and the policy complain of."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.admin.builders import make_staff

HERE = Path(__file__).parent
PROGRAMS = ("chromium", "google-chrome", "chromium-browser")
"""The last one may be a stub that only tells how to install it."""
ALONE = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
"""Chromium in a container, without calls to anywhere."""
PATIENCE = 15_000
"""Milliseconds that a page may take on a busy machine."""
REVIEWER = (
    *("view_numberinsightrecord", "decide_numberinsightrecord", "view_full_number"),
    *("view_customer", "reopen_numberinsightrecord"),
)

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the suite: it needs a browser, and settings of its own."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium of the machine; without one the suite fails."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.fail("There is no Chromium here: install Debian's chromium.", pytrace=False)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ALONE))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def live_server(django_db_setup: None) -> Iterator[LiveServer]:
    """The running site; its database is a file by then, so that threads share no connection."""
    server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[Open]:
    """Return a function that opens a page for a user; the console has to stay silent.

    Its options are those of a browser's context, and `silent=False` for a page that complains.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(user: User | None = None, *, silent: bool = True, **options: Any) -> Page:
        options = {"viewport": {"width": 1440, "height": 900}, **options}
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if user is not None:
            sign_in(context, user)
        page = context.new_page()
        if silent:
            page.on("console", lambda said: _note(complaints, said.type, said.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _note(complaints: list[str], kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        complaints.append(text)


def sign_in(context: BrowserContext, user: User) -> None:
    """Give `context` the session of `user`."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": session,
                "domain": "localhost",
                "path": "/",
            }
        ]
    )


@pytest.fixture
def ada(transactional_db: None) -> User:
    """A reviewer."""
    return make_staff("ada", *REVIEWER)


@pytest.fixture
def bea(transactional_db: None) -> User:
    """Another reviewer."""
    return make_staff("bea", *REVIEWER)


@pytest.fixture
def root(transactional_db: None) -> User:
    """A user who may do everything."""
    return User.objects.create_superuser("root", password="x")
