"""Identity Insights at Vonage, the successor of Number Insight: https://api-eu.vonage.com."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from number_insight.exceptions import BadCredentials, Unsupported, did_you_mean
from number_insight.insight import Insight
from number_insight.providers import options, transport
from number_insight.providers.base import Fault, Provider, Question
from number_insight.providers.http import JSONBody, Request
from number_insight.providers.identity_key import (
    INSTALL,
    MISSING_LIBRARY,
    KeyTrouble,
    PrivateKey,
    load_key,
)
from number_insight.providers.identity_statuses import http_error
from number_insight.providers.identity_wire import DEFAULT_PERIOD, Asked, read_answer
from number_insight.wording import with_detail

BASE_URL = "https://api-eu.vonage.com"
PATH = "/identity-insights/v1/requests"
OF_LEVEL: Mapping[str, tuple[str, ...]] = {
    "basic": ("format",),
    "standard": ("format", "original_carrier", "current_carrier"),
    "advanced": ("format", "original_carrier", "current_carrier"),
}
"""The insights of each level; the option `insights` adds to the highest."""
SIGNAL_OF: Mapping[str, str] = {
    "sim_swap": "sim_swap",
    "device_swap": "device_swap",
    "roaming": "roaming",
    "reachability": "reachable",
    "subscriber_match": "match",
    "location_verification": "location",
}
"""The insights of the Network Registry -> the signal that each tells."""
INSIGHTS = (*OF_LEVEL["advanced"], *SIGNAL_OF)
"""The insights of the API's first version; others are sent all the same."""
UNPRICED = "0.05"
"""The amount reserved for an insight without a price, so that a budget bounds it as well."""
PERIODS = range(1, 2401)

_BASIC = frozenset({"country"})
_STANDARD = _BASIC | {"line_type", "carrier", "ported"}


class IdentityInsights(Provider):
    """Identity Insights at Vonage: one request for all insights, and no price in the answer.

    `private_key` is that of the application `application_id`, as PEM text (PKCS#1 or PKCS#8) or as
    the path of a file. `insights` maps the insights that Advanced asks for besides the carriers to
    their parameters; None is ``sim_swap`` if there is a `purpose`, which the insights of the
    Network Registry need. `prices` maps an insight to an amount in `currency`. `timeout` is in
    seconds for the whole call.
    """

    title = "Vonage Identity Insights"
    vendor = "Vonage"
    regions: ClassVar[Mapping[str, str]] = {
        "api-eu.vonage.com": "European Union",
        "api-us.vonage.com": "United States",
    }
    uses_transport = True
    live_keys: ClassVar[frozenset[str] | None] = frozenset(
        {"roaming", "reachability", "location_verification"}
    )
    # The vendor publishes no prices; these are guesses on the high side.
    default_prices: ClassVar[Mapping[str, str]] = {
        "format": "0",
        "original_carrier": "0.005",
        "current_carrier": "0.005",
        **dict.fromkeys(SIGNAL_OF, UNPRICED),
    }

    def __init__(
        self,
        *,
        application_id: str = "",
        private_key: str | os.PathLike[str] = "",
        base_url: str = BASE_URL,
        purpose: str = "",
        insights: Mapping[str, Mapping[str, Any]] | None = None,
        prices: Mapping[str, Any] | None = None,
        currency: str = "EUR",
        timeout: float = 20,
    ) -> None:
        super().__init__(prices=prices)
        if isinstance(private_key, os.PathLike):
            private_key = os.fspath(private_key)
        self._given = {"application_id": application_id, "private_key": private_key}
        self.application_id = options.text_of(application_id)
        self._private_key = options.text_of(private_key).strip()
        self.base_url = base_url.rstrip("/") if isinstance(base_url, str) else base_url
        self.purpose: Any = purpose or ""
        default = {"sim_swap": {"period": DEFAULT_PERIOD}} if self.purpose else {}
        self.insights: Any = default if insights is None else insights
        self._named_currency: object = currency
        self.currency = currency if _is_currency(currency) else type(self).currency
        self.timeout = timeout
        self.signals = {
            "basic": _BASIC,
            "standard": _STANDARD,
            "advanced": _STANDARD | {"valid_number"} | self._asked_signals(),
        }
        self.price_names = tuple(dict.fromkeys([*INSIGHTS, *self._asked_besides()]))
        self._key: PrivateKey | None = None

    def lookup(self, question: Question) -> Insight:
        """Ask `question`, wait, and return the answer."""
        asked = self._asked(question.level)
        response = transport.send(self._request(question, asked), timeout=self.seconds)
        error = http_error(response)
        if error is not None:
            raise error
        insight = read_answer(response.body, asked)
        return insight if insight.number else replace(insight, number=question.number)

    def price(self, question: Question) -> Decimal:
        """Return the price of all insights of the level together."""
        asked = self._asked(question.level).insights
        return sum((self.amount(name, absent=UNPRICED) for name in asked), Decimal(0))

    def parts(self, level: str) -> Mapping[str, tuple[str, ...]]:
        """Return the insights of `level`, each with the names of its parameters."""
        asked = self._asked(level).insights
        return {name: tuple(map(str, parameters)) for name, parameters in asked.items()}

    def check(self) -> Iterable[Fault]:
        """Yield the faults of the options; nothing of the key is shown."""
        yield from super().check()
        yield from options.url_faults("base_url", self.base_url)
        yield from options.credential_faults(self._given)
        yield from self._key_faults()
        yield from self._insight_faults()
        if not isinstance(self.purpose, str):
            yield _fault("purpose is not a text.", 'For example "FraudPreventionAndDetection".')
        if not _is_currency(self._named_currency):
            yield _fault(f"currency {self._named_currency!r} is not a code.", 'For example "EUR".')
        yield from options.timeout_faults(self.timeout)

    def _request(self, question: Question, asked: Asked) -> Request:
        document: dict[str, Any] = {
            "phone_number": question.number.removeprefix("+"),
            "insights": asked.insights,
        }
        if self.purpose and not SIGNAL_OF.keys().isdisjoint(asked.insights):
            document["purpose"] = self.purpose
        body = JSONBody(document)
        del document  # it holds the number, which an error report would show
        return body.to(
            f"{self.base_url}{PATH}",
            Authorization=f"Bearer {self._token()}",
            Accept="application/json",
        )

    def _token(self) -> str:
        if not (self.application_id and self._private_key):
            raise BadCredentials(with_detail(options.LACKING, "application_id and private_key"))
        key = self._key or load_key(self._private_key)
        if isinstance(key, KeyTrouble):
            raise BadCredentials(with_detail(options.UNUSABLE, key.message))
        self._key = key
        return key.token(self.application_id)

    def _asked(self, level: str) -> Asked:
        if level not in OF_LEVEL:
            raise Unsupported(f"There is no level {level!r}; there are {', '.join(OF_LEVEL)}.")
        insights: dict[str, Mapping[str, Any]] = {name: {} for name in OF_LEVEL[level]}
        if level != "advanced":
            return Asked(insights=insights, signals=self.signals[level])
        return Asked(
            insights={**insights, **self._asked_besides()},
            signals=self.signals[level],
            left_out=frozenset(SIGNAL_OF.values()) - self.signals[level],
        )

    def _asked_besides(self) -> dict[str, Mapping[str, Any]]:
        if not isinstance(self.insights, Mapping):
            return {}
        return {
            str(name): parameters if _is_object(parameters) else {}
            for name, parameters in self.insights.items()
        }

    def _asked_signals(self) -> frozenset[str]:
        return frozenset(SIGNAL_OF[name] for name in self._asked_besides() if name in SIGNAL_OF)

    def _key_faults(self) -> Iterable[Fault]:
        key = load_key(self._private_key) if self._private_key else None
        if isinstance(key, KeyTrouble):
            is_library = key.message == MISSING_LIBRARY
            hint = f"{INSTALL}." if is_library else "Take the file that the dashboard gave you."
            yield _fault(f"{key.message}.", hint, deploy=key.is_absent)

    def _insight_faults(self) -> Iterable[Fault]:
        if not isinstance(self.insights, Mapping):
            yield _fault("insights is not a mapping.", _EXAMPLE)
            return
        for name, parameters in self.insights.items():
            if not _is_object(parameters):
                yield _fault(f"the parameters of {name!r} are no JSON object.", _EXAMPLE)
            elif not _is_period(parameters.get("period", DEFAULT_PERIOD)):
                yield _fault(f"the period of {name!r} is not 1 to 2400 hours.", _EXAMPLE)
            if name not in INSIGHTS:
                yield Fault(
                    id="W025",
                    message=f"insights names {name!r}, which this version does not know.",
                    hint=f"{did_you_mean(str(name), INSIGHTS)} It is asked for all the same.",
                )
            elif name in SIGNAL_OF and not self.purpose:
                yield Fault(
                    id="W025",
                    message=f"insights names {name!r}, which is not told without a purpose.",
                    hint="Set purpose to one that your network profile was approved for.",
                )


_EXAMPLE = 'For example {"sim_swap": {"period": 240}, "roaming": {}}.'


def _fault(message: str, hint: str, *, deploy: bool = False) -> Fault:
    return Fault(id="E013", message=message, hint=hint, deploy=deploy)


def _is_currency(value: object) -> bool:
    text = value if isinstance(value, str) else ""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def _is_period(value: object) -> bool:
    return type(value) is int and value in PERIODS


def _is_object(value: object) -> bool:
    """Return whether `value` can be sent as a JSON object."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(value, Mapping)
