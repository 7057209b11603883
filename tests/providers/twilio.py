"""Documents of Twilio Lookup, and what is read in them."""

from __future__ import annotations

from typing import Any

from number_insight.insight import Insight
from number_insight.providers.base import Question
from number_insight.providers.twilio import Lookup
from tests.support.stubs import Script, Stub, says

NUMBER = "+447700900123"


ALL = [
    *("line_status", "sim_swap", "call_forwarding", "identity_match", "reassigned_number"),
    *("sms_pumping_risk", "phone_number_quality_score", "pre_fill"),
]


LINE = {"type": "mobile", "carrier_name": "Carrier A", "error_code": None}


def document(**packages: Any) -> dict[str, Any]:
    return {
        "calling_country_code": "44",
        "country_code": "GB",
        "phone_number": NUMBER,
        "national_format": "07700 900123",
        "valid": True,
        "validation_errors": None,
        **packages,
    }


def provider(stub: Stub, **options: Any) -> Lookup:
    return Lookup(account_sid="AC1", auth_token="t", base_url=stub.url, timeout=2, **options)


def ask(answer: Script, level: str = "advanced", cnam: bool = False, **options: Any) -> Insight:
    with Stub(answer) as stub:
        question = Question(number=NUMBER, level=level, cnam=cnam)
        try:
            return provider(stub, **options).lookup(question)
        finally:
            assert len(stub.requests) == 1


def told(*, packages: Any = ("line_status",), **found: Any) -> Insight:
    return ask(says(200, document(**found)), packages=packages)


def batch_of(item: Any) -> Script:
    return says(200, {"phone_numbers": item if isinstance(item, list) else [item]})
