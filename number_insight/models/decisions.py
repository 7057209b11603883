"""The history of decisions: one row for each act, and none is ever changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from number_insight.models.choices import Act, Decision
from number_insight.models.records import REASON_CODE_LENGTH, NumberInsightRecord

UNDO_WITHIN = timedelta(minutes=10)
"""The time in which the person who decided may undo the decision."""
APPEND_ONLY = "Decision events are a history: they are added, and never changed or deleted."


class DecisionEventQuerySet(models.QuerySet[Any]):
    """A queryset of events, through which none can be changed."""

    def update(self, **_values: Any) -> NoReturn:
        raise TypeError(APPEND_ONLY)

    def bulk_update(self, *_args: Any, **_options: Any) -> NoReturn:
        raise TypeError(APPEND_ONLY)

    def delete(self) -> NoReturn:
        raise TypeError(APPEND_ONLY)


class DecisionEvent(models.Model):
    """An act on a record: a decision, its undoing or reopening, or a second word.

    Events are only ever added. They go with their record, and the erasure of a record blanks their
    `reason`, which is free text.
    """

    record = models.ForeignKey(NumberInsightRecord, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"), default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    act = models.CharField(_("act"), max_length=20, choices=Act.choices)
    reason_code = models.CharField(_("reason"), max_length=REASON_CODE_LENGTH, blank=True)
    reason = models.TextField(_("reason in words"), blank=True)
    previous = models.CharField(
        _("previous decision"), max_length=10, choices=Decision.choices, blank=True
    )
    """The decision that stood before the act."""
    unannounced = models.BooleanField(default=False, editable=False)
    """Whether the signal about it is still due; the sweep makes up for one that was lost."""

    objects = DecisionEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision event")
        verbose_name_plural = _("decision events")
        ordering: ClassVar = ["pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["at"], name="ni_event_at"),
            models.Index(
                fields=["at"], condition=models.Q(unannounced=True), name="ni_event_untold"
            ),
        ]

    def __str__(self) -> str:
        return self.get_act_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(APPEND_ONLY)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError(APPEND_ONLY)
