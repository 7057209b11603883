"""The settings: one dict, ``NUMBER_INSIGHT``, as typed properties that are read at use.

Nothing is copied and nothing written back, so ``override_settings`` works. Invalid values are
reported by `number_insight.checks`, not here; of those that name providers or allow a payment, what
is invalid counts as absent, so that it breaks no signup and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from number_insight.amounts import is_amount, is_percentage
from number_insight.defaults import DEFAULTS

PERIODS = frozenset({"day", "month"})
"""The periods for which a budget may be set."""
NOTHING = {"day": "0"}
"""The budget of a currency that ``BUDGET`` does not bound though it bounds others."""
SHADOW_PURSE = "shadow"
"""The budget of the provider that is asked in shadow; the usual one has no name."""


def _bounds(given: Any, currency: str) -> Mapping[str, Decimal]:
    """Return the amounts for `currency` in a budget, however it is written."""
    if isinstance(given, Mapping) and not PERIODS.issuperset(given):
        given = given.get(currency, NOTHING)
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not PERIODS.issuperset(given):
        given = NOTHING
    return {period: _cap(amount) for period, amount in given.items() if amount is not None}


def _cap(amount: Any) -> Decimal:
    return Decimal(str(amount)) if is_amount(amount) else Decimal(0)


class AppSettings:
    """Access to ``settings.NUMBER_INSIGHT``, with one property for each documented key."""

    @property
    def given(self) -> Mapping[str, Any]:
        """The project's own dict, or an empty one."""
        given = getattr(settings, "NUMBER_INSIGHT", None)
        return given if isinstance(given, Mapping) else {}

    def _value(self, key: str) -> Any:
        return self.given.get(key, DEFAULTS[key])

    def _is_on(self, key: str) -> bool:
        return self._value(key) in (True,)

    def _mapping(self, key: str) -> Mapping[str, Any]:
        value = self._value(key)
        return value if isinstance(value, Mapping) else {}

    def _merged(self, key: str) -> dict[str, Any]:
        return {**DEFAULTS[key], **(self.given.get(key) or {})}

    @property
    def default_region(self) -> str | None:
        """``PHONENUMBER_DEFAULT_REGION``, where numbers without a country code are read."""
        region: str | None = getattr(settings, "PHONENUMBER_DEFAULT_REGION", None)
        return region

    @property
    def ENABLED(self) -> bool:
        return self._is_on("ENABLED")

    @property
    def PROVIDERS(self) -> Mapping[str, Mapping[str, Any]]:
        return self._mapping("PROVIDERS")

    @property
    def LEVEL(self) -> str:
        return str(self._value("LEVEL"))

    @property
    def DELIVERY(self) -> str:
        return str(self._value("DELIVERY"))

    @property
    def CALLBACK_BASE_URL(self) -> str | None:
        origin: str | None = self._value("CALLBACK_BASE_URL")
        return origin

    @property
    def SEND_IP(self) -> bool:
        given = self._value("SEND_IP")
        return self._value("IP_COUNTRY") is None if given is None else given in (True,)

    @property
    def IP_COUNTRY(self) -> Callable[[str], str | None] | None:
        path = self._value("IP_COUNTRY")
        find: Callable[[str], str | None] | None
        find = import_string(path) if isinstance(path, str) else path
        return find

    @property
    def CLIENT_IP(self) -> Mapping[str, Any]:
        return self._merged("CLIENT_IP")

    @property
    def CNAM(self) -> bool:
        return self._is_on("CNAM")

    @property
    def ENFORCEMENT(self) -> str:
        return str(self._value("ENFORCEMENT"))

    @property
    def MESSAGES(self) -> Mapping[str, Any]:
        """The project's own messages for the visitor, by code."""
        messages = self._value("MESSAGES")
        return messages if isinstance(messages, Mapping) else {}

    @property
    def WAIT(self) -> timedelta | None:
        patience: timedelta | None = self._value("WAIT")
        return patience

    @property
    def ON_NO_ANSWER(self) -> str:
        return str(self._value("ON_NO_ANSWER"))

    @property
    def RULES(self) -> Sequence[Mapping[str, Any]] | None:
        rules: Sequence[Mapping[str, Any]] | None = self._value("RULES")
        return rules

    @property
    def EXTRA_RULES(self) -> Sequence[Mapping[str, Any]]:
        return self._value("EXTRA_RULES") or []

    @property
    def WEIGHTS(self) -> Mapping[str, int]:
        return self._value("WEIGHTS") or {}

    @property
    def THRESHOLDS(self) -> Mapping[str, int]:
        return self._merged("THRESHOLDS")

    @property
    def FRESHNESS(self) -> Mapping[str, timedelta]:
        return self._merged("FRESHNESS")

    @property
    def BUDGET(self) -> Mapping[str, Any]:
        """The amount for each period, in every currency; or such a mapping for each currency."""
        return self._mapping("BUDGET")

    def budget_of(self, currency: str) -> Mapping[str, Decimal]:
        """Return the amount for each period ("day", "month") in `currency`.

        A missing period is unlimited. A currency that is missing where others are named, or has an
        unknown period, has nothing to spend: whatever is unclear costs nothing.
        """
        return _bounds(self._value("BUDGET"), currency)

    @property
    def SHADOW(self) -> Mapping[str, Any] | None:
        """The provider that is asked too, the per cent of numbers, and the budget for that."""
        shadow = self._mapping("SHADOW")
        is_named = isinstance(shadow.get("provider"), str) and "budget" in shadow
        return shadow if is_named and is_percentage(shadow.get("percent")) else None

    def purse(self, purse: str, currency: str) -> Mapping[str, Decimal]:
        """Return the amount for each period in `currency`, of the budget `purse`."""
        if purse != SHADOW_PURSE:
            return self.budget_of(currency)
        return _bounds((self.SHADOW or {}).get("budget", NOTHING), currency)

    @property
    def ON_BUDGET(self) -> str:
        return str(self._value("ON_BUDGET"))

    @property
    def THROUGHPUT(self) -> float:
        """The requests a second to one provider, by all workers together."""
        return float(self._value("THROUGHPUT"))

    @property
    def LIMITS(self) -> Mapping[str, str]:
        return self._value("LIMITS") or {}

    @property
    def RETRY_UNCERTAIN(self) -> int:
        return int(self._value("RETRY_UNCERTAIN"))

    @property
    def FALLBACKS(self) -> Sequence[str]:
        """The providers that are asked, in this order, where those before could not be paid."""
        given = self._value("FALLBACKS")
        names = given if isinstance(given, (list, tuple)) else ()
        return [name for name in names if isinstance(name, str)]

    @property
    def FALLBACK_ON_NO_COVERAGE(self) -> bool:
        """Whether the next provider is asked for what the first could not tell of a number."""
        return self._is_on("FALLBACK_ON_NO_COVERAGE")

    @property
    def SHARES(self) -> Mapping[str, float]:
        """The percentage of numbers about which a provider is asked first, by its name."""
        shares = self._mapping("SHARES")
        return {name: float(share) for name, share in shares.items() if is_percentage(share)}

    @property
    def COUNTRIES(self) -> frozenset[str] | None:
        given = self._value("COUNTRIES")
        return None if given is None else frozenset(given)

    @property
    def DOORBELL(self) -> str | None:
        """The way in which a queued record is told to a worker; None leaves it to the sweep."""
        given = self._value("DOORBELL")
        return None if given is None else str(given)

    @property
    def RING_TIMEOUT(self) -> timedelta:
        timeout: timedelta = self._value("RING_TIMEOUT")
        return timeout

    @property
    def REVIEW_TARGET(self) -> timedelta | None:
        """The age of the review queue from which it is overdue; None means never."""
        target: timedelta | None = self._value("REVIEW_TARGET")
        return target

    @property
    def STORE_LIVE(self) -> bool | str:
        """True keeps live data, False nothing, "review" the names of findings for a person."""
        value = self._value("STORE_LIVE")
        return "review" if value == "review" else value in (True,)

    @property
    def keeps_live_data(self) -> bool:
        """Whether roaming and reachability are stored, with all their details."""
        return self.STORE_LIVE is True

    @property
    def SUBJECT_SUMMARY(self) -> Callable[[Any], Mapping[str, Any]] | None:
        """The project's callable ``subject -> mapping``; None stands for ``str()``."""
        path = self._value("SUBJECT_SUMMARY")
        describe: Callable[[Any], Mapping[str, Any]] | None
        describe = import_string(path) if isinstance(path, str) else path
        return describe

    @property
    def SUBJECT_SEARCH(self) -> Mapping[str, Sequence[str]]:
        return self._value("SUBJECT_SEARCH") or {}

    @property
    def REASONS(self) -> Sequence[tuple[str, Any]] | None:
        """The codes and texts of the reasons for a decision; None stands for the usual ones."""
        reasons: Sequence[tuple[str, Any]] | None = self._value("REASONS")
        return reasons

    @property
    def SECOND_LOOK(self) -> float:
        """The share of decided cases that another reviewer judges too."""
        return float(self._value("SECOND_LOOK"))

    @property
    def STORE_RAW(self) -> bool:
        return self._is_on("STORE_RAW")

    @property
    def RETENTION(self) -> timedelta | None:
        """The age at which `number_insight_purge` erases personal data; None means never."""
        retention: timedelta | None = self._value("RETENTION")
        return retention

    @property
    def FINGERPRINT_KEYS(self) -> Sequence[str | bytes]:
        """The keys of fingerprints: the first one signs, and all are recognised."""
        given: Sequence[str | bytes] | None = self._value("FINGERPRINT_KEYS")
        return given or (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


app_settings = AppSettings()
