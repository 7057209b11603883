"""A signal that an answer lacks counts neither for nor against a signup."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.utils import timezone as clock

from number_insight import loading
from number_insight.exceptions import NumberRefused
from number_insight.insight import TOLD_BY_SOME, Insight
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.rules.base import LIVE_SIGNALS
from number_insight.screening import planning
from number_insight.verdicts import grounds
from tests.replay.stage import replayed, rule, rules_file
from tests.support.records import NUMBER, a_record, codes_of, numbers_of_block
from tests.support.stage import CLEAN, PREMIUM, asking, command, screened, the_lookup

pytestmark = pytest.mark.django_db

GERMAN_PREMIUM = "+499001234567"
LIVE_RULES = {"absent", "undeliverable", "bad_number", "blacklisted"}
CARRIER_RULES = {"deny_carrier", "carrier_country", "carrier_missing"}
LINE_RULES = {"premium", "toll_free", "pager", "virtual", "landline"}
MOBILE = {"name": "Telia", "country": "SE", "network_code": "24001", "network_type": "mobile"}
LOST: dict[str, Any] = {
    "current_carrier": None,
    "original_carrier": MOBILE,
    "line_type": "unknown",
    "missing": {"carrier": "not_found", "line_type": "not_found"},
}
"""An answer on a number that a mobile carrier was given, and that no carrier has now."""
SWAPPED = {"swapped": True, "at": None, "period_hours": 24}
NEW: dict[str, Any] = {
    "sim_swap": SWAPPED,
    "device_swap": {"swapped": False, "period_hours": 24},
    "voip": "nonfixed",
    "line_type": "virtual",
    "risk": {"score": 80, "blocked": False, "kind": "sms_pumping"},
    "reassigned": "yes",
    "call_forwarding": True,
    "match": {"given_name": "none"},
    "location": {"verified": "no"},
    "missing": {"roaming": "no_coverage", "reachable": "not_authorized"},
}


def unjudged(record: NumberInsightRecord) -> set[str]:
    return set(record.not_evaluable)


@pytest.mark.parametrize("reason", ["no_coverage", "not_authorized", "not_asked", "failed"])
def test_a_missing_signal_is_not_supplied_whatever_the_level_promises(reason: str) -> None:
    with asking({CLEAN: {"reachable": "unknown", "missing": {"reachable": reason}}}):
        record = screened(CLEAN, level="advanced")
    assert unjudged(record) >= LIVE_RULES
    assert not unjudged(record) & {"roaming", "not_valid", "virtual"}


def test_a_signal_of_no_provider_is_not_supplied_either() -> None:
    record = screened(CLEAN, level="advanced", under=asking())
    assert unjudged(record) >= {"sim_swapped", "sms_pumping_score", "voip_fixed"}


def test_a_carrier_is_told_where_the_original_one_is() -> None:
    record = screened(CLEAN, level="advanced", under=asking({CLEAN: LOST}))
    assert not unjudged(record) & CARRIER_RULES
    (flag,) = record.flags.filter(code="carrier_missing")
    assert (flag.shadow, record.original_carrier_name) == (True, "Telia")


def test_no_carrier_at_all_cannot_be_told() -> None:
    with asking({CLEAN: {**LOST, "original_carrier": None}}):
        record = screened(CLEAN, level="advanced")
    assert unjudged(record) >= CARRIER_RULES


def test_a_line_that_is_not_found_is_of_no_type_and_never_mobile() -> None:
    record = screened(CLEAN, level="advanced", under=asking({CLEAN: LOST}))
    assert record.line_type == "unknown"
    assert unjudged(record) >= LINE_RULES


def test_what_libphonenumber_knows_for_free_fills_in_a_risky_type() -> None:
    record = screened(GERMAN_PREMIUM, level="advanced", under=asking({GERMAN_PREMIUM: LOST}))
    assert (record.line_type, record.verdict) == ("landline_premium", "deny")
    assert not unjudged(record) & LINE_RULES


def test_a_fact_that_only_some_vendors_tell_is_an_answer_by_itself() -> None:
    nothing = {**Insight(status=0).as_json(), "sim_swap": SWAPPED}
    record = screened(CLEAN, level="advanced", under=asking({CLEAN: nothing}))
    assert (record.basis, the_lookup().state) == ("answer", "answered")
    assert codes_of(record) == {"sim_swapped"}
    assert "sim_swapped" not in unjudged(record)


def test_the_parts_are_stored_and_live_ones_are_not() -> None:
    record = screened(CLEAN, level="advanced", under=asking({CLEAN: NEW}, STORE_LIVE=False))
    stored = the_lookup().insight
    assert stored is not None
    assert {name for name in TOLD_BY_SOME if stored[name] is None} == {
        "call_forwarding",
        "location",
    }
    assert stored["missing"] == NEW["missing"]
    assert {"live", "sim_swapped", "voip_nonfixed", "sms_pumping_score"} <= codes_of(record)
    assert "call_forwarded" not in codes_of(record)


@pytest.mark.parametrize("store_live", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        NEW,
        LOST,
        {**LOST, "original_carrier": None},
        {"missing": dict.fromkeys(LIVE_SIGNALS, "no_coverage"), "reachable": "unknown"},
        {"valid_number": "cancelled"},
        NumberRefused("No number.", status=3),
        NumberRefused("No number."),
    ],
    ids=["new", "lost", "no carrier", "no live", "cancelled", "refused", "refused without status"],
)
def test_a_replay_comes_to_the_same(answer: Any, store_live: bool, tmp_path: Any) -> None:
    with asking({CLEAN: answer}, STORE_LIVE=store_live, LIMITS={}):
        first = screened(CLEAN, level="advanced", ip="8.8.8.8")
        told = replayed()
        assert (told["records"], told["changed"], told["cannot_tell"]) == (1, 0, 0)
        again = NumberInsightRecord.objects.get(pk=first.pk)
    assert (again.verdict, again.score) == (first.verdict, first.score)


def test_what_was_asked_in_vain_needs_no_asking_for_another_rule(tmp_path: Any) -> None:
    absent = rules_file(tmp_path, [rule("number_insight.rules.validity.Absent")])
    virtual = [rule("number_insight.rules.line.Virtual")]
    for reason, cannot_tell in (("no_coverage", 0), ("not_asked", 1)):
        answer = {"reachable": "unknown", "missing": {"reachable": reason}}
        NumberInsightRecord.objects.all().delete()
        Lookup.objects.all().delete()
        with asking({CLEAN: answer}, RULES=virtual, STORE_LIVE=True):
            screened(CLEAN, level="advanced")
            assert replayed("--rules", absent)["cannot_tell"] == cannot_tell


def test_live_facts_that_cannot_be_told_are_not_bought_again() -> None:
    nowhere = dict.fromkeys(LIVE_SIGNALS, "no_coverage")
    answers: dict[str, Any] = {CLEAN: {**Insight(status=0, line_type="mobile").as_json()}}
    answers[CLEAN]["missing"] = nowhere
    for expected in (1, 2):
        with asking(answers, LIMITS={}):
            screened(CLEAN, level="advanced")
            Lookup.objects.update(answered_at=clock.now() - timedelta(hours=1))
            screened(CLEAN)
        assert len(Fake.asked) == expected
        answers[CLEAN]["missing"] = {}
        Fake.reset()
        Lookup.objects.all().delete()


def crowd() -> None:
    """Let the history of the number and of its block deny it."""
    for subject, number in enumerate(numbers_of_block(5)):
        a_record(number, subject=subject)
        a_record(subject=subject)


@pytest.mark.parametrize("reassigned", ["yes", "no"])
def test_a_new_owner_may_be_asked_for_where_history_denies(reassigned: str) -> None:
    crowd()
    record = screened(NUMBER, under=asking({NUMBER: {"reassigned": reassigned}}, LIMITS={}))
    assert len(Fake.asked) == 1
    expected = ("review", 40) if reassigned == "yes" else ("deny", 100)
    assert (record.verdict, record.score) == expected


def test_nobody_is_asked_for_a_new_owner_without_a_past() -> None:
    light = {"RULES": [rule(f"number_insight.rules.history.{name}") for name in HISTORY]}
    with asking({NUMBER: {"reassigned": "no"}}, **light):
        first = screened(NUMBER)
        a_record(subject=1)
        plan = planning.plan_for(a_record(subject=2))
    assert (first.basis, Fake.asked) == ("free", [])
    assert plan.question is not None


HISTORY = ("NumberReused", "NumberReassigned")


def test_the_command_prints_the_new_parts() -> None:
    at = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)
    answer = {**NEW, "sim_swap": {"swapped": True, "at": at, "period_hours": 48}}
    with asking({CLEAN: answer}):
        out = command("lookup", CLEAN, json=True)
        table = command("lookup", CLEAN)
    told = json.loads(out)["insight"]
    assert told["sim_swap"] == {
        "swapped": True,
        "at": "2026-11-20T09:30:00+00:00",
        "period_hours": 48,
    }
    assert told["risk"] == {**NEW["risk"], "blocked_at": None}
    for name in ("voip", "reassigned", "call_forwarding", "match", "location", "missing"):
        assert told[name] == NEW[name]
    assert "swapped: True, at: 2026-11-20T09:30:00+00:00, period_hours: 48" in table
    assert "roaming: no_coverage, reachable: not_authorized" in table


def test_the_fake_provider_tells_what_its_answers_hold() -> None:
    with asking({CLEAN: {"sim_swap": SWAPPED}, PREMIUM: NumberRefused("No.")}):
        signals = loading.provider().signals
        assert signals["advanced"] - signals["standard"] >= {"sim_swap", "reachable"}
        assert "risk" not in signals["advanced"]


def test_what_an_answer_does_not_tell_is_what_it_names() -> None:
    insight = Insight.from_json({**LOST, "missing": {"carrier": "not_found", "voip": "failed"}})
    assert grounds.not_told(insight) == {"voip"}
    assert grounds.not_told(Insight(missing={"carrier": "not_found"})) == {"carrier"}
