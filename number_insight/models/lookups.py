"""Lookups: the questions to providers, with their answers and prices."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.models.choices import ANSWERED_STATES, LookupState
from number_insight.models.columns import NUMBER_LENGTH, fingerprint_column, money


class Lookup(models.Model):
    """A question to a provider, paid at most once; several records may wait for its answer."""

    provider = models.CharField(_("provider"), max_length=50)
    number = models.CharField(_("number"), max_length=NUMBER_LENGTH, db_index=True)
    number_hash = fingerprint_column()
    level = models.CharField(_("level"), max_length=20)
    country = models.CharField(_("declared country"), max_length=2, blank=True)
    ip_address = models.GenericIPAddressField(_("IP sent"), null=True, blank=True)
    cnam = models.BooleanField(_("caller name asked for"), default=False)
    delivery = models.CharField(_("delivery"), max_length=10, default="sync")
    state = models.CharField(
        _("state"), max_length=20, choices=LookupState.choices, default=LookupState.QUEUED
    )
    open_key = models.CharField(max_length=200, null=True, unique=True, editable=False)  # noqa: DJ001  only NULL may repeat in a unique column
    """The question while the lookup is unfinished, so that it is asked once; else None."""
    claim = models.UUIDField(null=True, editable=False)
    """The fencing token of the worker that may save the outcome."""
    lease_until = models.DateTimeField(null=True, editable=False)
    next_try_at = models.DateTimeField(_("next try at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    status = models.IntegerField(_("provider's status"), null=True)
    number_refused = models.BooleanField(_("not accepted by the provider"), default=False)
    """Whether the provider rejected the number itself; its status says nothing of that."""
    error = models.CharField(_("error"), max_length=300, blank=True)
    conflict = models.BooleanField(_("conflicting callback"), default=False)
    purse = models.CharField(_("budget"), max_length=10, blank=True)
    """The budget that pays for it: "shadow", or the usual one."""
    reserved = money(_("reserved"), default=Decimal(0))
    reserved_on = models.DateField(_("reserved on"), null=True)
    price = money(_("price"), null=True)
    refund = money(_("refund"), null=True)
    balance = money(_("balance reported"), null=True)
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
            models.Index(fields=["created_at"], name="ni_lookup_day"),
            models.Index(
                fields=["number_hash"], condition=~Q(number_hash=""), name="ni_lookup_hash"
            ),
            models.Index(fields=["created_at"], condition=Q(number_hash=""), name="ni_lookup_kept"),
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
        """The price less the refund, and at least 0."""
        return max((self.price or Decimal(0)) - (self.refund or Decimal(0)), Decimal(0))

    @property
    def is_answered(self) -> bool:
        return self.state in ANSWERED_STATES
