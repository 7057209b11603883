"""The bounds of the lookups: spending, limits, pace, circuits and the kill switch."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Spending(models.Model):
    """The money of one currency, reserved and spent in one period.

    Periods are "day:2027-01-31" and "month:2027-01", with "shadow-" before them in the budget of
    the shadow. Amounts are integers in hundred-millionths of the currency, which are exact on every
    database.
    """

    period = models.CharField(_("period"), max_length=30)
    currency = models.CharField(_("currency"), max_length=3)
    reserved = models.BigIntegerField(_("reserved"), default=0)
    spent = models.BigIntegerField(_("spent"), default=0)
    alerted = models.PositiveSmallIntegerField(default=0, editable=False)
    """The highest share of the budget, in per cent, that was already signalled."""

    class Meta:
        verbose_name = _("spending")
        verbose_name_plural = _("spending")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["period", "currency"], name="ni_spending")
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.currency}"


class Usage(models.Model):
    """The number of lookups for one source in one period; the source is stored as a keyed hash."""

    key = models.CharField(max_length=100, unique=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usage")

    def __str__(self) -> str:
        return self.key


class Circuit(models.Model):
    """The circuit breaker of a provider, shared by all workers.

    `level` is empty for the whole provider. If `open_until` is set, nothing is asked before it, and
    the first lookup afterwards is a probe.
    """

    provider = models.CharField(_("provider"), max_length=50)
    level = models.CharField(_("level"), max_length=20, blank=True)
    open_until = models.DateTimeField(_("not asked before"), null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    openings = models.PositiveIntegerField(_("opened in a row"), default=0)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    refusals = models.PositiveIntegerField(_("numbers in a row that were not accepted"), default=0)
    refused = models.JSONField(default=dict, editable=False)
    """The numbers refused in a row and their visitors' networks, as hashes."""
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("circuit")
        verbose_name_plural = _("circuits")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "level"], name="ni_circuit")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.level}".strip()


class Pace(models.Model):
    """The state of a provider that all workers share: its rate limit and its charges."""

    provider = models.CharField(_("provider"), max_length=50, unique=True)
    next_at = models.BigIntegerField(default=0)
    """The next free slot of the rate limit, in microseconds since 1970."""
    charged = models.JSONField(default=dict, editable=False)
    """Charges above the provider's ``prices``: level → amount and day."""

    class Meta:
        verbose_name = _("pace")
        verbose_name_plural = _("paces")

    def __str__(self) -> str:
        return self.provider


class Heartbeat(models.Model):
    """The last run of a periodic job."""

    name = models.CharField(_("name"), max_length=20, unique=True)
    at = models.DateTimeField(_("last run"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name


class Switch(models.Model):
    """The kill switch in the admin; without a row, lookups are on."""

    name = models.CharField(max_length=20, unique=True)
    is_on = models.BooleanField(_("on"), default=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("switch")
        verbose_name_plural = _("health and controls")  # the title of its page in the admin

    def __str__(self) -> str:
        return self.name
