"""A crowd of numbers, and the bases of their verdicts."""

from __future__ import annotations

from number_insight.models import NumberInsightRecord


def numbers(count: int) -> list[str]:
    """Return so many clean numbers, each in a block of its own."""
    return [f"+4670174{index:02}05" for index in range(count)]


def bases() -> list[str]:
    """Return the basis of each verdict, in the order of the signups."""
    return list(NumberInsightRecord.objects.order_by("pk").values_list("basis", flat=True))
