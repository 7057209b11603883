"""Through the queue of the desk step by step, and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.builders import DESK, shown, waiting

pytestmark = pytest.mark.django_db


def test_one_goes_back_through_all_cases_that_one_has_gone_through(
    client: Client, reviewer: User
) -> None:
    cases = [waiting() for _ in range(4)]
    seen: list[Any] = [client.get(DESK)]
    for _ in cases[1:]:
        seen.append(client.get(seen[-1].context["next_url"]))
    assert [shown(page) for page in seen] == cases
    page = seen[-1]
    for case in reversed(cases[:-1]):
        page = client.get(page.context["back_url"])
        assert shown(page) == case
    assert page.context["back_url"] == ""


@pytest.mark.parametrize("back", ["abc", ",", "1e9", "9" * 40, "<b>", "-1", "\u0661", "1," * 5000])
def test_a_trail_that_somebody_has_written_breaks_no_page(
    client: Client, reviewer: User, back: str
) -> None:
    record = waiting()
    page = client.get(DESK, {"back": back})
    assert (page.status_code, shown(page)) == (200, record)
    assert len(page.context["back_url"]) < 500
