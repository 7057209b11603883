"""Approvals: the signals that a vendor tells only where it has allowed them to the account."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet, Subquery, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from number_insight.models import Lookup

LATEST = 100
"""The latest lookups that are read for signals without approval."""
NOT_AUTHORIZED = "not_authorized"


def latest() -> QuerySet[Any]:
    """Return those of the latest lookups that lack an approval, with `missing` as JSON text."""
    newest = Subquery(Lookup.objects.order_by("-pk").values("pk")[:1])
    missing = Cast(KT("insight__missing"), TextField())
    # With one bound alone PostgreSQL expects a third of the table, and starts workers to read it.
    recent = Lookup.objects.filter(pk__gt=newest - LATEST, pk__lte=newest)
    return recent.annotate(missing=missing).filter(missing__contains=NOT_AUTHORIZED)


def lacking() -> dict[str, str]:
    """Return the signals that lack an approval in the latest answers, by provider."""
    return by_provider(latest().values_list("provider", "missing"))


def by_provider(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the signals that lack an approval in `rows` of `latest`, by provider."""
    signals: dict[str, set[str]] = {}
    for provider, missing in rows:
        reasons = json.loads(missing)
        found = {signal for signal, why in reasons.items() if why == NOT_AUTHORIZED}
        signals.setdefault(provider, set()).update(found)
    return {name: ", ".join(sorted(found)) for name, found in sorted(signals.items()) if found}
