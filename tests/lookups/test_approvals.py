"""The lookups that are read for missing approvals are the latest ones, and few."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from number_insight.lookups import approvals
from number_insight.models import Lookup
from number_insight.testing import LookupFactory

pytestmark = pytest.mark.django_db

LACKING: dict[str, Any] = {"missing": {"sim_swap": "not_authorized", "voip": "unknown"}}


def test_only_the_latest_lookups_tell_what_an_account_lacks() -> None:
    LookupFactory(insight=LACKING)
    assert approvals.lacking() == {"default": "sim_swap"}
    Lookup.objects.bulk_create(LookupFactory.build_batch(approvals.LATEST - 1, insight={}))
    assert approvals.lacking() == {"default": "sim_swap"}
    LookupFactory(insight={})
    assert approvals.lacking() == {}


@pytest.mark.postgres_only
def test_postgresql_expects_to_read_a_part_of_many_lookups_so_that_it_starts_no_worker() -> None:
    Lookup.objects.bulk_create(LookupFactory.build_batch(3000, insight={}))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plan = approvals.latest().explain()
    assert "Index Scan using number_insight_lookup_pkey" in plan
    assert " AND (id <= " in plan
