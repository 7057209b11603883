"""Standing: what is the same for all records that were judged in the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.models.choices import Basis
from number_insight.rules.base import LIVE_SIGNALS
from number_insight.verdicts import rules_in_force

BOUGHT = (Basis.ANSWER, Basis.REUSED)
NOTHING_TO_BUY = (Basis.DISABLED, Basis.BUDGET, Basis.LIMIT, Basis.NO_ANSWER, Basis.COUNTRY)
"""Where other rules would have had to do with free facts as well."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """What was known, asked and lost of records that were judged alike; compared by identity.

    `signals` could be told. `lost` names those that were told and are not kept; `missed` those
    that could have been bought and were not. `asked` holds the rules that judged, as far as they
    are remembered. `hides_live_flags` tells whether something was found in live facts whose
    details are not kept.
    """

    basis: str
    signals: frozenset[str]
    lost: frozenset[str]
    missed: frozenset[str]
    asked: Mapping[str, rules_in_force.Asked]
    not_evaluable: frozenset[str]
    hides_live_flags: bool


class Standings:
    """Knows the standing of each record, and remembers between them what rules there were."""

    def __init__(self) -> None:
        active = loading.rules()
        self._active = rules_in_force.key_of(active)
        self._rules = {self._active: rules_in_force.asked(active)}
        self._could = _could_be_bought()
        self._names = bool(loading.provider().supports_cnam) and app_settings.CNAM
        self._ips = bool(loading.provider().supports_ip) and app_settings.SEND_IP
        self._store_live = app_settings.STORE_LIVE
        self._known: dict[Any, Standing] = {}

    def of(self, record: Any, signals: frozenset[str], *, hides: bool) -> Standing:
        """Return the standing of `record`, a row, to which `signals` could be told."""
        asks_name = self._names and record.country == "US"
        asks_match = self._ips and bool(record.ip_address)
        judged = (record.rules_key, record.not_evaluable, record.raised_rules)
        key = (record.basis, signals, asks_name, asks_match, *judged, hides)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Standing(
                basis=record.basis,
                signals=signals,
                lost=self._lost(record.basis, signals, hides),
                missed=self._missed(record.basis, signals, asks_name, asks_match),
                asked=self._asked(record),
                not_evaluable=frozenset(json.loads(record.not_evaluable)),
                hides_live_flags=hides,
            )
        return known

    def _lost(self, basis: str, signals: frozenset[str], hides: bool) -> frozenset[str]:
        """Return the live signals that were told and are not kept."""
        if basis not in BOUGHT or (self._store_live and not hides):
            return frozenset()
        return signals & LIVE_SIGNALS

    def _missed(
        self, basis: str, signals: frozenset[str], asks_name: bool, asks_match: bool
    ) -> frozenset[str]:
        """Return the signals that other rules could have had bought."""
        if basis in NOTHING_TO_BUY:
            return frozenset()
        never = {"country"} if asks_name else {"country", "caller"}
        return self._could - never - (frozenset() if asks_match else {"ip_match"}) - signals

    def _asked(self, record: Any) -> Mapping[str, rules_in_force.Asked]:
        key = record.rules_key or self._active  # without one it was made by hand
        if key not in self._rules:
            self._rules[key] = rules_in_force.recall(key)
        raised = json.loads(record.raised_rules)
        return {code: it for code, it in self._rules[key].items() if code not in raised}


def _could_be_bought() -> frozenset[str]:
    """Return what the provider tells at the highest level that is asked."""
    provider, level = loading.provider(), app_settings.LEVEL
    if level not in LEVELS:
        level = provider.levels[-1]
    return provider.signals.get(level, frozenset())
