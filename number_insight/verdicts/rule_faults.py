"""The exceptions of rules, counted until a rule goes into shadow."""

from __future__ import annotations

import logging
from collections.abc import Collection

from django.db.models import F, QuerySet
from django.utils import timezone

from number_insight.models import RuleFault

logger = logging.getLogger("number_insight.verdicts.rule_faults")

MOST_IN_ROW = 20
"""The number of errors in a row that put a rule into shadow."""


def known() -> dict[str, RuleFault]:
    """Return the faults of all rules by code, in one query."""
    return {fault.code: fault for fault in RuleFault.objects.all()}


def shadowed(faults: dict[str, RuleFault]) -> frozenset[str]:
    """Return the codes of the rules that are in shadow because of their errors."""
    return frozenset(code for code, fault in faults.items() if fault.shadowed_at)


def recovered(faults: dict[str, RuleFault], silent: Collection[str]) -> frozenset[str]:
    """Return the codes of rules with earlier errors and none now; `silent` ones gave no result."""
    failing = (code for code, fault in faults.items() if fault.errors_in_row)
    return frozenset(failing).difference(silent, shadowed(faults))


def note(raised: Collection[str], recovered: Collection[str]) -> None:
    """Count the errors of `raised` rules, and reset those of `recovered` ones.

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
    too_many = rows.filter(errors_in_row__gte=MOST_IN_ROW, shadowed_at=None)
    if too_many.update(shadowed_at=now):
        logger.error(
            "Rule %s raised %s times in a row: it is in shadow from now on. "
            "Repair it, then re-arm it in the admin.",
            code,
            MOST_IN_ROW,
        )


def rearm(faults: QuerySet[RuleFault]) -> int:
    """Take the rules out of shadow and reset their errors; return their number."""
    return faults.update(errors_in_row=0, shadowed_at=None, changed_at=timezone.now())
