"""The reasons why facts of a number are missing, and the rules that need them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import loading
from number_insight.admin import display
from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord
from number_insight.rules import Rule

REASONS: dict[str, Any] = {
    "not_authorized": _("the account has no approval for it"),
    "no_coverage": _("not covered in this country or network"),
    "not_applicable": _("not for this kind of line or number"),
    "not_found": _("the provider does not find the number"),
    "failed": _("the provider's source failed"),
    "not_asked": _("it was not asked for"),
}
"""The reasons of `Insight.missing` in words, the most useful to an operator first."""
NO_PROVIDER = _("no provider here tells it")
NOT_ASKED = _("it was not asked for, or not kept")


def answer_of(record: NumberInsightRecord) -> Insight:
    """Return the stored answer that `record` rests on; an empty one if there is none."""
    lookup = record.lookup
    return Insight.from_json((lookup and lookup.insight) or {})


def reason(code: str) -> str:
    """Return that a fact cannot be told, with the reason `code` in words."""
    return gettext("cannot be told here: %(reason)s") % {"reason": REASONS.get(code, code)}


def rows(record: NumberInsightRecord) -> list[tuple[str, str]]:
    """Return the rules that were not evaluable, by the reason why not."""
    codes = [str(code) for code in record.not_evaluable]
    if not codes:
        return []
    insight, rules, told = answer_of(record), *_configured()
    found: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        found[str(_reason_for(rules.get(code), insight, told))].append(display.flag_label(code))
    return [(words, display.comma().join(labels)) for words, labels in found.items()]


def _configured() -> tuple[dict[str, Rule], frozenset[str]]:
    """Return the active rules by code, and the signals that any provider can tell."""
    try:
        rules = {rule.code: rule for rule in loading.rules()}
    except ImproperlyConfigured:  # reported by the checks; records stay readable
        rules = {}
    return rules, loading.told_by_any() | {"country", "line_type", "ip_match"}


def _reason_for(rule: Rule | None, insight: Insight, told: frozenset[str]) -> Any:
    """Return the reason why `rule` was not evaluable on `insight`, in words."""
    needs = set(rule.needs or ()) if rule else set()
    given = {insight.missing[signal] for signal in needs.intersection(insight.missing)}
    for code, words in REASONS.items():
        if code in given:
            return words
    return NOT_ASKED if needs <= told else NO_PROVIDER
