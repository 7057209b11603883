"""Without STORE_LIVE no stored row reveals the state of the phone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from number_insight import loading
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.base import ADVANCED_SIGNALS
from number_insight.rules.live import without_live
from number_insight.rules.scoring import Flag
from number_insight.sandbox.server import Sandbox
from tests.privacy.stage import rows
from tests.support.stage import screened, vonage

BASE = "+467017490"
LIVE = {"20": 5, "21": 15, "30": 10, "31": 25, "32": 50, "33": 40, "71": 0}
"""Personas with live findings (or a live answer at least), and the weights of these."""
LIVE_RULES = {
    rule.code
    for rule in loading.rules()
    if rule.live and ADVANCED_SIGNALS.issuperset(rule.needs or ())
}
"""The rules on live facts that Number Insight tells."""
TELLING = (
    "roaming",
    "reachable",
    "undeliverable",
    "absent",
    "bad_number",
    "blacklisted",
    "handset",
    "validity",
    "place",
    '"FR"',
    "switched off",
    "blocks",
)


def told(text: str) -> list[str]:
    """Return the words of `text` on the state of a phone, column names and "unknown" apart."""
    empty = '"country": null, "network_code": null, "network_name": null, "status": "unknown"'
    for said in (
        '"reachable": "unknown"',
        f'"roaming": {{{empty}}}',
        '"roaming_status": "unknown"',
        '"roaming_country": ""',
        '"real_time": null',
        '"ip_country": "FR"',  # where the IP of persona 20 is, not the phone
        '"country": "FR", "match": "mismatch"',
    ):
        text = text.replace(said, "")
    return [word for word in TELLING if word in text]


def settings(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    return vonage(sandbox, LEVEL="advanced", LIMITS={}, SEND_IP=True, **more)


@pytest.mark.django_db
@pytest.mark.parametrize("raw", [False, True], ids=["", "raw"])
@pytest.mark.parametrize("ending", LIVE)
def test_no_column_tells(ending: str, raw: bool, sandbox: Sandbox) -> None:
    number = BASE + ending
    with override_settings(NUMBER_INSIGHT=settings(sandbox, STORE_RAW=raw)):
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


def flag(weight: int, **options: Any) -> Flag:
    return Flag(code=f"code{weight}", weight=weight, message="Something.", **options)


def test_several_live_findings_become_one_that_keeps_the_sum() -> None:
    (one,) = without_live(
        [flag(25, live=True), flag(15, live=True), flag(5, live=True, counted=False)]
    )
    assert (one.code, one.weight, one.counted, one.group, one.params) == ("live", 40, True, "", {})


def test_a_live_finding_that_does_not_count_tells_no_weight() -> None:
    kept = list(without_live([flag(50), flag(25, live=True, counted=False)]))
    assert [(one.code, one.weight, one.counted) for one in kept] == [
        ("live", 0, False),
        ("code50", 50, True),
    ]


def test_what_is_not_live_is_left_as_it_is() -> None:
    flags = [flag(30, group="line", params={"carrier": "Telia"}), flag(0)]
    assert list(without_live(flags)) == flags
