"""Loading of providers and rules by dotted path, cached until the settings change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from functools import cache
from inspect import Parameter, signature
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from number_insight.conf import app_settings
from number_insight.exceptions import did_you_mean
from number_insight.providers.base import Provider
from number_insight.rules import STANDARD, Rule
from number_insight.rules.base import COSTLY
from number_insight.rules.soundness import is_codes, is_weight
from number_insight.wording import gettext_noop

DEFAULT_PROVIDER = "default"
RULE_KEYS = ("NAME", "OPTIONS", "shadow")
MISFIT = gettext_noop("The settings of number_insight do not fit; manage.py check says why.")
"""The sentence for people who look at records, where the error is for the operator."""
LONGEST_CODE = 50
"""The length of the column for a rule's code."""


@cache
@sensitive_variables()
def provider(name: str = DEFAULT_PROVIDER) -> Provider:
    """Return the provider `name` of ``PROVIDERS``.

    Raise `ImproperlyConfigured`, with the reason, if it is missing or cannot be constructed.
    """
    entry = app_settings.PROVIDERS.get(name)
    if entry is None:
        known = did_you_mean(name, map(str, app_settings.PROVIDERS))
        raise ImproperlyConfigured(f"NUMBER_INSIGHT['PROVIDERS'] has no provider {name!r}. {known}")
    made = _make(entry, "BACKEND", f"NUMBER_INSIGHT['PROVIDERS'][{name!r}]")
    if not isinstance(made, Provider):
        raise ImproperlyConfigured(f"{entry['BACKEND']} is not a number_insight provider.")
    return made


def told_by_any() -> frozenset[str]:
    """Return the signals that one of ``PROVIDERS`` can tell; a provider must load to tell any."""
    told = frozenset[str]()
    for name in app_settings.PROVIDERS:
        with suppress(ImproperlyConfigured):
            told = told.union(*provider(name).signals.values())
    return told


def currencies() -> tuple[str, ...]:
    """Return the currencies of the providers that can be loaded, that of the default one first.

    Without any provider it is the currency that a provider has unless it names another.
    """
    found: dict[str, None] = {}
    names = app_settings.PROVIDERS
    for name in sorted(names, key=lambda name: (name != DEFAULT_PROVIDER, str(name))):
        with suppress(ImproperlyConfigured):  # reported by the checks
            found[provider(name).currency] = None
    return tuple(found) or (Provider.currency,)


@cache
def callback_types() -> frozenset[str]:
    """Return the content types of the callbacks of all ``PROVIDERS``."""
    found = frozenset[str]()
    for name in app_settings.PROVIDERS:
        with suppress(ImproperlyConfigured):
            found = found.union(provider(name).callback_types)
    return found


@cache
def rules() -> tuple[Rule, ...]:
    """Return the active rules: ``RULES`` or the standard set, and ``EXTRA_RULES``."""
    return make_rules(rule_entries(), app_settings.WEIGHTS)


def rule_entries() -> list[Mapping[str, Any]]:
    """Return the entries of the active rules, as in the settings."""
    chosen: Sequence[Mapping[str, Any]] | None = app_settings.RULES
    return [*(STANDARD if chosen is None else chosen), *app_settings.EXTRA_RULES]


def make_rules(
    entries: Sequence[Mapping[str, Any]], weights: Mapping[str, int]
) -> tuple[Rule, ...]:
    """Return the rules of `entries`; `weights` maps codes to overriding weights."""
    made = tuple(make_rule(entry) for entry in entries)
    for rule in made:
        if rule.code in weights:
            rule.weight = weights[rule.code]
    return made


def make_rule(entry: Mapping[str, Any]) -> Rule:
    """Return the rule of `entry`; raise `ImproperlyConfigured`, with the reason, if invalid."""
    made = _make(entry, "NAME", "A rule")
    name = entry["NAME"]
    if not isinstance(made, Rule):
        raise ImproperlyConfigured(f"{name} is not a number_insight rule.")
    unknown = [str(key) for key in entry if key not in RULE_KEYS]
    if unknown:
        allowed = ", ".join(RULE_KEYS)
        raise ImproperlyConfigured(f"{name} is written with {unknown[0]!r}; known are {allowed}.")
    if not isinstance(entry.get("shadow", False), bool):
        raise ImproperlyConfigured(f"{name}: 'shadow' is True or False, not {entry['shadow']!r}.")
    _check_rule(made, name)
    made.shadow = entry.get("shadow", made.shadow)
    return made


def _check_rule(rule: Rule, name: str) -> None:
    code = getattr(rule, "code", None)
    if not isinstance(code, str) or not 0 < len(code) <= LONGEST_CODE:
        raise ImproperlyConfigured(f"{name} needs a code of at most {LONGEST_CODE} characters.")
    fault = _wrong_attribute(rule)
    if fault:
        raise ImproperlyConfigured(f"{name}: {fault}.")
    unknown = sorted(set(rule.reads or ()) - COSTLY)
    if unknown:
        raise ImproperlyConfigured(
            f"{name} reads {unknown[0]!r}; what is gathered is {', '.join(sorted(COSTLY))}."
        )


def _wrong_attribute(rule: Rule) -> str:
    """Return what is wrong with an attribute of `rule`, which its class sets; else an empty text.

    A text in place of a tuple would be read as its letters, and the rule never be asked.
    """
    if not is_weight(rule.weight):
        return f"weight is a whole number, not {rule.weight!r}"
    for attribute in ("needs", "reads"):
        value = getattr(rule, attribute)
        if value is not None and not is_codes(value):
            return f'{attribute} is a tuple of names, as ("line_type",), not {value!r}'
    if not is_codes(rule.excuses) or not isinstance(rule.excuses, Set):
        return f'excuses is a set of codes, as frozenset({{"virtual"}}), not {rule.excuses!r}'
    return ""


def _make(entry: Mapping[str, Any], key: str, place: str) -> Any:
    path = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(path, str):
        raise ImproperlyConfigured(f"{place} needs a {key!r} with a dotted path.")
    try:
        plugin, options = import_string(path), entry.get("OPTIONS", {})
    except ImportError as exc:
        raise ImproperlyConfigured(f"{place}: {exc}.") from exc
    try:
        return plugin(**options)
    except (TypeError, ValueError) as exc:
        why = _unknown_option(plugin, options) or f"{exc}."
        raise ImproperlyConfigured(f"{place}: the OPTIONS of {path} do not fit: {why}") from exc
    except ImproperlyConfigured:
        raise
    except Exception as exc:  # its words may hold a secret
        kind = type(exc).__name__
        raise ImproperlyConfigured(f"{place}: {path} raised {kind} when it was made.") from None


def _unknown_option(plugin: Any, options: Any) -> str:
    """Return a sentence on the first of `options` that `plugin` does not take; else ""."""
    try:
        parameters = signature(plugin).parameters
    except (TypeError, ValueError):  # it is not callable, or written in C
        return ""
    kinds = [parameter.kind for parameter in parameters.values()]
    if Parameter.VAR_KEYWORD in kinds or not isinstance(options, Mapping):
        return ""
    unknown = [str(name) for name in options if name not in parameters]
    if not unknown:
        return ""
    return f"there is no option {unknown[0]!r}. {did_you_mean(unknown[0], parameters)}"


def forget(*, setting: str = "NUMBER_INSIGHT", **_kwargs: Any) -> None:
    """Clear the caches of providers and rules when the settings change."""
    if setting == "NUMBER_INSIGHT":
        provider.cache_clear()
        callback_types.cache_clear()
        rules.cache_clear()


setting_changed.connect(forget, dispatch_uid="number_insight.loading.forget")
