"""A replay keeps what is told of live findings as short as the screening does."""

from __future__ import annotations

from typing import Any

import pytest

from number_insight.models import NumberInsightRecord
from tests.replay.stage import UNDELIVERABLE, VIRTUAL, replayed, rule, rules_file
from tests.support import stage

pytestmark = pytest.mark.django_db

RULES = [rule(VIRTUAL), rule(UNDELIVERABLE)]
WAITS: dict[str, Any] = {"RULES": RULES, "THRESHOLDS": {"review": 20, "deny": 80}}


def applied(rules: Any, tmp_path: Any, **settings: Any) -> NumberInsightRecord:
    """Return a record that was judged, and then written by a replay under other rules."""
    with stage.asking({stage.CLEAN: {"reachable": "undeliverable"}}, **{**WAITS, **settings}):
        stage.screened(stage.CLEAN)
    with stage.asking(**WAITS):
        replayed("--apply", "--rules", rules_file(tmp_path, rules))
    return NumberInsightRecord.objects.get()


def flags_of(record: NumberInsightRecord) -> list[tuple[Any, ...]]:
    return list(record.flags.values_list("code", "weight", "live", "evidence"))


def test_a_finding_is_merged_when_nobody_has_to_decide_any_more(tmp_path: Any) -> None:
    record = applied({"RULES": RULES, "THRESHOLDS": {"review": 30}}, tmp_path)
    assert record.verdict == "allow"
    assert flags_of(record) == [("live", 25, False, {})]


def test_a_finding_of_another_weight_is_still_told_apart_and_no_longer_than_before(
    tmp_path: Any,
) -> None:
    heavier = [rule(VIRTUAL), rule(UNDELIVERABLE, weight=40)]
    record = applied({"RULES": heavier, "THRESHOLDS": {"review": 20}}, tmp_path)
    assert record.verdict == "review"
    assert flags_of(record) == [("undeliverable", 40, True, {})]
    assert record.live_until is not None
    assert record.screened_at is not None
    assert (record.live_until - record.screened_at).days == 7


def test_what_was_kept_for_good_is_from_then_on_kept_as_the_setting_says(tmp_path: Any) -> None:
    heavier = [rule(VIRTUAL), rule(UNDELIVERABLE, weight=40)]
    record = applied({"RULES": heavier, "THRESHOLDS": {"review": 20}}, tmp_path, STORE_LIVE=True)
    assert flags_of(record) == [("undeliverable", 40, True, {})]
    assert record.live_until is not None
