"""Rows that many create at once, such as the money of a new day."""

from __future__ import annotations

import pytest
from django.db import transaction

from number_insight.models import Spending
from number_insight.transactions import lock_or_create, retry_deadlock
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_who_create_one_row_at_once_all_lock_it_in_turn() -> None:
    def spend(_index: int) -> None:
        with transaction.atomic():
            rows = Spending.objects.filter(period="2027-02-04")
            created = [Spending(period="2027-02-04", currency="EUR")]
            (row,) = lock_or_create(rows, created, key="period")
            row.spent += 1
            row.save()

    at_once(10, retry_deadlock(spend))
    assert Spending.objects.get().spent == 10
