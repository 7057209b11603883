"""The exceptions of rules, counted until a rule goes into shadow."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from itertools import islice

from django.db.models import F, QuerySet
from django.utils import timezone

from number_insight.models import NumberInsightRecord, RuleFault

logger = logging.getLogger("number_insight.verdicts.rule_faults")

MOST_IN_ROW = 20
"""The number of errors in a row that put a rule into shadow."""
MAX_ERROR_LENGTH = 300
MAX_SEARCHED = 2000
"""The newest records among which those of a rule's errors are found."""


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


def note(raised: Collection[str], recovered: Collection[str], errors: Mapping[str, str]) -> None:
    """Count the `errors` of `raised` rules, and reset those of `recovered` ones.

    A rule in shadow stays there until a person re-arms it.
    """
    for code in sorted(raised):
        _count(code, errors.get(code, "")[:MAX_ERROR_LENGTH])
    if recovered:
        RuleFault.objects.filter(code__in=recovered, shadowed_at=None).update(errors_in_row=0)


def _count(code: str, error: str) -> None:
    RuleFault.objects.get_or_create(code=code)
    now, rows = timezone.now(), RuleFault.objects.filter(code=code)
    rows.update(errors_in_row=F("errors_in_row") + 1, error=error, changed_at=now)
    too_many = rows.filter(errors_in_row__gte=MOST_IN_ROW, shadowed_at=None)
    if too_many.update(shadowed_at=now):
        logger.error(
            "Rule %s raised %s times in a row: it is in shadow from now on. "
            "Repair it, then re-arm it in the admin.",
            code,
            MOST_IN_ROW,
        )


def failing() -> dict[str, bool]:
    """Return the codes of the rules that raise errors now, and whether each is in shadow."""
    rows = RuleFault.objects.filter(errors_in_row__gt=0).order_by("code")
    return {fault.code: fault.shadowed_at is not None for fault in rows}


def record_keys(code: str, most: int) -> list[int]:
    """Return the keys of the newest records for which this rule raised an error."""
    rows = NumberInsightRecord.objects.order_by("-pk").values_list("pk", "raised_rules")
    found = (key for key, codes in rows[:MAX_SEARCHED] if code in codes)
    return list(islice(found, most))


def rearm(faults: QuerySet[RuleFault]) -> int:
    """Take the rules out of shadow and reset their errors; return their number."""
    return faults.update(errors_in_row=0, shadowed_at=None, changed_at=timezone.now())
