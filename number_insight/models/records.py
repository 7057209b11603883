"""The records of screenings, and their flags."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers
from number_insight.insight import UNKNOWN
from number_insight.models.choices import (
    UNFINISHED_STATES,
    Basis,
    Decision,
    Lane,
    RecordState,
    Source,
    Verdict,
)
from number_insight.models.columns import (
    NUMBER_LENGTH,
    ExactCharField,
    IPRangeField,
    fingerprint_column,
    money,
)
from number_insight.models.isolation import isolated
from number_insight.models.lookups import Lookup
from number_insight.models.managers import RecordQuerySet, flagged
from number_insight.models.subjects import SubjectKey

REASON_CODE_LENGTH = 50
WAITING = flagged() & Q(decision="") & ~Q(state=RecordState.REFUSED)
"""The condition for the records of the review queue, and for those that have left it by age."""
LIVE_KEPT_FOR = timedelta(days=7)
"""The time after the verdict in which live flags are told apart for a person who decides."""


class NumberInsightRecord(models.Model):
    """A screened number of a signup, with its context, results, verdict and decision."""

    number = models.CharField(_("number"), max_length=NUMBER_LENGTH, db_index=True)
    number_hash = fingerprint_column()
    number_masked = models.CharField(
        _("masked number"), max_length=NUMBER_LENGTH, blank=True, editable=False
    )
    """The readable part of a number that a form turned away, until the record is erased."""
    subject_type = models.ForeignKey(
        ContentType,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,  # an index of the model begins with it
        related_name="+",
    )
    subject_id = ExactCharField(max_length=255, blank=True)
    subject = SubjectKey("subject_type", "subject_id")
    field = models.CharField(_("field"), max_length=255, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    ip_range = IPRangeField(_("IP range"), max_length=43, blank=True, editable=False)
    """The IPv4 address, or the /64 of the IPv6 address, as the address of one visitor."""
    declared_country = models.CharField(_("declared country"), max_length=2, blank=True)
    declared_name = models.CharField(_("declared name"), max_length=200, blank=True)
    level = models.CharField(_("level"), max_length=20, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=RecordState.choices, default=RecordState.QUEUED
    )
    basis = models.CharField(
        _("rests on"), max_length=10, choices=Basis.choices, blank=True, default=Basis.NONE
    )
    lane = models.CharField(_("lane"), max_length=10, choices=Lane.choices, default=Lane.RISK)
    verdict = models.CharField(
        _("verdict"), max_length=10, choices=Verdict.choices, default=Verdict.PENDING
    )
    announced_verdict = models.CharField(
        max_length=10, choices=Verdict.choices, default=Verdict.PENDING, editable=False
    )
    """The verdict that was signalled last; if it differs from `verdict`, a signal is due."""
    score = models.IntegerField(_("score"), default=0)
    note = models.CharField(_("note"), max_length=300, blank=True)
    """The present obstacle to the screening, in one sentence."""
    not_evaluable = models.JSONField(_("not evaluable"), default=list)
    raised_rules = models.JSONField(_("rules that failed"), default=list)
    rules_key = models.CharField(max_length=16, blank=True, editable=False)
    """The key of the `RulesInForce` that judged the record, for replays."""
    history = models.JSONField(default=dict, editable=False)
    """The counts of the past that the rules have read, so that replays read the same."""
    line_type = models.CharField(_("line type"), max_length=20, default=UNKNOWN)
    carrier_name = ExactCharField(_("carrier"), max_length=200, blank=True)
    carrier_country = models.CharField(_("carrier's country"), max_length=2, blank=True)
    original_carrier_name = models.CharField(_("original carrier"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    ported = models.CharField(_("ported"), max_length=20, default=UNKNOWN)
    valid_number = models.CharField(_("valid"), max_length=20, default=UNKNOWN)
    reachable = models.CharField(_("reachable"), max_length=20, default=UNKNOWN)
    roaming_status = models.CharField(_("roaming"), max_length=20, default=UNKNOWN)
    roaming_country = models.CharField(_("roaming in"), max_length=2, blank=True)
    ip_match = models.CharField(_("IP match"), max_length=10, default=UNKNOWN)
    ip_country = models.CharField(_("IP country"), max_length=2, blank=True)
    caller_name = models.CharField(_("caller name"), max_length=200, blank=True)
    caller_type = models.CharField(_("caller type"), max_length=20, default=UNKNOWN)
    decision = models.CharField(
        _("decision"), max_length=10, choices=Decision.choices, blank=True, default=Decision.NONE
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason_code = models.CharField(_("reason"), max_length=REASON_CODE_LENGTH, blank=True)
    """The code of one of the ``REASONS``; `decision_reason` has the rest."""
    decision_reason = models.TextField(_("reason in words"), blank=True)
    second_look = models.BooleanField(_("second look"), default=False)
    """Whether another reviewer is to judge the case too; see ``SECOND_LOOK``."""
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("claimed by"),
    )
    """The person who is looking at the record, for some minutes from `claimed_at` on."""
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    fraud = models.BooleanField(_("was fraud"), null=True, blank=True)
    """Whether the signup turned out to be fraud; None while this is unknown."""
    labelled_at = models.DateTimeField(_("labelled at"), null=True, editable=False)
    lookup = models.ForeignKey(
        Lookup, on_delete=models.SET_NULL, null=True, related_name="records", editable=False
    )
    cost = money(_("cost"), default=Decimal(0))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    screened_at = models.DateTimeField(_("screened at"), null=True)

    live_until = models.DateTimeField(null=True, editable=False)
    """The time until which live flags keep code and text; then the sweep merges them into one."""

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("number insight record")
        verbose_name_plural = _("number insight records")
        ordering: ClassVar = ["-pk"]
        permissions: ClassVar = [
            ("decide_numberinsightrecord", _("Can release and refuse signups")),
            ("reopen_numberinsightrecord", _("Can reopen decisions")),
            ("look_up_again", _("Can look a number up again, which costs money")),
            ("view_full_number", _("Can see numbers and IP addresses in full")),
            ("reveal_full_number", _("Can have one number shown in full, for a reason")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"], name="ni_record_subject"),
            models.Index(fields=["ip_range", "created_at"], name="ni_record_ip"),
            models.Index(fields=["carrier_name", "created_at"], name="ni_record_carrier"),
            models.Index(fields=["country", "created_at"], name="ni_record_country"),
            models.Index(fields=["verdict", "-id"], name="ni_record_verdict"),
            models.Index(fields=["created_at"], name="ni_record_day"),
            models.Index(
                fields=["state", "created_at"],  # the state, where conditions are ignored
                condition=Q(state__in=(RecordState.QUEUED, RecordState.WAITING)),
                name="ni_record_due",
            ),
            models.Index(
                # The last two tell abandoned records apart, so that counting reads the index alone.
                fields=["lane", "-score", "id", "subject_type", "created_at"],
                condition=WAITING,
                name="ni_record_queue",
            ),
            # Without it the oldest are searched for from the first record on, decided ones too.
            models.Index(fields=["id"], condition=WAITING, name="ni_record_waiting"),
            models.Index(
                fields=["live_until"], condition=Q(live_until__isnull=False), name="ni_record_live"
            ),
            models.Index(
                fields=["decided_at"], condition=Q(second_look=True), name="ni_record_second"
            ),
            models.Index(
                fields=["decided_at"],
                condition=Q(decided_at__isnull=False),
                name="ni_record_decided",
            ),
            models.Index(
                fields=["number_hash"], condition=~Q(number_hash=""), name="ni_record_hash"
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(number_hash="") | ~Q(number_masked=""),
                name="ni_record_kept",
            ),
            models.Index(
                fields=["screened_at"],
                condition=~Q(verdict=F("announced_verdict")),
                name="ni_record_untold",
            ),
        ]

    def __str__(self) -> str:
        # Django shows it in titles, breadcrumbs, checkboxes and logs, so it is masked for all.
        if self.number_hash:
            return isolated(self.number_masked) or gettext("erased number")
        return isolated(numbers.recognisable(self.number))

    def __repr__(self) -> str:
        # A repr ends up in logs and error reports, which must hold no numbers.
        return f"<{type(self).__name__} {self.pk}>"

    @property
    def full_number(self) -> str:
        """The number with spaces, for people who may see it; masked where it is not kept."""
        return numbers.international(self.number) if not self.number_hash else str(self)

    @property
    def is_settled(self) -> bool:
        """Whether the screening of this record is finished."""
        return self.state not in UNFINISHED_STATES


class RiskFlag(models.Model):
    """A finding on a record; it outlives its rule, and is translated when it is shown."""

    record = models.ForeignKey(NumberInsightRecord, on_delete=models.CASCADE, related_name="flags")
    code = models.CharField(_("code"), max_length=50, db_index=True)
    group = models.CharField(_("group"), max_length=50, blank=True)
    weight = models.IntegerField(_("weight"))
    counted = models.BooleanField(_("counted"), default=True)
    shadow = models.BooleanField(_("in shadow"), default=False)
    """Whether the rule was on trial, so that the flag changed nothing."""
    live = models.BooleanField(_("live"), default=False)
    """Whether it was found in live data and still has its name; see ``STORE_LIVE``."""
    message = models.CharField(_("message"), max_length=300, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict)

    class Meta:
        verbose_name = _("risk flag")
        verbose_name_plural = _("risk flags")
        ordering: ClassVar = ["-weight", "code"]

    def __str__(self) -> str:
        return self.code

    @property
    def text(self) -> str:
        """The finding as a sentence in the active language."""
        try:
            return gettext(self.message) % self.evidence if self.message else self.code
        except (KeyError, TypeError, ValueError):
            return self.message
