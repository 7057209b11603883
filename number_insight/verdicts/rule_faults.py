"""Rules that raise: counted, and put in shadow when they do so again and again."""

from __future__ import annotations

import logging
from collections.abc import Collection

from django.db.models import F, QuerySet
from django.utils import timezone

from number_insight.models import RuleFault

logger = logging.getLogger("number_insight.verdicts.rule_faults")

MOST_IN_ROW = 20
"""Errors in a row after which a rule goes into shadow by itself."""


def known() -> dict[str, RuleFault]:
    """Return what is remembered of rules that raised, by code; one query."""
    return {fault.code: fault for fault in RuleFault.objects.all()}


def shadowed(faults: dict[str, RuleFault]) -> frozenset[str]:
    """Return the codes of the rules that are in shadow for raising."""
    return frozenset(code for code, fault in faults.items() if fault.shadowed_at)


def recovered(faults: dict[str, RuleFault], silent: Collection[str]) -> frozenset[str]:
    """Return the rules that had raised before and did not now; `silent` could not be asked."""
    counting = (code for code, fault in faults.items() if fault.errors_in_row)
    return frozenset(counting).difference(silent, shadowed(faults))


def note(raised: Collection[str], recovered: Collection[str]) -> None:
    """Count those that raised, and forget the errors of those that work again.

    A rule in shadow stays there until a person re-arms it.
    """
    for code in sorted(raised):
        _count(code)
    if recovered:
        RuleFault.objects.filter(code__in=recovered, shadowed_at=None).update(errors_in_row=0)


def _count(code: str) -> None:
    RuleFault.objects.get_or_create(code=code)
    now, rows = timezone.now(), RuleFault.objects.filter(code=code)
    rows.update(errors_in_row=F("errors_in_row") + 1, changed_at=now)
    many = rows.filter(errors_in_row__gte=MOST_IN_ROW, shadowed_at=None)
    if many.update(shadowed_at=now):
        logger.error(
            "Rule %s raised %s times in a row: it is in shadow from now on. "
            "Repair it, then re-arm it in the admin.",
            code,
            MOST_IN_ROW,
        )


def rearm(faults: QuerySet[RuleFault]) -> int:
    """Let the rules count again, with a clean record; return how many."""
    return faults.update(errors_in_row=0, shadowed_at=None, changed_at=timezone.now())
