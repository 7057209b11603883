"""An answer makes no verdict milder than no answer would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from number_insight.exceptions import NumberRefused
from number_insight.insight import Carrier, Insight, IPMatch, Roaming
from number_insight.models import Lookup
from number_insight.providers.base import Provider, Question
from number_insight.providers.fake import Fake
from number_insight.screening import planning
from number_insight.verdicts import grounds
from tests.admin.builders import page_of
from tests.replay.stage import replayed
from tests.support.records import codes_of
from tests.support.stage import CLEAN, asking, command, record_of, screened

pytestmark = pytest.mark.django_db
HERE = "tests.verdicts.test_answers"

PREMIUM = "+449012345678"
RISKY = {
    PREMIUM: ("landline_premium", "premium", "deny"),
    "+18002345678": ("landline_tollfree", "toll_free", "review"),
    "+445612345678": ("virtual", "virtual", "review"),
    "+447640123456": ("pager", "pager", "review"),
    "+442079460123": ("landline", "landline", "allow"),
}
"""Numbers whose line libphonenumber knows: the line, its flag, and the verdict on it alone."""
WITHOUT_LINE: dict[str, Any] = {
    "status": 44,
    "line_type": "unknown",
    "current_carrier": None,
    "original_carrier": None,
    "ported": "not_ported",
}
"""A partial answer that tells something, and not the type of the line."""


class Stranger(Provider):
    """A provider of the project's own, whose words are its own."""

    told: Insight = Insight(status=0)

    def lookup(self, question: Question) -> Insight:
        return self.told


@pytest.mark.parametrize("number", RISKY)
@pytest.mark.parametrize("level", ["basic", "standard", "advanced", "auto"])
def test_an_answer_without_the_type_of_the_line_leaves_what_is_known_for_free(
    number: str, level: str
) -> None:
    line, code, verdict = RISKY[number]
    record = screened(number, level=level, under=asking({number: WITHOUT_LINE}))
    assert (record.line_type, record.verdict) == (line, verdict)
    assert code in codes_of(record)


@pytest.mark.parametrize("number", RISKY)
def test_a_lookup_that_succeeds_is_never_kinder_than_one_that_was_refused(number: str) -> None:
    scores = []
    for answer in (NumberRefused("No number.", status=3), WITHOUT_LINE):
        with asking({number: answer}, WEIGHTS={"refused_number": 0}):
            scores.append(screened(number, level="advanced").score)
        Lookup.objects.all().delete()
    refused, answered = scores
    assert answered >= refused


def test_that_it_is_a_mobile_is_the_providers_to_tell() -> None:
    number = "+447911123456"
    with asking({number: WITHOUT_LINE}):
        assert screened(number, level="advanced").line_type == "unknown"


def test_the_word_of_the_provider_counts_where_there_is_one() -> None:
    record = screened(PREMIUM, level="standard", under=asking({PREMIUM: {"line_type": "mobile"}}))
    assert (record.line_type, record.verdict) == ("mobile", "allow")


@pytest.mark.parametrize("level", ["basic", "standard", "advanced"])
def test_the_command_says_what_is_known_for_free(level: str) -> None:
    with asking({PREMIUM: WITHOUT_LINE}):
        document = json.loads(command("lookup", PREMIUM, level=level, json=True))
    assert (document["insight"]["line_type"], document["verdict"]) == ("landline_premium", "deny")
    assert "premium" not in document["not_evaluable"]


def test_the_number_of_an_answer_is_the_one_that_was_asked_about() -> None:
    number = "+525512345605"
    with asking({number: {"number": "+5215512345605"}}):
        document = json.loads(command("lookup", number, json=True))
    assert document["number"] == document["insight"]["number"] == number


def test_what_is_known_for_free_counts_for_an_answer_that_is_used_again() -> None:
    number = "+18002345678"
    with asking({number: WITHOUT_LINE}):
        first, second = screened(number), screened(number)
    assert (first.basis, second.basis) == ("answer", "reused")
    assert (second.line_type, second.verdict) == (first.line_type, first.verdict)
    assert len(Fake.asked) == 1


@pytest.mark.parametrize("number", RISKY)
@pytest.mark.parametrize("level", ["basic", "standard", "advanced"])
def test_a_replay_knows_for_free_what_the_verdict_knew(number: str, level: str) -> None:
    with asking({number: WITHOUT_LINE}):
        screened(number, level=level)
        assert replayed()["changed"] == 0


def test_the_page_says_whose_word_the_type_of_the_line_is(admin_client: Client) -> None:
    free, told = "+18002345678", "+46701740611"
    with asking({free: WITHOUT_LINE}):
        records = [screened(free), screened(told), screened(PREMIUM)]
        pages = [admin_client.get(page_of(record)).content.decode() for record in records]
    assert "toll-free (by libphonenumber)" in pages[0]
    assert "virtual (by default)" in pages[1]
    assert "premium-rate (by libphonenumber)" in pages[2]
    Lookup.objects.update(insight=None)
    assert "toll-free (by" not in admin_client.get(page_of(records[0])).content.decode()


def test_a_landline_is_planned_for_as_one_on_an_old_answer() -> None:
    number = "+442079460123"
    with asking({number: WITHOUT_LINE}):
        record = screened(number)
        assert record.lookup is not None
        case = grounds.answered(record, record.lookup, Insight(ported="ported"), "reused")
        (judged,) = planning.judging.judge([case])
        level = planning.level_for(judged, planning.loading.provider(), planning.loading.rules())
    assert level == "standard"


def test_the_country_that_is_known_for_free_stands_where_the_provider_tells_none() -> None:
    told = {**WITHOUT_LINE, "country": "XX"}
    with asking({CLEAN: told}, IP_COUNTRY=f"{HERE}.france"):
        record = screened(CLEAN, ip="8.8.8.8", level="standard")
    assert (record.country, codes_of(record)) == ("SE", {"ip_mismatch"})


def france(ip: str) -> str:
    return "FR"


@pytest.mark.parametrize(
    "odd",
    [
        Insight(country="USA", line_type="VIRTUAL", ported="ported"),
        Insight(roaming=Roaming(status="abroad, far abroad, further", country="Sweden")),
        Insight(ip=IPMatch(match="somewhere else", country="EU"), ported="ported"),
        Insight(current_carrier=Carrier(name="X", country="T1", network_type="satellite phone")),
        Insight(valid_number="perhaps, or perhaps not", reachable=None, ported="ported"),  # type: ignore[arg-type]
        Insight(country=46, ported="ported"),  # type: ignore[arg-type]
    ],
    ids=lambda odd: repr(odd)[:40],
)
def test_odd_words_of_a_provider_break_no_save(
    odd: Insight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stranger, "told", odd)
    with asking(PROVIDERS={"default": {"BACKEND": f"{HERE}.Stranger"}}, STORE_LIVE=True):
        record = screened("+442079460123", level="advanced")
    assert record.state in ("screened", "failed")
    assert record.lane != "fault"
    assert record.country == "GB"
    for column in ("country", "roaming_country", "ip_country", "carrier_country"):
        assert getattr(record, column) in ("", "GB")


def test_a_record_of_odd_words_is_judged_as_if_they_were_not_told() -> None:
    record = record_of(PREMIUM)
    case = grounds.answered(record, Lookup(provider="default", level="basic"), Insight(), "answer")
    assert (case.insight.line_type, case.signals) == (
        "landline_premium",
        frozenset({"country", "line_type"}),
    )
