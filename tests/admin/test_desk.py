"""The review desk."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.admin.builders import add_flag, make_record, queries_of

pytestmark = pytest.mark.django_db
DESK = reverse("admin:number_insight_desk")

def test_it(admin_client: Client) -> None:
    record = make_record(score=75)
    add_flag(record)
    page = admin_client.get(DESK)
    assert page.status_code == 200
    print(page.content.decode())
    q = queries_of(admin_client, DESK)
    for s in q: print(s[:300])
    print(len(q))
