"""No stored row reveals the state of the phone for longer than STORE_LIVE says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from number_insight import loading
from number_insight.insight import Insight
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers.base import ADVANCED_SIGNALS
from number_insight.rules import Flag, Rule, Signup
from number_insight.rules.live import LIVE_MESSAGE, without_details, without_live
from number_insight.sandbox.server import Sandbox
from tests.privacy.live import BASE, flag, settings, told, words_of
from tests.privacy.stage import rows
from tests.support.stage import screened

LIVE = {"20": 5, "21": 15, "30": 10, "31": 25, "32": 50, "33": 40, "71": 0}
"""Personas with live findings (or a live answer at least), and the weights of these."""
LIVE_RULES = {
    rule.code
    for rule in loading.rules()
    if rule.live and ADVANCED_SIGNALS.issuperset(rule.needs or ())
}


class Handset(Rule):
    """A project's rule on live data that names a place and has no other text."""

    code = "handset"
    weight = 40
    needs = ("reachable",)
    live = True

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        yield self.flag("The phone is %(state)s.", state=insight.reachable)


@pytest.mark.django_db
@pytest.mark.parametrize("ending", LIVE)
def test_while_a_person_has_to_decide_a_finding_says_what_and_neither_where_nor_whose(
    ending: str, sandbox: Sandbox
) -> None:
    thresholds = {"review": 0, "deny": 900}
    with override_settings(NUMBER_INSIGHT=settings(sandbox, THRESHOLDS=thresholds, STORE_RAW=True)):
        record = screened(BASE + ending, ip="8.8.44.88")
    live = list(record.flags.filter(live=True))
    assert {flag.code for flag in live} <= LIVE_RULES
    assert bool(live) == bool(LIVE[ending])
    assert not record.flags.filter(code="live").exists()
    assert [flag.evidence for flag in live] == [{} for _flag in live]
    assert not any("%" in flag.text or "not kept" in flag.text for flag in live)
    assert sum(flag.weight for flag in live if flag.counted) == LIVE[ending]
    assert (record.reachable, record.roaming_status, record.roaming_country) == (
        "unknown",
        "unknown",
        "",
    )
    RiskFlag.objects.all().delete()
    assert told(rows()) == []


@pytest.mark.django_db
def test_what_nobody_has_to_decide_on_is_merged_at_once(sandbox: Sandbox) -> None:
    with override_settings(NUMBER_INSIGHT=settings(sandbox)):
        record = screened(BASE + "21", ip="8.8.44.88")
    assert (record.verdict, record.live_until) == ("allow", None)
    assert ("live", 15, False) in words_of(record)


@pytest.mark.django_db
def test_a_rule_without_a_text_for_this_shows_no_place(sandbox: Sandbox) -> None:
    extra = [{"NAME": f"{__name__}.Handset"}]
    with override_settings(NUMBER_INSIGHT=settings(sandbox, EXTRA_RULES=extra)):
        record = screened(BASE + "05")
    flag = record.flags.get(code="handset")
    assert (flag.evidence, flag.live, flag.weight) == ({}, True, 40)
    assert flag.text == LIVE_MESSAGE


@pytest.mark.django_db
@pytest.mark.parametrize("raw", [False, True], ids=["", "raw"])
@pytest.mark.parametrize("ending", LIVE)
def test_no_column_tells(ending: str, raw: bool, sandbox: Sandbox) -> None:
    number = BASE + ending
    with override_settings(NUMBER_INSIGHT=settings(sandbox, STORE_RAW=raw, STORE_LIVE=False)):
        record = screened(number, ip="8.8.44.88")
        again = screened(number, ip="8.8.44.88")
    assert Lookup.objects.get().state in ("answered", "partial")
    assert bool(Lookup.objects.get().raw) == raw
    live = [(flag.weight, flag.group, flag.evidence) for flag in record.flags.filter(code="live")]
    assert live == ([(LIVE[ending], "", {})] if LIVE[ending] else [])
    assert record.score >= LIVE[ending]
    assert LIVE_RULES.isdisjoint(record.not_evaluable)
    NumberInsightRecord.objects.filter(pk=again.pk).delete()  # which lists what it could not ask
    assert told(rows()) == []


@pytest.mark.django_db
def test_a_reused_answer_tells_the_same_of_everybody(sandbox: Sandbox) -> None:
    lists = []
    with override_settings(NUMBER_INSIGHT=settings(sandbox)):
        for ending in (*LIVE, "05"):
            screened(BASE + ending)
            lists.append(screened(BASE + ending).not_evaluable)
    assert lists[0] != []
    assert all(codes == lists[0] for codes in lists)


@pytest.mark.django_db
def test_with_the_setting_it_is_kept(sandbox: Sandbox) -> None:
    with override_settings(NUMBER_INSIGHT=settings(sandbox, STORE_LIVE=True)):
        record = screened(BASE + "31")
    assert record.reachable == "undeliverable"
    assert [flag.code for flag in record.flags.all()] == ["undeliverable"]
    assert "undeliverable" in told(rows())


@pytest.mark.parametrize("rule", [rule for rule in loading.rules() if rule.live])
def test_every_live_rule_has_a_text_without_places(rule: Rule) -> None:
    messages = [value for name, value in vars(type(rule)).items() if name.startswith("message")]
    assert messages
    for message in messages:
        (bare,) = without_details([rule.flag(message, place="FR")])
        assert "%(" not in bare.message
        assert bare.message != LIVE_MESSAGE
        assert (bare.params, bare.code, bare.weight) == ({}, rule.code, rule.weight)


def test_what_is_not_live_is_left_as_it_is() -> None:
    flags = [flag(30, group="line", params={"carrier": "Telia"}), flag(0)]
    assert list(without_live(flags)) == flags
