"""The fake provider: it answers from a dict, remembers, and forgets on demand."""

from __future__ import annotations

import json

import pytest

from number_insight.exceptions import BadCallback, Busy, NoCredit
from number_insight.insight import Insight
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from tests.support.waiting import at_once

CLEAN = Question(number="+46701740605", level="advanced", ip="123.0.0.255")


def test_what_is_given_is_laid_over_the_persona() -> None:
    fake = Fake(answers={CLEAN.number: {"line_type": "virtual", "roaming": {"status": "roaming"}}})
    insight = fake.lookup(CLEAN)
    assert (insight.line_type, insight.roaming.status) == ("virtual", "roaming")
    assert (insight.country, insight.reachable) == ("SE", "reachable")


@pytest.mark.parametrize("given", [NoCredit("Top it up."), RuntimeError, TimeoutError("slow")])
def test_an_exception_is_raised(given: BaseException | type[BaseException]) -> None:
    expected = given if isinstance(given, type) else type(given)
    with pytest.raises(expected):
        Fake(answers={CLEAN.number: given}).lookup(CLEAN)
    with pytest.raises(expected):
        Fake(answers={CLEAN.number: given}).submit(CLEAN, "http://127.0.0.1/")


def test_a_given_answer_replaces_the_error_of_a_persona() -> None:
    refused = Question(number="+46701740693", level="standard")
    assert Fake(answers={refused.number: {}}).lookup(refused).status == 0


def test_every_question_is_remembered_by_all_instances() -> None:
    Fake().lookup(CLEAN)
    Fake().submit(CLEAN, "http://127.0.0.1/")
    with pytest.raises(Busy):
        Fake().lookup(Question(number="+46701740690", level="basic"))
    assert [question.number for question in Fake.asked] == [
        "+46701740605",
        "+46701740605",
        "+46701740690",
    ]
    Fake.reset()
    assert Fake.asked == []


def test_no_question_is_lost_among_threads() -> None:
    at_once(8, lambda _: [Fake().lookup(CLEAN) for _ in range(20)])
    assert len(Fake.asked) == 160


def test_a_passing_error_passes() -> None:
    busy_once = Question(number="+46701740691", level="standard")
    with pytest.raises(Busy):
        Fake().lookup(busy_once)
    assert Fake().lookup(busy_once).line_type == "mobile"


def test_a_callback_tells_what_a_lookup_would() -> None:
    fake = Fake(answers={CLEAN.number: {"reachable": "absent"}})
    assert fake.read_callback(fake.callback_body(CLEAN)) == fake.lookup(CLEAN)
    assert fake.submit(CLEAN, "http://127.0.0.1/").request_id == fake.lookup(CLEAN).request_id


@pytest.mark.parametrize(
    "change",
    [
        {"status": None},
        {"roaming": "x"},
        {"current_carrier": "x"},
        {"price": "x"},
        {"number": 1},
        {"sim_swap": True},
        {"missing": "roaming"},
    ],
)
def test_a_callback_that_is_no_insight_is_refused(change: dict[str, object]) -> None:
    body = json.dumps({**Insight(status=0).as_json(), **change}).encode()
    with pytest.raises(BadCallback):
        Fake().read_callback(body)
