"""Any bytes at all from Twilio give an insight or one of our exceptions."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from number_insight.exceptions import ProviderError
from number_insight.insight import MISSING, REASSIGNED, VOIP, Insight
from number_insight.providers.http import Response
from number_insight.providers.twilio import Lookup
from number_insight.providers.twilio_errors import http_error
from number_insight.providers.twilio_packages import PACKAGES, SIGNALS
from number_insight.providers.twilio_wire import read_answer, read_batch
from number_insight.rules.base import SIGNALS as KNOWN
from tests.providers.fuzzing import LEAVES, cases, damaged, is_sound

FULL: dict[str, Any] = {
    "calling_country_code": "44",
    "country_code": "GB",
    "phone_number": "+447700900123",
    "national_format": "07700 900123",
    "valid": True,
    "validation_errors": [],
    "caller_name": {"caller_name": "ROBIN", "caller_type": "CONSUMER", "error_code": None},
    "sim_swap": {
        "last_sim_swap": {
            "last_sim_swap_date": "2026-11-20T10:18:50Z",
            "swapped_period": "PT48H",
            "swapped_in_period": True,
        },
        "carrier_name": "Carrier A",
        "mobile_country_code": "234",
        "mobile_network_code": "10",
        "error_code": None,
    },
    "call_forwarding": {"call_forwarding_enabled": False, "error_code": None},
    "line_status": {"status": "reachable", "error_code": None},
    "line_type_intelligence": {
        "type": "mobile",
        "carrier_name": "Carrier A",
        "mobile_country_code": "234",
        "mobile_network_code": "10",
        "error_code": None,
    },
    "identity_match": {"first_name_match": "exact_match", "summary_score": 90, "error_code": None},
    "reassigned_number": {"is_number_reassigned": "no", "error_code": None},
    "sms_pumping_risk": {
        "sms_pumping_risk_score": 61,
        "number_blocked": False,
        "number_blocked_date": None,
        "error_code": None,
    },
    "phone_number_quality_score": {"disposable_phone_risk_score": 5, "error_code": None},
    "pre_fill": {"first_name": "Robin", "error_code": None},
}
PARTS = sorted({key for part in FULL.values() if isinstance(part, dict) for key in part})
WORDS = st.sampled_from(
    [
        *("mobile", "nonFixedVoip", "reachable", "PT24H", "P1D"),
        *("PT99999999999H", "9999-12-31T23:59:59Z"),
    ]
)
CODES = st.sampled_from([None, 0, 60600, 60606, 60608, 60611, 60612, 60613, 60620, "60600", -1])
ATOMS = LEAVES | WORDS | CODES
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(PARTS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=5,
)
PACKAGE_PARTS = st.dictionaries(st.sampled_from(PARTS), VALUES, max_size=4)
DOCUMENTS = st.builds(
    lambda changes, parts: {
        **FULL,
        **{name: {**FULL[name], **part} for name, part in parts.items()},
        **changes,
    },
    st.dictionaries(st.sampled_from([*FULL, "twilio_error_code"]), VALUES, max_size=3),
    st.dictionaries(st.sampled_from(PACKAGES), PACKAGE_PARTS, max_size=4),
)
ASKED = st.lists(st.sampled_from(PACKAGES), unique=True, max_size=6).map(tuple)
SUM = Lookup()._sum


def read_all(body: bytes, asked: tuple[str, ...] = PACKAGES) -> None:
    """Read `body` in both ways, and check each result."""
    for read in (read_answer, lambda body, **told: read_batch(body, item="a1", **told)):
        try:
            insight = read(body, asked=asked, request_id="RQ1", prices=SUM)
        except ProviderError as error:
            assert "\n" not in str(error)
            assert "7700900123" not in str(error)
        else:
            _fits(insight, asked)


def _fits(insight: Insight, asked: tuple[str, ...]) -> None:
    """Assert that `insight` is sound, and tells no more than was asked of Twilio."""
    is_sound(insight)
    assert insight.voip is None or insight.voip in VOIP
    assert insight.reassigned is None or insight.reassigned in REASSIGNED
    assert insight.risk is None or 0 <= (insight.risk.score or 0) <= 100
    assert insight.missing.keys() <= KNOWN
    assert set(insight.missing.values()) <= MISSING
    assert insight.price is None or 0 <= insight.price <= SUM(asked) < Decimal(1)
    assert len(insight.status_text) <= 60 * len(PACKAGES)


@cases(3500)
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    read_all(body)


@cases(1000)
@given(VALUES)
def test_any_json(value: Any) -> None:
    read_all(json.dumps(value).encode())
    read_all(json.dumps({"phone_numbers": [value]}).encode())


@cases(1500)
@given(DOCUMENTS, ASKED)
def test_any_change_of_a_true_answer(document: dict[str, Any], asked: tuple[str, ...]) -> None:
    read_all(json.dumps(document).encode(), asked)
    read_all(json.dumps({"phone_numbers": [document]}).encode(), asked)


@cases(2000)
@given(damaged(json.dumps(FULL).encode()))
def test_any_change_of_its_bytes(body: bytes) -> None:
    read_all(body)


@cases(500)
@given(DOCUMENTS, st.sampled_from(["utf-8", "utf-16", "utf-32", "latin-1", "cp037"]))
def test_any_encoding(document: dict[str, Any], encoding: str) -> None:
    read_all(json.dumps(document, ensure_ascii=False).encode(encoding, "replace"))


@cases(1500)
@given(st.integers(100, 599), st.binary(max_size=60) | VALUES.map(lambda v: json.dumps(v).encode()))
def test_any_error_of_the_whole(status: int, body: bytes) -> None:
    for content in (body, b'{"code": ' + body + b"}"):
        error = http_error(Response(status=status, body=content))
        assert (error is None) == (status in (200, 201, 202))
        assert error is None or isinstance(error, ProviderError)


def test_every_signal_of_a_package_is_known() -> None:
    assert {signal for signals in SIGNALS.values() for signal in signals} <= KNOWN
