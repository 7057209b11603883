"""The pages of a reviewer: where they are, and whether they show what was seeded."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import requests

from tools.demo.history import DAYS, past
from tools.demo.processes import DemoFailed

RECORDS = "/admin/number_insight/numberinsightrecord/"
DESK, OVERVIEW = f"{RECORDS}desk/", f"{RECORDS}overview/"
TIMEOUT = 30
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CASE = 'value="release"'
"""A part of the desk's page while a case is on it."""


class Browser:
    """A browser that has logged into the admin."""

    def __init__(self, site: str, login: str, password: str) -> None:
        self._site = site
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands before this machine's own ports
        address = f"{site}/admin/login/"
        found = CSRF.search(self._session.get(address, timeout=TIMEOUT).text)
        if found is None:
            raise DemoFailed(f"There is no form at {address}.")
        fields = {"username": login, "password": password, "csrfmiddlewaretoken": found[1]}
        self._session.post(address, {**fields, "next": "/admin/"}, timeout=TIMEOUT)

    def get(self, path: str) -> requests.Response:
        return self._session.get(self._site + path, timeout=TIMEOUT, allow_redirects=False)


def faults(browser: Browser) -> list[str]:
    """Return a sentence for each page that does not show what was seeded."""
    found = []
    desk, overview = browser.get(DESK), browser.get(OVERVIEW)
    if desk.status_code != 200 or CASE not in desk.text:
        found.append(f"The desk shows no case (HTTP {desk.status_code}).")
    if overview.status_code != 200 or "<svg" not in overview.text:
        found.append(f"The overview shows no plot (HTTP {overview.status_code}).")
    told = _earlier(browser.get(f"{OVERVIEW}json/?days=30").json())
    wanted = Counter(one.verdict for one in past())
    if told != wanted:
        found.append(f"The overview counts {dict(told)} on earlier days, not {dict(wanted)}.")
    return found


def _earlier(rows: list[dict[str, Any]]) -> Counter[str]:
    """Return the signups of the days of the history, by verdict."""
    signups = [row for row in rows if row["kind"] == "signup"]
    days = sorted({row["day"] for row in signups})[:DAYS]
    counts = Counter[str]()
    for row in signups:
        if row["day"] in days:
            counts[row["name"]] += row["count"]
    return counts
