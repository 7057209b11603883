"""Quality: how often each rule fired, and how right it was, as people have said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, Count, F, Q, QuerySet, Value, When

from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import Decision

FRAUD, FINE, UNLABELLED = "fraud", "fine", ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleQuality:
    """The later history of the records on which one rule fired.

    `fraud` and `fine` count those of which it is known, `refused` and `released` those that a
    person decided on. Shares are None where there is nothing to divide by.
    """

    fired: int
    refused: int
    released: int
    fraud: int
    fine: int
    all_fraud: int

    @property
    def agreement(self) -> float | None:
        """The share of refusals among the decided records."""
        return _share(self.refused, self.refused + self.released)

    @property
    def precision(self) -> float | None:
        """The share of fraud among the labelled records."""
        return _share(self.fraud, self.fraud + self.fine)

    @property
    def recall(self) -> float | None:
        """On how many of all frauds the rule fired."""
        return _share(self.fraud, self.all_fraud)

    def as_json(self) -> dict[str, Any]:
        """Return the documented JSON form."""
        counts = {n: getattr(self, n) for n in ("fired", "refused", "released", "fraud", "fine")}
        shares = {n: getattr(self, n) for n in ("agreement", "precision", "recall")}
        return {**counts, **shares}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The precision of the rules; `fraud` and `fine` count the records with a known label."""

    records: int
    fraud: int
    fine: int
    rules: Mapping[str, RuleQuality]

    def as_json(self) -> dict[str, Any]:
        """Return the documented JSON form."""
        rules = {code: rule.as_json() for code, rule in self.rules.items()}
        return {"records": self.records, "fraud": self.fraud, "fine": self.fine, "rules": rules}

    def lines(self) -> Iterator[str]:
        """Yield a table."""
        yield f"{self.records} records; {self.fraud} were fraud and {self.fine} were fine."
        if not self.rules:
            return
        heads = ("fired", "refused", "released", "agreement", "precision", "recall")
        yield f"\n{'Rule':<26}" + "".join(f"{head:>11}" for head in heads)
        for code, rule in self.rules.items():
            cells = (getattr(rule, head) for head in heads)
            yield f"  {code:<24}" + "".join(f"{_cell(cell):>11}" for cell in cells)


def measured(rows: QuerySet[Any]) -> Quality:
    """Return the quality of the rules on `rows`, flags in shadow included.

    A decision says what a record was, unless it was labelled later.
    """
    records = NumberInsightRecord.objects.filter(pk__in=rows.values("pk"))
    known = dict(_labelled(records, "").order_by().values_list("label").annotate(count=Count("pk")))
    rules = _rules(records, known.get(FRAUD, 0))
    return Quality(
        records=sum(known.values()),
        fraud=known.get(FRAUD, 0),
        fine=known.get(FINE, 0),
        rules=dict(sorted(rules.items(), key=lambda item: (-item[1].fired, item[0]))),
    )


def _rules(records: QuerySet[Any], all_fraud: int) -> dict[str, RuleQuality]:
    flags = _labelled(RiskFlag.objects.filter(record__in=records.values("pk")), "record__")
    found = flags.order_by().values_list("code", "record__decision", "label")
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, decision, label, count in found.annotate(count=Count("record", distinct=True)):
        for word in ("fired", decision, label):
            counts[code][word] += count
    return {
        code: RuleQuality(
            fired=count["fired"],
            refused=count[Decision.REFUSED],
            released=count[Decision.RELEASED],
            fraud=count[FRAUD],
            fine=count[FINE],
            all_fraud=all_fraud,
        )
        for code, count in counts.items()
    }


def _labelled(rows: QuerySet[Any], prefix: str) -> QuerySet[Any]:
    """Return `rows` with the label of their records, as ``label``."""
    decided = ~Q(**{f"{prefix}decision": Decision.NONE})
    later = Q(**{f"{prefix}labelled_at__gte": F(f"{prefix}decided_at")})
    spoken = Q(**{f"{prefix}fraud__isnull": False}) & (~decided | later)
    said = When(spoken & Q(**{f"{prefix}fraud": True}), then=Value(FRAUD))
    denied = When(spoken, then=Value(FINE))
    refused = When(Q(**{f"{prefix}decision": Decision.REFUSED}), then=Value(FRAUD))
    released = When(Q(**{f"{prefix}decision": Decision.RELEASED}), then=Value(FINE))
    label = Case(
        said, denied, refused, released, default=Value(UNLABELLED), output_field=models.CharField()
    )
    labelled: QuerySet[Any] = rows.annotate(label=label)
    return labelled


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0%}" if isinstance(value, float) else str(value)
