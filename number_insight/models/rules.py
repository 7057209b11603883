"""What is remembered of the rules themselves."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleFault(models.Model):
    """A rule that raises: how often in a row, and whether it is in shadow for it.

    `shadowed_at` is set when a rule has raised too often; it stays in shadow until a person
    re-arms it.
    """

    code = models.CharField(_("rule"), max_length=50, unique=True)
    errors_in_row = models.PositiveIntegerField(_("errors in a row"), default=0)
    shadowed_at = models.DateTimeField(_("in shadow since"), null=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("rule fault")
        verbose_name_plural = _("rule faults")

    def __str__(self) -> str:
        return self.code


class RulesInForce(models.Model):
    """The rules that were in force at some time, under the short name that records know them by.

    `rules` maps the code of each rule to what `number_insight.rules_in_force` remembers of it.
    """

    key = models.CharField(max_length=16, unique=True)
    rules = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("rules in force")
        verbose_name_plural = _("rules in force")

    def __str__(self) -> str:
        return self.key
