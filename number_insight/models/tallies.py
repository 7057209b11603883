"""The daily tally: the figures of one day, which outlive the records they were counted from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from number_insight.models.columns import ExactCharField


class TallyKind(models.TextChoices):
    """The kind of a figure, which gives `name` and `detail` of its row their meaning."""

    DAY = "day", _("day")
    """The records of the day; `tallied_at` is the moment at which the whole day was counted."""
    SIGNUP = "signup", _("signups by verdict")
    """`name` is the verdict. Refusals in the form are not among them."""
    FORM = "form", _("turned away by the form")
    """`name` is the verdict."""
    FLAG = "flag", _("flags that count")
    """`name` is the code, of records that were not turned away by the form."""
    SHADOW = "shadow", _("flags on trial")
    """`name` is the code, of records that were not turned away by the form."""
    PLACE = "place", _("countries of number and IP")
    """`spread` holds the records by the country of the number and that of the IP ("SE-NL")."""
    LOOKUP = "lookup", _("lookups")
    """`name` is the provider and `detail` the state; `spread` holds the seconds to the answer."""
    MONEY = "money", _("money")
    """`name` is one of `Money`; `amount` is in hundred-millionths of `currency`."""
    DECISION = "decision", _("decisions by reviewer")
    """`name` is the key of `reviewer`; `spread` holds the seconds since the signup."""
    SECOND_LOOK = "second_look", _("second looks by reviewer")
    """`name` is the key of the first `reviewer`; `detail` is "agreed" or "disagreed"."""


class Money(models.TextChoices):
    """The purpose of an amount in the tally."""

    SPENT = "spent", _("spent")
    """Booked on the day, refunds deducted, as in `Spending`."""
    SHADOW = "shadow", _("spent in shadow")
    """The same of the budget that ``SHADOW`` has for itself."""
    REFUNDED = "refunded", _("refunded")
    """Refunds of the day's lookups."""
    REUSED = "reused", _("saved by reuse")
    """The price of answers that the day's records shared or reused."""
    AUTO = "auto", _("saved by asking less")
    """The rest of the difference to asking the dearest question for each of the day's records."""


class DailyTally(models.Model):
    """A figure of one day in ``TIME_ZONE``, counted by `created_at` and kept by the sweep.

    `refused` and `released` count the decisions of people among `count`.
    """

    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=12, choices=TallyKind.choices)
    name = ExactCharField(_("name"), max_length=100, blank=True)
    detail = models.CharField(_("detail"), max_length=20, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    count = models.PositiveIntegerField(_("count"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    released = models.PositiveIntegerField(_("released"), default=0)
    amount = models.BigIntegerField(_("amount"), default=0)
    spread = models.JSONField(_("spread"), default=dict, blank=True)
    """The count by classes: of durations (`overview.spread`), or by pairs of countries."""
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reviewer"),
    )
    tallied_at = models.DateTimeField(_("tallied at"), null=True)

    class Meta:
        verbose_name = _("daily tally")
        verbose_name_plural = _("daily tallies")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "kind", "name", "detail", "currency"], name="ni_tally"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "day"], name="ni_tally_kind")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.name} {self.detail}".strip()

    @property
    def figures(self) -> tuple[Any, ...]:
        """All of the row but its key and its moment, to be compared."""
        key = (self.day, self.kind, self.name, self.detail, self.currency, self.reviewer_id)
        return *key, self.count, self.refused, self.released, self.amount, self.spread
