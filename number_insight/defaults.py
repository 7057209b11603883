"""The defaults of the keys of ``NUMBER_INSIGHT``, which docs/settings.md explains."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

DEFAULTS: dict[str, Any] = {
    "ENABLED": True,
    "PROVIDERS": {},
    "LEVEL": "auto",
    "DELIVERY": "sync",
    "CALLBACK_BASE_URL": None,
    "SEND_IP": None,
    "IP_COUNTRY": None,
    "CLIENT_IP": {"PROXY_COUNT": 0},
    "CNAM": False,
    "ENFORCEMENT": "observe",
    "MESSAGES": {},
    "WAIT": None,
    "ON_NO_ANSWER": "review",
    "RULES": None,
    "EXTRA_RULES": [],
    "WEIGHTS": {},
    "THRESHOLDS": {"review": 30, "deny": 80},
    "FRESHNESS": {"carrier": timedelta(days=30), "live": timedelta(minutes=15)},
    "BUDGET": {"day": "10.00"},
    "ON_BUDGET": "review",
    "THROUGHPUT": 30,
    "LIMITS": {"ip": "20/day", "network": "100/day", "block": "50/day", "number": "5/day"},
    "COUNTRIES": None,
    "RETRY_UNCERTAIN": 0,
    "DOORBELL": "celery",
    "RING_TIMEOUT": timedelta(seconds=1),
    "REVIEW_TARGET": timedelta(hours=4),
    "STORE_LIVE": "review",
    "SUBJECT_SUMMARY": None,
    "SUBJECT_SEARCH": {},
    "REASONS": None,
    "SECOND_LOOK": 0,
    "STORE_RAW": False,
    "FALLBACKS": [],
    "FALLBACK_ON_NO_COVERAGE": False,
    "SHARES": {},
    "SHADOW": None,
    "RETENTION": timedelta(days=90),
    "FINGERPRINT_KEYS": None,
}
