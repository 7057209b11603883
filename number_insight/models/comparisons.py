"""Comparisons: the differences between two providers on one record."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.models.choices import Verdict
from number_insight.models.lookups import Lookup
from number_insight.models.records import NumberInsightRecord


class ShadowComparison(models.Model):
    """A record on which another provider, asked in shadow, would have led to another finding.

    Only what differs is kept, until the record is erased. It never changes a verdict.
    """

    record = models.ForeignKey(
        NumberInsightRecord, on_delete=models.CASCADE, related_name="shadow_comparisons"
    )
    provider = models.CharField(_("provider"), max_length=50)
    lookup = models.ForeignKey(Lookup, on_delete=models.SET_NULL, null=True, related_name="+")
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    shadow_verdict = models.CharField(
        _("verdict by the other provider"), max_length=10, choices=Verdict.choices
    )
    score = models.IntegerField(_("score"), default=0)
    shadow_score = models.IntegerField(_("score by the other provider"), default=0)
    rules_lost = models.JSONField(_("findings lost"), default=list)
    """The codes of flags that the other provider's answer would not have led to."""
    rules_gained = models.JSONField(_("findings gained"), default=list)
    signals_lost = models.JSONField(_("signals lost"), default=list)
    signals_gained = models.JSONField(_("signals gained"), default=list)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("shadow comparison")
        verbose_name_plural = _("shadow comparisons")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["provider", "created_at"], name="ni_shadow_at")]

    def __str__(self) -> str:
        return gettext("comparison %(pk)s") % {"pk": self.pk}
