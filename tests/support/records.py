"""Records with a history, and the signup that the rules are told of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from number_insight.insight import Carrier, Insight
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.rules import Signup
from number_insight.rules.base import COSTLY
from number_insight.verdicts import context, grounds, history, recording
from tests.models import Customer

NUMBER = "+46701740605"
IP = "8.8.8.8"
TELIA = Insight(country="SE", current_carrier=Carrier(name="Telia", network_code="24001"))


def a_record(
    number: str = NUMBER, *, subject: int | None = None, ago: timedelta = timedelta(0), **facts: Any
) -> NumberInsightRecord:
    """Return a stored record that was made `ago` before now, of the customer with this key."""
    told: dict[str, Any] = {"source": "signup", **facts}
    if subject is not None:
        told["subject_type"] = ContentType.objects.get_for_model(Customer)
        told["subject_id"] = str(subject)
    record = NumberInsightRecord.objects.create(number=number, **told)
    record.created_at = timezone.now() - ago
    record.save(update_fields=["created_at"])
    return record


def decided(number: str, decision: str, at: datetime, **facts: Any) -> NumberInsightRecord:
    """Return a record on which a person has decided."""
    return a_record(number, decision=decision, decided_at=at, **facts)


def known_of(record: NumberInsightRecord, insight: Insight = TELIA, reads: Any = COSTLY) -> Signup:
    """Return the signup that the rules are told of."""
    (past,) = history.pasts([(record, insight)], reads)
    return context.signup_of(record, past)


def numbers_of_block(count: int, block: str = "+467017406") -> list[str]:
    """Return numbers of one block of 100 that are not `NUMBER`."""
    return [f"{block}{last:02}" for last in range(10, 10 + count)]


def an_entry(action: str, match: str, value: str, **facts: Any) -> ListEntry:
    """Return a stored entry of the lists."""
    return ListEntry.objects.create(action=action, match=match, value=value, **facts)


def settled(record: NumberInsightRecord) -> NumberInsightRecord:
    """Return `record` as it is once it is judged on free facts."""
    recording.judge([grounds.local(record)])
    record.refresh_from_db()
    return record


def codes_of(record: NumberInsightRecord) -> set[str]:
    """Return the codes of the flags of `record`."""
    return set(record.flags.values_list("code", flat=True))


@contextmanager
def unwritable(number: str) -> Iterator[None]:
    """Let PostgreSQL take no verdict on the records of `number`, but one after a fault."""
    table = f"ALTER TABLE {NumberInsightRecord._meta.db_table}"
    writable = f"number <> '{number}' OR verdict = 'pending' OR lane = 'fault'"
    with connection.cursor() as cursor:
        cursor.execute(f"{table} ADD CONSTRAINT unwritable CHECK ({writable})")
        try:
            yield
        finally:
            cursor.execute(f"{table} DROP CONSTRAINT unwritable")
