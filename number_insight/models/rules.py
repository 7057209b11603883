"""Rules that fail, and the rule sets that have judged records."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleFault(models.Model):
    """A rule that raises exceptions, with their number in a row.

    `shadowed_at` is set when the rule has raised too often; it stays in shadow until a person
    re-arms it.
    """

    code = models.CharField(_("rule"), max_length=50, unique=True)
    errors_in_row = models.PositiveIntegerField(_("errors in a row"), default=0)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    """The class and the place of the last exception; its text might hold a number."""
    shadowed_at = models.DateTimeField(_("in shadow since"), null=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("rule fault")
        verbose_name_plural = _("rule faults")

    def __str__(self) -> str:
        return self.code


class RulesInForce(models.Model):
    """A set of rules that was once in force, under the short key that its records refer to.

    `rules` maps the code of each rule to what is remembered of it (`verdicts.rules_in_force`).
    """

    key = models.CharField(max_length=16, unique=True)
    rules = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("rules in force")
        verbose_name_plural = _("rules in force")

    def __str__(self) -> str:
        return self.key
