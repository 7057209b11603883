"""Rule sets: the rules and thresholds in force, and others that somebody wants to try."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.exceptions import did_you_mean
from number_insight.rules import STANDARD, Rule

KEYS = ("RULES", "EXTRA_RULES", "WEIGHTS", "THRESHOLDS")
"""The settings that a file of rules may lay over those of the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules, and the scores from which their flags reach a verdict."""

    rules: tuple[Rule, ...]
    thresholds: Mapping[str, int]


def active() -> RuleSet:
    """Return the rule set of the settings."""
    return RuleSet(rules=loading.rules(), thresholds=app_settings.THRESHOLDS)


def chosen(text: str | None) -> RuleSet:
    """Return the rule set that `text` describes, or that of the settings."""
    return active() if text is None else read(text)


def read(text: str) -> RuleSet:
    """Return the rule set that `text` (JSON) describes.

    A list, in the shape of ``RULES``, is the whole set. A dict is laid over the settings, key by
    key, and may hold `KEYS`. Raise `ImproperlyConfigured` with the reason for anything else.
    """
    try:
        given = json.loads(text)
    except ValueError as exc:
        raise ImproperlyConfigured(f"This is not JSON: {exc}.") from exc
    if isinstance(given, list):
        return RuleSet(rules=_rules(given, {}), thresholds=app_settings.THRESHOLDS)
    if isinstance(given, dict):
        return _laid_over(given)
    raise ImproperlyConfigured(
        'Rules are a list as RULES is: [{"NAME": "...", "OPTIONS": {...}}], '
        f"or a dict with {', '.join(KEYS)}."
    )


def _laid_over(given: Mapping[str, Any]) -> RuleSet:
    for key in given:
        if key not in KEYS:
            raise ImproperlyConfigured(f"There is no key {key!r} here. {did_you_mean(key, KEYS)}")
    chosen = app_settings.RULES
    entries = [
        *_entries(given.get("RULES", STANDARD if chosen is None else chosen), "RULES"),
        *_entries(given.get("EXTRA_RULES", app_settings.EXTRA_RULES), "EXTRA_RULES"),
    ]
    weights = _whole_numbers(given.get("WEIGHTS", app_settings.WEIGHTS), "WEIGHTS")
    rules = _rules(entries, weights)
    codes = [rule.code for rule in rules]
    for code in given.get("WEIGHTS", ()):
        if code not in codes:
            raise ImproperlyConfigured(
                f"WEIGHTS: there is no rule {code!r}. {did_you_mean(code, codes)}"
            )
    thresholds = _whole_numbers(given.get("THRESHOLDS", {}), "THRESHOLDS")
    for verdict in thresholds:
        if verdict not in ("review", "deny"):
            raise ImproperlyConfigured("THRESHOLDS may hold review and deny, and nothing else.")
    return RuleSet(rules=rules, thresholds={**app_settings.THRESHOLDS, **thresholds})


def _rules(entries: Sequence[Any], weights: Mapping[str, int]) -> tuple[Rule, ...]:
    return loading.make_rules(_entries(entries, "RULES"), weights)


def _entries(given: Any, key: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(given, (list, tuple)) or not all(isinstance(e, Mapping) for e in given):
        raise ImproperlyConfigured(f'{key} is a list of {{"NAME": "...", "OPTIONS": {{...}}}}.')
    return given


def _whole_numbers(given: Any, key: str) -> Mapping[str, int]:
    if isinstance(given, Mapping) and all(type(value) is int for value in given.values()):
        return given
    raise ImproperlyConfigured(f"{key} is a dict whose values are whole numbers.")
