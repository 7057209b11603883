"""Which names are the same person's, and which cannot be compared at all."""

from __future__ import annotations

import pytest

from number_insight.insight import Caller, Insight
from number_insight.rules.caller import CallerBusiness, CallerName
from tests.support.rules import ask, judged

SAME = [
    *(("Ada Lovelace", "ada lovelace"), ("LOVELACE, ADA", "Ada Lovelace")),
    *(("LOVELACE ADA K", "Ada Lovelace"), ("A. Lovelace", "Ada Lovelace")),
    *(("Ada Lovelace", "A Lovelace"), ("Ada King Lovelace", "Ada Lovelace")),
    *(("Ada Lovelace", "Ada"), ("LOVELACE AUGUST", "Augusta Lovelace")),
    *(("Jose Muñoz", "José Munoz"), ("SOREN KIERKEGAARD", "Søren Kierkegaard")),
    *(("Sean O'Brien", "SEAN OBRIEN"), ("Jean-Luc Godard", "GODARD JEAN LUC")),
    ("Łukasz Nowak", "Lukasz Nowak"),
]
OTHER = [
    ("Ada Lovelace", "Charles Babbage"),
    ("Ada Lovelace", "Ada Babbage"),
    ("BABBAGE C", "Ada Lovelace"),
    ("Ada Lovelace", "Bob"),
]
NOT_COMPARABLE = [
    *(("WIRELESS CALLER", "Ada Lovelace"), ("UNKNOWN", "Ada Lovelace"), ("Unavailable", "Ada")),
    *(("Ada Lovelace", "Ада Лавлейс"), ("Ada Lovelace", "埃达"), ("Ada Lovelace", "123")),
    *(("", "Ada"), ("Ada", ""), (None, "Ada"), ("Ada", None)),
]


def asked(registered, given, **known):
    insight = Insight(caller=Caller(name=registered, **known))
    return [flag.code for flag in ask(CallerName(), insight, name=given)]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_person_is_known_by_many_spellings(one, other):
    assert asked(one, other) == asked(other, one) == []


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_person_is_told_apart(one, other):
    assert asked(one, other) == asked(other, one) == ["caller_name"]


@pytest.mark.parametrize(("registered", "given"), NOT_COMPARABLE)
def test_what_cannot_be_compared_does_not_differ(registered, given):
    assert asked(registered, given) == []


def test_first_and_last_name_serve_where_the_whole_is_missing():
    assert asked(None, "Ada Lovelace", first_name="Ada", last_name="Lovelace") == []
    assert asked(None, "Ada Lovelace", first_name="Bob", last_name=None) == ["caller_name"]


def test_a_business_has_no_persons_name_and_is_information():
    insight = Insight(caller=Caller(name="Initech LLC", type="business"))
    judgement = judged(insight, name="Ada Lovelace")
    assert [(flag.code, flag.weight) for flag in judgement.flags] == [("caller_business", 0)]
    assert judgement.score == 0
    assert ask(CallerBusiness(), Insight(caller=Caller(type="consumer"))) == []


def test_another_name_is_shown_without_either_name_and_changes_nothing():
    judgement = judged(Insight(caller=Caller(name="Bob Babbage")), name="Ada Lovelace")
    [flag] = judgement.flags
    assert (flag.code, flag.weight, flag.shadow, flag.params) == ("caller_name", 5, True, {})
    assert (judgement.score, judgement.verdict) == (0, "allow")


def test_without_a_caller_nothing_is_asked():
    assert ask(CallerName(), Insight(), name="Ada") == []
