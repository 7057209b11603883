"""Second looks: a share of the decided cases is shown to another reviewer, who judges them too.

The second word changes nothing. It tells how often reviewers agree.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.crypto import salted_hmac

from number_insight.conf import app_settings
from number_insight.models import DecisionEvent, NumberInsightRecord
from number_insight.models.choices import SECOND_ACTS, Act, Decision, RecordState
from number_insight.models.managers import RecordQuerySet
from number_insight.models.records import REASON_CODE_LENGTH
from number_insight.transactions import retry_deadlock

SALT = "number_insight.second_look.v1"


def is_chosen(record: NumberInsightRecord) -> bool:
    """Return whether ``SECOND_LOOK`` chooses `record`, which never had a second look.

    A keyed hash chooses, so that nobody can tell beforehand which cases are seen again.
    """
    if record.state == RecordState.REFUSED or not _is_in_share(record.pk):
        return False
    return not DecisionEvent.objects.filter(record=record.pk, act__in=SECOND_ACTS).exists()


def _is_in_share(pk: int) -> bool:
    share = app_settings.SECOND_LOOK
    if share <= 0:
        return False
    key = app_settings.FINGERPRINT_KEYS[0]
    drawn = salted_hmac(SALT, str(pk), secret=key, algorithm="sha256").digest()
    return int.from_bytes(drawn[:8], "big") < share * 2**64


def second_looks(user: Any) -> RecordQuerySet:
    """Return the decided records that `user` is to judge too, the earliest decision first.

    A page that shows one must not tell the decision.
    """
    return _open_to(user).order_by("decided_at", "pk")


def _open_to(user: Any) -> RecordQuerySet:
    chosen = NumberInsightRecord.objects.filter(second_look=True).exclude(decision=Decision.NONE)
    return chosen.exclude(decided_by=user)


@retry_deadlock
def second_word(
    record: NumberInsightRecord, *, user: Any, refuse: bool, reason: str = "", reason_code: str = ""
) -> bool:
    """Write down the second word of `user`, which changes neither decision nor account.

    Return False if `record` has no second look for `user`, or has had it.
    """
    with transaction.atomic():
        if not _open_to(user).filter(pk=record.pk).update(second_look=False):
            return False
        record.refresh_from_db()
        DecisionEvent.objects.create(
            record=record,
            user=user,
            act=Act.SECOND_REFUSE if refuse else Act.SECOND_RELEASE,
            reason_code=reason_code[:REASON_CODE_LENGTH],
            reason=reason.strip(),
            previous=record.decision,
        )
    return True


def disagreements() -> RecordQuerySet:
    """Return the records whose decision differs from the second word, the latest first."""
    released = _has_event(Act.SECOND_RELEASE)
    refused = _has_event(Act.SECOND_REFUSE)
    apart = Q(released, decision=Decision.REFUSED) | Q(refused, decision=Decision.RELEASED)
    rows: RecordQuerySet = NumberInsightRecord.objects.filter(apart)
    return rows.order_by("-decided_at", "-pk")


def _has_event(act: Act) -> Exists:
    return Exists(DecisionEvent.objects.filter(record=OuterRef("pk"), act=act))
