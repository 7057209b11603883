"""List entries made from a record: deny it as well, or allow its number next time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.models.choices import ListAction, ListMatch
from number_insight.models.lists import normalised, unkept_value

BLOCK_DIGITS = 2
"""The last digits of a number that its prefix leaves out: a block has 100 numbers."""


def deny_also(
    record: NumberInsightRecord,
    match: str,
    *,
    author: Any,
    reason: str,
    expires_at: datetime | None = None,
) -> ListEntry:
    """Deny the number, IP, prefix, carrier or country of `record`, and return the entry.

    The prefix is the block of 100 numbers. An entry in force that says the same is returned
    instead of a second one. Raise `ValidationError` if `record` has nothing of the kind.
    """
    return _entry(record, ListAction.DENY, match, author, reason, expires_at)


def allow_next_time(record: NumberInsightRecord, *, author: Any, reason: str) -> ListEntry:
    """Allow the number of `record`, and return the entry.

    It helps a visitor whom the form has refused: there is no signup to release. Of such a number
    only the fingerprint is kept, and the entry holds that. Raise `ValidationError` if there is
    neither.
    """
    return _entry(record, ListAction.ALLOW, ListMatch.NUMBER, author, reason, None)


def _entry(
    record: NumberInsightRecord,
    action: str,
    match: str,
    author: Any,
    reason: str,
    expires_at: datetime | None,
) -> ListEntry:
    value = normalised(match, _value(record, match))
    same = ListEntry.objects.in_force().filter(action=action, match=match, value=value)
    lasting = (
        same.filter(Q(expires_at=None) | Q(expires_at__gte=expires_at)) if expires_at else same
    )
    found: ListEntry | None = lasting.order_by(F("expires_at").desc(nulls_first=True)).first()
    if found is not None:
        return found
    length = ListEntry._meta.get_field("reason").max_length
    return ListEntry.objects.create(
        action=action,
        match=match,
        value=value,
        author=author,
        reason=reason.strip()[:length],
        expires_at=expires_at,
    )


def _value(record: NumberInsightRecord, match: str) -> str:
    """Return the value of `record` for an entry of the kind `match`."""
    values: dict[str, str | None] = {
        ListMatch.NUMBER: record.number
        or (record.number_hash and unkept_value(record.number_hash)),
        ListMatch.IP: record.ip_address,
        ListMatch.PREFIX: record.number[:-BLOCK_DIGITS],
        ListMatch.CARRIER: record.carrier_name,
        ListMatch.COUNTRY: record.country,
    }
    value = values.get(match)
    if not value:
        raise ValidationError(_("The record holds nothing of the kind that could be listed."))
    return value
