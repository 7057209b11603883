"""A replay says of what it cannot know that it cannot, and leaves it alone."""

from __future__ import annotations

from typing import Any

import pytest

from number_insight.models import NumberInsightRecord
from number_insight.privacy import subject
from number_insight.rules import Rule
from tests.replay.stage import MISMATCH, UNDELIVERABLE, VIRTUAL, replayed, rule, rules_file
from tests.support import stage

pytestmark = pytest.mark.django_db

TRAVELLER = "+46701740614"
PLAIN = [rule(VIRTUAL), rule(MISMATCH)]
LIVE = [*PLAIN, rule(UNDELIVERABLE)]
ROAMING = {"status": "roaming", "country": "US", "network_code": None, "network_name": None}


class Roamer(Rule):
    """A stranger's rule, which says of nothing what it needs."""

    code = "roamer"
    weight = 40

    def examine(self, insight: Any, signup: Any) -> Any:
        if insight.roaming.status == "roaming":
            yield self.flag("Abroad.")


class EvenYear(Rule):
    """A stranger's rule that reads nothing but the signup."""

    code = "year"
    weight = 40

    def examine(self, insight: Any, signup: Any) -> Any:
        if signup.at.year:
            yield self.flag("There is a year.")


class Abroad(Rule):
    """A stranger's rule on where the phone is, which does not say that its flag tells that."""

    code = "abroad"
    weight = 40
    needs = ("roaming",)

    def __init__(self, *, weight: int | None = None, found: int = 40) -> None:
        super().__init__(weight=weight)
        self.found = found

    def examine(self, insight: Any, signup: Any) -> Any:
        if insight.roaming.status == "roaming":
            yield self.flag("Abroad.", weight=self.found)


class Nameless(Rule):
    """A stranger's live rule whose flag has another code."""

    code = "nameless"
    weight = 40
    needs = ("reachable",)
    live = True

    def examine(self, insight: Any, signup: Any) -> Any:
        if insight.reachable == "absent":
            yield self.flag("The phone is off.", code="of_its_own")


def path(kind: type[Rule]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def of(rules: Any, answer: dict[str, Any], tmp_path: Any, **settings: Any) -> dict[str, Any]:
    """Return the replay under `rules` of one record that was judged under the settings."""
    with stage.asking({stage.CLEAN: answer}, **settings):
        stage.screened(stage.CLEAN, ip="8.8.8.8")
        return replayed("--rules", rules_file(tmp_path, rules))


def test_a_new_rule_on_the_state_of_the_phone_cannot_be_told(tmp_path):
    told = of(LIVE, {"reachable": "undeliverable"}, tmp_path, RULES=[rule(f"{ROAM}")])
    assert (told["cannot_tell"], told["matrix"]) == (1, {})


ROAM = "number_insight.rules.place.Roaming"


def test_a_rule_that_found_nothing_then_finds_nothing_now(tmp_path):
    heavier = [*PLAIN, rule(UNDELIVERABLE, weight=90)]
    told = of(heavier, {"reachable": "reachable"}, tmp_path, RULES=LIVE)
    assert (told["cannot_tell"], told["changed"]) == (0, 0)


def test_what_a_hidden_finding_would_weigh_now_cannot_be_told(tmp_path):
    heavier = [*PLAIN, rule(UNDELIVERABLE, weight=90)]
    told = of(heavier, {"reachable": "undeliverable"}, tmp_path, RULES=LIVE)
    assert told["cannot_tell"] == 1


def test_a_finding_that_still_has_its_name_is_told_under_any_weight(tmp_path):
    waits = {"RULES": LIVE, "THRESHOLDS": {"review": 20}}
    heavier = {"RULES": [*PLAIN, rule(UNDELIVERABLE, weight=90)], "THRESHOLDS": {"review": 20}}
    told = of(heavier, {"reachable": "undeliverable"}, tmp_path, **waits)
    assert (told["cannot_tell"], told["matrix"]) == (0, {"review->deny": 1})


def test_a_finding_that_still_has_its_name_goes_with_its_rule(tmp_path):
    waits = {"RULES": LIVE, "THRESHOLDS": {"review": 20}}
    without = {"RULES": PLAIN, "THRESHOLDS": {"review": 20}}
    told = of(without, {"reachable": "undeliverable"}, tmp_path, **waits)
    assert (told["cannot_tell"], told["matrix"]) == (0, {"review->allow": 1})


def test_a_live_finding_under_a_code_of_its_own_cannot_be_told(tmp_path):
    rules = [*PLAIN, rule(path(Nameless))]
    told = of(rules, {"reachable": "absent"}, tmp_path, RULES=rules)
    assert NumberInsightRecord.objects.get().flags.filter(code="of_its_own", live=True).exists()
    assert told["cannot_tell"] == 1


def test_a_hidden_finding_stands_where_the_rules_are_the_same(tmp_path):
    thresholds = {"RULES": LIVE, "THRESHOLDS": {"review": 20}}
    told = of(thresholds, {"reachable": "undeliverable"}, tmp_path, RULES=LIVE)
    assert told["matrix"]["allow->review"] + told["cannot_tell"] == 1
    assert told["cannot_tell"] == 0


def test_kept_live_facts_can_be_judged_by_any_rule(tmp_path):
    answer, heavier = {"reachable": "undeliverable"}, [rule(UNDELIVERABLE, weight=90)]
    told = of(heavier, answer, tmp_path, RULES=[*PLAIN, rule(ROAM)], STORE_LIVE=True)
    assert (told["cannot_tell"], list(told["matrix"])) == (0, ["allow->deny"])


def test_a_mismatch_that_roaming_had_explained_stays_explained(tmp_path):
    answer = {"roaming": ROAMING}
    told = of([*LIVE, rule(VIRTUAL, weight=1)], answer, tmp_path, RULES=LIVE)
    assert (told["cannot_tell"], told["changed"]) == (0, 0)
    assert not NumberInsightRecord.objects.get().flags.filter(code="ip_mismatch").exists()


def test_a_rule_that_reads_what_was_not_kept_is_found_out(tmp_path):
    answer = {"roaming": ROAMING}
    told = of([rule(path(Roamer))], answer, tmp_path, RULES=LIVE)
    assert told["cannot_tell"] == 1


def test_a_finding_that_is_kept_weighs_what_its_rule_weighs_now(tmp_path):
    answer, heavier = {"roaming": ROAMING}, [*PLAIN, rule(path(Abroad), weight=90)]
    told = of(heavier, answer, tmp_path, RULES=[*PLAIN, rule(path(Abroad))])
    assert told["matrix"] == {"review->deny": 1}


def test_what_a_finding_of_another_weight_than_its_rule_weighs_now_cannot_be_told(tmp_path):
    abroad = {"found": 30}
    heavier = [*PLAIN, rule(path(Abroad), weight=90, **abroad)]
    told = of(heavier, {"roaming": ROAMING}, tmp_path, RULES=[*PLAIN, rule(path(Abroad), **abroad)])
    assert told["cannot_tell"] == 1


def test_a_strangers_rule_that_reads_no_insight_can_be_told(tmp_path):
    told = of([*LIVE, rule(path(EvenYear))], {}, tmp_path, RULES=LIVE)
    assert (told["cannot_tell"], told["changed"]) == (0, 1)


def test_what_was_never_bought_cannot_be_told(tmp_path):
    told = of(LIVE, {}, tmp_path, RULES=[rule(VIRTUAL)])
    assert NumberInsightRecord.objects.get().level == "standard"
    assert told["cannot_tell"] == 1


def test_the_rules_that_judged_are_remembered_when_the_settings_have_changed(
    django_capture_on_commit_callbacks,
):
    with stage.asking({}, RULES=LIVE), django_capture_on_commit_callbacks(execute=True):
        stage.screened(stage.CLEAN, ip="8.8.8.8")
    with stage.asking({}, RULES=[*LIVE, rule("number_insight.rules.line.Pager")]):
        assert replayed()["cannot_tell"] == 0
    with stage.asking({}, RULES=[*LIVE, rule("number_insight.rules.validity.Absent")]):
        assert replayed()["cannot_tell"] == 1


def test_an_erased_record_cannot_be_told(tmp_path):
    with stage.asking():
        stage.screened(stage.VIRTUAL)
        subject.erase(number=stage.VIRTUAL)
        told = replayed("--rules", rules_file(tmp_path, [rule(VIRTUAL, weight=90)]))
    assert told == {"records": 1, "changed": 0, "matrix": {}, "cannot_tell": 1}
