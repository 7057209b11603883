"""The memory: records, their flags, the lookups they waited for, and what was spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers
from number_insight.choices import (
    ANSWERED_STATES,
    Basis,
    Decision,
    Lane,
    LookupState,
    RecordState,
    Source,
    Verdict,
)
from number_insight.insight import UNKNOWN
from number_insight.managers import RecordQuerySet

NUMBER_LENGTH = 32


def _money(verbose_name: Any, **options: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(verbose_name, max_digits=14, decimal_places=8, **options)


class Lookup(models.Model):
    """One question put to a provider, paid at most once; several records may wait for it."""

    provider = models.CharField(_("provider"), max_length=50)
    number = models.CharField(_("number"), max_length=NUMBER_LENGTH, db_index=True)
    level = models.CharField(_("level"), max_length=20)
    country = models.CharField(_("declared country"), max_length=2, blank=True)
    ip_address = models.GenericIPAddressField(_("IP sent"), null=True, blank=True)
    cnam = models.BooleanField(_("caller name asked for"), default=False)
    delivery = models.CharField(_("delivery"), max_length=10, default="sync")
    state = models.CharField(
        _("state"), max_length=20, choices=LookupState.choices, default=LookupState.QUEUED
    )
    open_key = models.CharField(max_length=200, null=True, unique=True, editable=False)  # noqa: DJ001  NULL is what a unique column may hold twice
    """The question itself while it is unfinished, so that it is asked once; else None."""
    claim = models.UUIDField(null=True, editable=False)
    """The fencing token of the worker that may save what comes back."""
    lease_until = models.DateTimeField(null=True, editable=False)
    next_try_at = models.DateTimeField(_("next try at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    status = models.IntegerField(_("provider's status"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    conflict = models.BooleanField(_("conflicting callback"), default=False)
    reserved = _money(_("reserved"), default=Decimal(0))
    reserved_on = models.DateField(_("reserved on"), null=True)
    price = _money(_("price"), null=True)
    refund = _money(_("refund"), null=True)
    balance = _money(_("balance reported"), null=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    insight = models.JSONField(_("insight"), null=True)
    raw = models.JSONField(_("raw answer"), null=True)
    supersedes = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="superseded_by"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    called_at = models.DateTimeField(_("called at"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)

    class Meta:
        verbose_name = _("lookup")
        verbose_name_plural = _("lookups")
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(state=LookupState.QUEUED),
                name="ni_lookup_due",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=(LookupState.CALLING, LookupState.SUBMITTED)),
                name="ni_lookup_lease",
            ),
        ]

    def __str__(self) -> str:
        return gettext("lookup %(pk)s") % {"pk": self.pk}

    @property
    def cost(self) -> Decimal:
        """What was really paid: the price less the refund."""
        return max((self.price or Decimal(0)) - (self.refund or Decimal(0)), Decimal(0))

    @property
    def is_answered(self) -> bool:
        return self.state in ANSWERED_STATES


class NumberInsightRecord(models.Model):
    """One screened number of one signup: the context, the results, the verdict, the decision."""

    number = models.CharField(_("number"), max_length=NUMBER_LENGTH, db_index=True)
    subject_type = models.ForeignKey(
        ContentType, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    subject_id = models.CharField(max_length=255, blank=True)
    subject = GenericForeignKey("subject_type", "subject_id")
    field = models.CharField(_("field"), max_length=255, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
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
    """The verdict that receivers were told last; where it differs, they are still to be told."""
    score = models.IntegerField(_("score"), default=0)
    note = models.CharField(_("note"), max_length=300, blank=True)
    """What stands in the way of the screening just now, in one sentence."""
    not_evaluable = models.JSONField(_("not evaluable"), default=list)
    raised_rules = models.JSONField(_("rules that failed"), default=list)
    line_type = models.CharField(_("line type"), max_length=20, default=UNKNOWN)
    carrier_name = models.CharField(_("carrier"), max_length=200, blank=True)
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
    decision_reason = models.TextField(_("reason"), blank=True)
    lookup = models.ForeignKey(
        Lookup, on_delete=models.SET_NULL, null=True, related_name="records", editable=False
    )
    cost = _money(_("cost"), default=Decimal(0))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    screened_at = models.DateTimeField(_("screened at"), null=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("number insight record")
        verbose_name_plural = _("number insight records")
        ordering: ClassVar = ["-pk"]
        permissions: ClassVar = [
            ("decide_numberinsightrecord", _("Can release and refuse signups")),
            ("look_up_again", _("Can look a number up again, which costs money")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"], name="ni_record_subject"),
            models.Index(fields=["ip_address", "created_at"], name="ni_record_ip"),
            models.Index(fields=["verdict", "-id"], name="ni_record_verdict"),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=(RecordState.QUEUED, RecordState.WAITING)),
                name="ni_record_due",
            ),
            models.Index(
                fields=["screened_at"],
                condition=~Q(verdict=F("announced_verdict")),
                name="ni_record_untold",
            ),
        ]

    def __str__(self) -> str:
        return numbers.international(self.number)

    @property
    def is_settled(self) -> bool:
        """Whether the machine is done with this record."""
        return self.state not in (RecordState.QUEUED, RecordState.WAITING)


class RiskFlag(models.Model):
    """One finding on one record; it survives the rule that found it, and reads in any language."""

    record = models.ForeignKey(NumberInsightRecord, on_delete=models.CASCADE, related_name="flags")
    code = models.CharField(_("code"), max_length=50, db_index=True)
    group = models.CharField(_("group"), max_length=50, blank=True)
    weight = models.IntegerField(_("weight"))
    counted = models.BooleanField(_("counted"), default=True)
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
        """The finding as one sentence in the reader's language."""
        try:
            return gettext(self.message) % self.evidence if self.message else self.code
        except (KeyError, TypeError, ValueError):
            return self.message


class Spending(models.Model):
    """What was reserved and spent in one period ("day:2027-01-31", "month:2027-01").

    Whole numbers, in hundred-millionths of the currency: exact on every database.
    """

    period = models.CharField(_("period"), max_length=20, unique=True)
    reserved = models.BigIntegerField(_("reserved"), default=0)
    spent = models.BigIntegerField(_("spent"), default=0)

    class Meta:
        verbose_name = _("spending")
        verbose_name_plural = _("spending")

    def __str__(self) -> str:
        return self.period
