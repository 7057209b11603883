"""In the admin the IP is the reviewer's, and so says nothing about the customer."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from number_insight.models import NumberInsightRecord
from tests.models import Customer
from tests.support.stage import CLEAN, VIRTUAL

pytestmark = pytest.mark.django_db


def test_a_number_that_staff_type_is_screened_without_an_ip(client: Client) -> None:
    client.force_login(User.objects.create_superuser("grace"))
    data = {"name": "Ada", "phone": CLEAN, "email": ""}
    there = {"REMOTE_ADDR": "8.8.8.8"}
    assert client.post("/admin/tests/customer/add/", data, **there).status_code == 302
    customer = Customer.objects.get()
    path = f"/admin/tests/customer/{customer.pk}/change/"
    assert client.post(path, data, **there).status_code == 302
    assert client.post(path, {**data, "phone": VIRTUAL}, **there).status_code == 302
    records = NumberInsightRecord.objects.order_by("pk")
    assert [(r.number, r.source, r.ip_address) for r in records] == [
        (CLEAN, "admin", None),
        (VIRTUAL, "admin", None),
    ]
