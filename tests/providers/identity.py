"""An answer of Identity Insights, with every insight in it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from number_insight.insight import Insight
from number_insight.providers.identity_wire import SOURCES, Asked, read_answer

OK = {"code": "OK", "message": "Success"}


FULL: dict[str, Any] = {
    "request_id": "aaaaaaaa-bbbb-cccc-dddd-000000000001",
    "insights": {
        "format": {
            "country_code": "GB",
            "country_name": "United Kingdom",
            "country_prefix": "44",
            "offline_location": "United Kingdom",
            "time_zones": ["Europe/London"],
            "number_international": "+447700900123",
            "number_national": "07700 900123",
            "is_format_valid": True,
            "status": OK,
        },
        "original_carrier": {
            "name": "Carrier A",
            "network_type": "MOBILE",
            "country_code": "GB",
            "network_code": "23410",
            "status": OK,
        },
        "current_carrier": {
            "name": "Carrier B",
            "network_type": "MOBILE",
            "country_code": "GB",
            "network_code": "23415",
            "status": OK,
        },
        "sim_swap": {
            "latest_sim_swap_at": "2026-11-20T09:30:27.504Z",
            "is_swapped": True,
            "status": OK,
        },
        "device_swap": {
            "latest_device_swap_at": "2026-05-02T08:00:00.000Z",
            "is_swapped": False,
            "status": OK,
        },
        "roaming": {
            "latest_status_at": "2026-11-25T10:41:38.657Z",
            "is_roaming": True,
            "country_codes": ["NG"],
            "status": OK,
        },
        "reachability": {
            "latest_status_at": "2026-11-25T10:41:38.657Z",
            "is_reachable": True,
            "connectivity": ["DATA", "SMS"],
            "status": OK,
        },
        "subscriber_match": {
            "given_name_match": "EXACT",
            "family_name_match": "HIGH",
            "address_match": "PARTIAL",
            "postal_code_match": "INCLUDED_WITH_ADDRESS_MATCH",
            "birthdate_match": "DATA_UNAVAILABLE",
            "region_match": "NONE",
            "status": OK,
        },
        "location_verification": {
            "is_verified": "PARTIAL",
            "match_rate": 85,
            "latest_location_at": "2026-11-25T10:00:00.000Z",
            "status": OK,
        },
    },
}


ALL = Asked(insights={name: {} for name in FULL["insights"]}, signals=frozenset(SOURCES))


def answer(asked: Asked = ALL, **changes: Any) -> Insight:
    """Return the insight of the full answer with `changes`: a code, members, or None (absent)."""
    document = deepcopy(FULL)
    for name, change in changes.items():
        if change is None:
            del document["insights"][name]
        elif isinstance(change, str):  # the fields stay beside the code, where they do not count
            document["insights"][name]["status"] = {"code": change, "message": "+447700900123"}
        else:
            document["insights"][name] = change
    return read_answer(json.dumps(document).encode(), asked)


REASONS = {
    "INVALID_NUMBER_FORMAT": "not_applicable",
    "UNSUPPORTED_NETWORK_TYPE": "not_applicable",
    "NO_COVERAGE": "no_coverage",
    "NOT_FOUND": "not_found",
    "UNAUTHORIZED": "not_authorized",
    "INVALID_PURPOSE": "not_authorized",
    "SUPPLIER_ERROR": "failed",
    "INTERNAL_ERROR": "failed",
    "SUBSCRIBER_MATCH.ID_DOCUMENT_REQUIRED": "failed",
    "SUBSCRIBER_MATCH.INVALID_PARAM_COMBINATION": "failed",
    "A_CODE_OF_NEXT_YEAR": "failed",
    "": "failed",
}


SIGNAL_OF = {
    "sim_swap": "sim_swap",
    "device_swap": "device_swap",
    "roaming": "roaming",
    "reachability": "reachable",
    "subscriber_match": "match",
    "location_verification": "location",
}
