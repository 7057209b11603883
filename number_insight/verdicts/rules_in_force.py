"""The sets of rules that have judged records, for a replay to compare with other rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache

from django.core.signals import setting_changed

from number_insight import loading
from number_insight.models import RulesInForce
from number_insight.rules import Rule

KEY_LENGTH = 16
"""The length of the key of a rule set, in characters."""

_written: set[str] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The stored description of a rule, by which it is recognised.

    `identity` is a hash of its class and its options without the weight.
    """

    identity: str
    weight: int
    shadow: bool
    live: bool


@lru_cache(maxsize=64)
def asked(rules: tuple[Rule, ...]) -> Mapping[str, Asked]:
    """Return the descriptions of `rules`, by code."""
    return {
        rule.code: Asked(
            identity=_identity(rule), weight=rule.weight, shadow=rule.shadow, live=rule.live
        )
        for rule in rules
    }


@lru_cache(maxsize=8)
def key_of(rules: tuple[Rule, ...]) -> str:
    """Return the key that records store for `rules`."""
    return _short(repr(sorted(asked(rules).items(), key=lambda item: item[0])))


def remember(rules: tuple[Rule, ...] | None = None) -> None:
    """Store `rules`, by default the active ones, unless they are stored already."""
    rules = loading.rules() if rules is None else rules
    key = key_of(rules)
    if key in _written:
        return
    stored = {code: asdict(rule) for code, rule in asked(rules).items()}
    RulesInForce.objects.bulk_create([RulesInForce(key=key, rules=stored)], ignore_conflicts=True)
    _written.add(key)


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting == "NUMBER_INSIGHT":
        _written.clear()


setting_changed.connect(_forget, dispatch_uid="number_insight.verdicts.rules_in_force.forget")


def recall(key: str) -> Mapping[str, Asked]:
    """Return the descriptions of the rules stored under `key`, by code; empty if there are none."""
    stored = RulesInForce.objects.filter(key=key).values_list("rules", flat=True).first() or {}
    return {code: Asked(**description) for code, description in stored.items()}


def _identity(rule: Rule) -> str:
    """Return a hash that is equal for two rules with the same findings, at any weight."""
    options = {
        name: option for name, option in vars(rule).items() if name not in ("weight", "shadow")
    }
    return _short(f"{type(rule).__module__}.{type(rule).__qualname__} {sorted(options.items())}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]
