"""Every column is decided on: it is erased, or it points to nobody."""

from __future__ import annotations

import pytest
from django.db import models

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.privacy.erasing import LOOKUP_BLANKS, RECORD_BLANKS

SEARCHED = {"note", "error"}
"""Sentences of ours or a provider's, from which numbers, IPs and names are taken out."""
LINK = {"subject_type", "subject_id"}
"""Columns that are emptied when the subject is gone."""
IMPERSONAL = {
    *(
        *("id", "number_hash", "open_key", "field", "source", "level", "state", "basis"),
        *("lane", "verdict"),
    ),
    *("announced_verdict", "score", "not_evaluable", "raised_rules", "rules_key", "history"),
    *(
        *("cost", "declared_country", "line_type", "carrier_name", "carrier_country"),
        *("country", "ported"),
    ),
    *("original_carrier_name", "valid_number", "ip_match", "ip_country", "caller_type"),
    *(
        *("decision", "decided_by", "decided_at", "reason_code", "second_look", "fraud"),
        *("labelled_at", "lookup"),
    ),
    *("claimed_by", "claimed_at"),
    *("created_at", "screened_at", "provider", "cnam", "delivery", "claim", "lease_until"),
    *(
        *("next_try_at", "open_key", "attempts", "status", "number_refused", "conflict"),
        *("reserved", "reserved_on", "price"),
    ),
    *("cost", "refund", "balance", "currency", "purse", "supersedes", "called_at", "answered_at"),
}


@pytest.mark.parametrize(
    ("model", "blanks"), [(NumberInsightRecord, RECORD_BLANKS), (Lookup, LOOKUP_BLANKS)]
)
def test_every_column_is_erased_or_points_to_nobody(
    model: type[models.Model], blanks: dict[str, object]
) -> None:
    columns = {column.name for column in model._meta.concrete_fields}
    assert columns - blanks.keys() - SEARCHED - LINK - IMPERSONAL == set()
    assert blanks.keys() <= columns
    assert IMPERSONAL.isdisjoint(blanks)
