"""The pages of the admin are shown on a site without `USE_TZ`."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.models import ListEntry
from tests.admin.builders import DESK, LIST, make_lookup, make_record, page_of, text_of, waiting

pytestmark = pytest.mark.django_db
ENTRIES = reverse("admin:number_insight_listentry_changelist")


@pytest.fixture(autouse=True)
def _naive(settings: Any, client: Client) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, "America/New_York"
    client.force_login(User.objects.create_superuser("root"))


@pytest.mark.parametrize("url", [DESK, f"{LIST}?queue=risk"])
def test_an_empty_queue_is_shown(client: Client, url: str) -> None:
    decided_by = User.objects.get()
    make_record(decision="released", decided_by=decided_by, decided_at=timezone.now())
    text = text_of(client.get(url))
    assert "decided 1" in text or "1 signup was decided today" in text


def test_a_lookup_without_an_answer_is_told_with_its_time(client: Client) -> None:
    lookup = make_lookup(state="failed", insight=None, called_at=timezone.now())
    record = waiting(lookup=lookup, lane="no_answer")
    for url in (page_of(record), f"{DESK}?lane=no_answer"):
        assert "No answer from" in text_of(client.get(url))


def test_an_entry_is_listed_with_its_end(client: Client) -> None:
    ListEntry.objects.create(action="deny", match="ip", value="8.8.8.8")
    assert "8.8.8.8" in text_of(client.get(ENTRIES))
