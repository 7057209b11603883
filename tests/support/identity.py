"""The fake provider in the words of Identity Insights, for the suite under ``NI_TEST_PROVIDER``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

from number_insight.insight import UNKNOWN, Carrier, Insight
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from number_insight.providers.identity import IdentityInsights
from number_insight.providers.identity_wire import SOURCES, read_answer
from number_insight.sandbox import identity
from tests.support import keys

PURPOSE = "FraudPreventionAndDetection"
LIVE: dict[str, dict[str, Any]] = {"roaming": {}, "reachability": {}}
PRICES = {name: str(price) for name, price in identity.PRICES.items()}
"""The prices of the sandbox: with `LIVE` each level is as dear as one of Number Insight."""
WORDS = {
    "mobile": "MOBILE",
    "landline": "LANDLINE",
    "landline_tollfree": "TOLLFREE",
    "landline_premium": "PREMIUM",
    "virtual": "VIRTUAL",
}
OK = {"status": {"code": "OK"}}


class FakeIdentity(Fake):
    """The fake provider, whose answers come through the wire format of Identity Insights.

    So they tell what that vendor can tell, and nothing else: no sure validity, no IP match, no
    caller, no price, and no answer at a webhook.
    """

    supports_callback = False
    supports_ip = False
    supports_cnam = False
    default_prices: ClassVar[Mapping[str, str]] = PRICES
    live_keys: ClassVar[frozenset[str] | None] = IdentityInsights.live_keys

    def __init__(
        self, *, answers: Mapping[str, Any] | None = None, prices: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(answers=answers, prices=prices)
        self.real = IdentityInsights(
            application_id=keys.APPLICATION, purpose=PURPOSE, insights=LIVE, prices=self.prices
        )
        self.price_names = self.real.price_names

    def lookup(self, question: Question) -> Insight:
        """Return the answer of the fake provider, as Identity Insights would tell it."""
        full = super().lookup(question)
        insight = read_answer(json.dumps(document(full)).encode(), self.real._asked(question.level))
        return replace(insight, number=question.number, request_id=full.request_id)

    @property
    def signals(self) -> Mapping[str, frozenset[str]]:  # type: ignore[override]
        """The signals of Identity Insights."""
        return self.real.signals

    def price(self, question: Question) -> Decimal:
        """Return the price of the insights of the level."""
        return self.real.price(question)


def document(insight: Insight) -> dict[str, Any]:
    """Return the answer of Identity Insights about the facts of `insight`."""
    told: dict[str, Any] = {
        "format": {
            "country_code": insight.country,
            "country_name": insight.country_name,
            "country_prefix": insight.country_prefix,
            "number_international": insight.number,
            "number_national": insight.national_format,
            "is_format_valid": insight.valid_number != "inferred_not_valid",
            **OK,
        },
        "original_carrier": _carrier(insight, insight.original_carrier),
        "current_carrier": _current(insight),
        "roaming": _live(
            insight.roaming.status,
            is_roaming=insight.roaming.status == "roaming",
            country_codes=[insight.roaming.country],
        ),
        "reachability": _live(insight.reachable, is_reachable=insight.reachable == "reachable"),
    }
    uncovered = {signal for signal, why in insight.missing.items() if why == "no_coverage"}
    for name in {name for signal in uncovered for name in SOURCES.get(signal, ())} & told.keys():
        told[name] = {"status": {"code": "NO_COVERAGE"}}
    return {"request_id": insight.request_id, "insights": told}


def _carrier(insight: Insight, carrier: Carrier | None) -> dict[str, Any]:
    if carrier is None and insight.line_type == UNKNOWN:
        return {"status": {"code": "NOT_FOUND"}}
    found = carrier or Carrier()
    is_mobile = insight.line_type == "mobile"
    return {
        "name": found.name if is_mobile else None,
        "network_type": WORDS.get(insight.line_type),
        "country_code": found.country,
        "network_code": found.network_code if is_mobile else None,
        **OK,
    }


def _current(insight: Insight) -> dict[str, Any]:
    if insight.line_type == "mobile":
        return _carrier(insight, insight.current_carrier)
    is_other = insight.line_type != UNKNOWN
    return {"status": {"code": "UNSUPPORTED_NETWORK_TYPE" if is_other else "NOT_FOUND"}}


def _live(word: str, **fields: Any) -> dict[str, Any]:
    return {"status": {"code": "NO_COVERAGE"}} if word == UNKNOWN else {**fields, **OK}
