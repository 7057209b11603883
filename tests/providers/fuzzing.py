"""Odd values and damaged bytes, and what any insight that is read from them has to be."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from number_insight import facts
from number_insight.insight import Insight


def cases(count: int) -> settings:
    """Try `count` cases; all tests together try 10,000."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


ODD = st.sampled_from(
    ["", "null", "unknown", "\x00", "\ud800", "NaN", "1e999", "-1", "9" * 5000, "x" * 5000, "+4"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**30, max_value=10**40)
    | st.floats()
    | st.text(max_size=20)
    | ODD
)


def damaged(body: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy for `body` with some of its bytes replaced."""
    places = st.integers(0, len(body)), st.integers(0, 60), st.binary(max_size=30)
    return st.builds(lambda at, length, new: body[:at] + new + body[at + length :], *places)


def is_sound(insight: Insight) -> None:
    """Assert that `insight` fits the columns of any database, and holds known words alone."""
    stored = json.dumps(insight.as_json(), allow_nan=False)
    kept = json.dumps(insight.raw, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in stored + kept
    kept.encode("utf-8")
    assert Insight.from_json(json.loads(stored)) == insight
    assert insight.line_type in facts.LINE_TYPES
    assert insight.ported in facts.PORTED
    assert insight.valid_number in facts.VALID_NUMBER
    assert insight.reachable in facts.REACHABLE
    assert insight.roaming.status in facts.ROAMING
    assert insight.ip.match in facts.IP_MATCH
    assert insight.outcome in (0, 1, 2, None)
    assert insight.number == "" or insight.number[1:].isdigit()
    assert insight.number == "" or insight.number[1:] not in repr(insight)
    assert insight.country is None or len(insight.country) == 2
    assert len(insight.status_text) <= 200
    assert all(part is None or part >= 0 for part in (insight.price, insight.refund))
