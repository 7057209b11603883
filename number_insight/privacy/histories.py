"""Histories of decisions: their free text is erased, and nothing else of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from number_insight.models import DecisionEvent, NumberInsightRecord


def erase_free_text(record_ids: Sequence[int]) -> None:
    """Blank the free text in the decision events and in the admin's log of these records.

    Acts, persons, times and the codes of reasons stay. In an entry of the admin's log the free
    text begins at the second line.
    """
    events = DecisionEvent._base_manager.filter(record__in=record_ids)  # the other one refuses
    events.exclude(reason="").update(reason="")
    if apps.is_installed("django.contrib.admin"):
        _erase_log(record_ids)


def _erase_log(record_ids: Sequence[int]) -> None:
    entries: Any = apps.get_model("admin", "LogEntry")._base_manager
    rows = entries.filter(
        content_type=ContentType.objects.get_for_model(NumberInsightRecord),
        object_id__in=[str(record_id) for record_id in record_ids],
        change_message__contains="\n",
    )
    shortened = list(rows.only("change_message"))
    for entry in shortened:
        entry.change_message = entry.change_message.partition("\n")[0]
    entries.bulk_update(shortened, ("change_message",))
