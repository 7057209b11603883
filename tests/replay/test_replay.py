"""What a replay tells, and what it leaves alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError

from number_insight import reviewing, signals
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers.fake import Fake
from number_insight.replay import rulesets
from number_insight.replay.run import Replayer
from number_insight.replay.stored import batches, settled
from number_insight.replay.writing import write
from tests.replay.stage import MISMATCH, UNDELIVERABLE, VIRTUAL, replayed, rule, rules_file, run
from tests.support import stage

pytestmark = pytest.mark.django_db

HEAVY = [rule(VIRTUAL, weight=90)]
VIRTUAL_NUMBERS = {number: {"line_type": "virtual"} for number in ("+46701740691", "+46701740692")}


def screened(number: str = stage.VIRTUAL, **options: object) -> NumberInsightRecord:
    return stage.screened(number, **options)


def test_a_replay_says_what_would_change_and_changes_nothing(tmp_path):
    with stage.asking():
        screened()
        screened(stage.CLEAN)
        before = list(NumberInsightRecord.objects.order_by("pk").values())
        told = replayed("--rules", rules_file(tmp_path, HEAVY))
    assert told == {
        "records": 2,
        "changed": 1,
        "matrix": {"allow->allow": 1, "review->deny": 1},
        "cannot_tell": 0,
    }
    assert list(NumberInsightRecord.objects.order_by("pk").values()) == before


def test_a_replay_under_the_active_rules_changes_nothing():
    with stage.asking():
        for number in (stage.VIRTUAL, stage.CLEAN, stage.PREMIUM, "+46701740620", "+46701740614"):
            screened(number, ip="8.8.8.8")
        told = replayed()
    assert (told["records"], told["changed"], told["cannot_tell"]) == (5, 0, 0)


def test_a_replay_asks_no_provider(tmp_path):
    with stage.asking():
        screened()
        asked, lookups = len(Fake.asked), Lookup.objects.count()
        run("--apply", "--rules", rules_file(tmp_path, HEAVY))
        assert (len(Fake.asked), Lookup.objects.count()) == (asked, lookups)


def test_weights_and_thresholds_can_be_laid_over_the_settings(tmp_path):
    with stage.asking():
        screened()
        weights = rules_file(tmp_path, {"WEIGHTS": {"virtual": 90}})
        assert replayed("--rules", weights)["matrix"] == {"review->deny": 1}
        thresholds = rules_file(tmp_path, {"THRESHOLDS": {"review": 31}})
        assert replayed("--rules", thresholds)["matrix"] == {"review->allow": 1}


def test_since_until_and_limit_choose_the_records():
    with stage.asking():
        screened()
        screened(stage.CLEAN)
        assert replayed("--limit", "1")["records"] == 1
        assert replayed("--since", "2199-01-01")["records"] == 0
        assert replayed("--until", "2199-01-01")["records"] == 2


def test_apply_writes_verdict_score_and_flags_and_a_second_run_finds_nothing(tmp_path):
    file = rules_file(tmp_path, HEAVY)
    with stage.asking():
        record = screened()
        assert "1 records were written." in run("--apply", "--rules", file)
        record.refresh_from_db()
        assert (record.verdict, record.score) == ("deny", 90)
        assert list(record.flags.values_list("code", "weight")) == [("virtual", 90)]
        assert "0 records were written." in run("--apply", "--rules", file)


def test_apply_goes_on_where_it_was_cut_off(tmp_path):
    file = rules_file(tmp_path, HEAVY)
    with stage.asking(VIRTUAL_NUMBERS):
        for number in VIRTUAL_NUMBERS:
            screened(number)
        run("--apply", "--limit", "1", "--rules", file)
        assert NumberInsightRecord.objects.filter(verdict="deny").count() == 1
        run("--apply", "--rules", file)
    assert NumberInsightRecord.objects.filter(verdict="deny").count() == 2


def test_apply_never_touches_what_a_person_has_decided(tmp_path):
    with stage.asking():
        record = screened()
        reviewing.release(record, reason="known customer")
        told = replayed("--apply", "--rules", rules_file(tmp_path, HEAVY))
    record.refresh_from_db()
    assert told["matrix"] == {"review->deny": 1}
    assert (record.verdict, record.score, record.decision) == ("review", 30, "released")
    assert RiskFlag.objects.filter(record=record, weight=30).exists()


def test_what_is_decided_between_judging_and_writing_stays_as_it_is():
    rule_set = rulesets.read(json.dumps(HEAVY))
    with stage.asking(VIRTUAL_NUMBERS):
        decided, other = (screened(number) for number in VIRTUAL_NUMBERS)
        replayer = Replayer(rule_set)
        outcomes = [it for cases in batches(settled()) for it in replayer.outcomes(cases)]
        reviewing.release(decided, reason="known customer")
        assert write(rule_set, outcomes) == 1
    decided.refresh_from_db()
    other.refresh_from_db()
    assert (decided.verdict, decided.score, decided.decision) == ("review", 30, "released")
    assert (other.verdict, other.score) == ("deny", 90)
    weights = RiskFlag.objects.order_by("record_id").values_list("weight", flat=True)
    assert list(weights) == [30, 90]


def test_apply_tells_no_receiver_not_even_by_the_sweep(
    tmp_path, django_capture_on_commit_callbacks
):
    told = []

    def note(**kwargs: object) -> None:
        told.append(kwargs)

    with stage.asking(), django_capture_on_commit_callbacks(execute=True):
        screened()
    signals.verdict_changed.connect(note)
    signals.record_screened.connect(note)
    try:
        with stage.asking(), django_capture_on_commit_callbacks(execute=True):
            run("--apply", "--rules", rules_file(tmp_path, HEAVY))
            stage.sweep()
    finally:
        signals.verdict_changed.disconnect(note)
        signals.record_screened.disconnect(note)
    assert NumberInsightRecord.objects.get().verdict == "deny"
    assert told == []


def test_the_table_names_the_most_affected_and_the_rules_that_fire(tmp_path):
    with stage.asking():
        record = screened()
        told = run("--rules", rules_file(tmp_path, [*HEAVY, rule(MISMATCH)]))
    assert f"record {record.pk}: review (30) -> deny (90)" in told
    assert stage.VIRTUAL not in told
    row = next(line.split() for line in told.splitlines() if line.split()[:1] == ["virtual"])
    assert row == ["virtual", "1", "1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"WEIGHT": {}}, "Did you mean 'WEIGHTS'?"),
        ({"WEIGHTS": {"virtul": 5}}, "Did you mean 'virtual'?"),
        ({"WEIGHTS": {"virtual": "5"}}, "whole numbers"),
        ({"THRESHOLDS": {"refuse": 5}}, "review and deny"),
        ([{"NAME": "nowhere.rules.Nowhere"}], "No module named"),
        (["number_insight.rules.line.Virtual"], "is a list of"),
        ([rule(VIRTUAL, wieght=1)], "there is no option 'wieght'. Did you mean 'weight'?"),
        ("virtual", "Rules are a list"),
    ],
)
def test_a_bad_file_is_one_clear_sentence(tmp_path, content, said):
    with pytest.raises(CommandError, match="The rules cannot be used") as caught:
        run("--rules", rules_file(tmp_path, content))
    assert said in str(caught.value)


def test_a_file_that_is_missing_or_no_json_is_one_clear_sentence(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run("--rules", str(tmp_path / "nowhere.json"))
    (tmp_path / "rules.json").write_text("[")
    with pytest.raises(CommandError, match="not JSON"):
        run("--rules", str(tmp_path / "rules.json"))


def test_a_time_that_is_none_is_one_clear_sentence():
    with pytest.raises(CommandError, match="is no time"):
        run("--since", "yesterday")
    with pytest.raises(CommandError, match="no such time"):
        run("--since", "2027-02-31")


def test_the_kind_of_line_is_known_of_a_record_whose_lookup_is_gone(tmp_path):
    with stage.asking():
        screened()
        NumberInsightRecord.objects.update(lookup=None)
        Lookup.objects.all().delete()
        told = replayed("--rules", rules_file(tmp_path, HEAVY))
    assert told["matrix"] == {"review->deny": 1}


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
