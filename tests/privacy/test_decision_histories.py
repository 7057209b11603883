"""Erasure takes the free text out of the history of decisions, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from number_insight import privacy, reviewing
from number_insight.models import DecisionEvent, NumberInsightRecord
from number_insight.testing import RecordFactory
from tests.admin.builders import action_url, confirmed, make_staff
from tests.models import Customer
from tests.privacy.stage import NAME, NUMBER, aged, command, found_in

pytestmark = pytest.mark.django_db


def history_of(record: NumberInsightRecord) -> list[tuple[Any, ...]]:
    parts = ("act", "user_id", "at", "reason_code", "previous")
    return list(record.events.values_list(*parts))


def a_history(client: Client) -> NumberInsightRecord:
    """Return a record that was refused in the admin, reopened, and released by code."""
    user = make_staff("ana", "view_numberinsightrecord", "decide_numberinsightrecord")
    client.force_login(user)
    record: NumberInsightRecord = RecordFactory(
        number=NUMBER, verdict="review", subject=Customer.objects.create(name="Ada")
    )
    client.post(action_url("refuse"), confirmed(record, reason=f"{NAME},\ncalled {NUMBER}"))
    reviewing.reopen(record, user=user, reason=f"{NAME} complained.")
    reviewing.release(record, user=user, reason=NAME, reason_code="known")
    return record


@pytest.mark.parametrize("way", ["erasure", "purge"])
def test_free_text_goes_and_acts_persons_times_and_codes_stay(client: Client, way: str) -> None:
    record = a_history(client)
    other = RecordFactory(verdict="review")
    reviewing.refuse(other, reason="Another matter.")
    before, entries = history_of(record), LogEntry.objects.count()
    (entry,) = LogEntry.objects.filter(object_id=str(record.pk))
    assert entry.change_message == f"Refused.\n{NAME},\ncalled {NUMBER}"
    if way == "purge":
        aged(id=record.pk)
        command("purge")
    else:
        privacy.erase(number=NUMBER)
    assert history_of(record) == before
    assert {event.reason for event in record.events.all()} == {""}
    assert LogEntry.objects.count() == entries
    entry.refresh_from_db()
    assert entry.change_message == "Refused."
    assert found_in(entry.object_repr) == []
    assert DecisionEvent.objects.get(record=other).reason == "Another matter."


def test_the_log_of_other_models_is_left_alone(client: Client) -> None:
    record = a_history(client)
    kind = ContentType.objects.get_for_model(Customer)
    stranger = LogEntry.objects.create(
        user_id=record.decided_by_id,
        content_type=kind,
        object_id=str(record.pk),
        object_repr="x",
        action_flag=2,
        change_message="One line.\nAnother line.",
    )
    privacy.erase(number=NUMBER)
    stranger.refresh_from_db()
    assert stranger.change_message == "One line.\nAnother line."
