"""How a guest uses the site: as a browser does, over HTTP, with cookies and the CSRF token."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import requests

from tools.demo.crowd import API, NEWSLETTER, Guest
from tools.demo.processes import DemoFailed

TIMEOUT = 30
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def visit(site: str, guest: Guest) -> int:
    """Send the guest's form as often as the guest does; return how often it was taken."""
    with ThreadPoolExecutor(guest.times) as pool:
        tries = [pool.submit(_send, site, guest) for _ in range(guest.times)]
        return sum(each.result() for each in tries)


def _send(site: str, guest: Guest) -> bool:
    with requests.Session() as browser:
        browser.trust_env = False  # no proxy stands before this machine's own ports
        # The site trusts one proxy to say who knocks. Here that proxy is us.
        browser.headers["X-Forwarded-For"] = guest.ip
        return (
            _post_json(browser, site, guest)
            if guest.door == API
            else _fill_in(browser, site, guest)
        )


def _post_json(browser: requests.Session, site: str, guest: Guest) -> bool:
    fields = {"name": guest.who, "email": guest.email, "phone": guest.phone}
    answer = browser.post(f"{site}/api/signups/", json=fields, timeout=TIMEOUT)
    return _taken(answer, yes=201, no=400, guest=guest)


def _fill_in(browser: requests.Session, site: str, guest: Guest) -> bool:
    address = f"{site}/newsletter/" if guest.door == NEWSLETTER else f"{site}/signup/"
    page = browser.get(address, timeout=TIMEOUT)
    found = CSRF.search(page.text)
    if found is None:
        raise DemoFailed(f"There is no form at {address} (HTTP {page.status_code}).")
    fields = {"name": guest.who, "email": guest.email, "phone": guest.phone}
    fields["csrfmiddlewaretoken"] = found[1]
    answer = browser.post(address, fields, timeout=TIMEOUT, allow_redirects=False)
    return _taken(answer, yes=302, no=200, guest=guest)


def _taken(answer: requests.Response, *, yes: int, no: int, guest: Guest) -> bool:
    if answer.status_code not in (yes, no):
        raise DemoFailed(f"The site answered {guest.who!r} with HTTP {answer.status_code}.")
    return answer.status_code == yes
