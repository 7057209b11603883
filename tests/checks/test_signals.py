"""Rules that no configured provider can serve are named once, as information."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.core.checks import INFO

from number_insight.providers.vonage import NumberInsight
from number_insight.rules import Rule
from tests.checks.stage import PROVIDERS, found, found_in_production, ids, informed

HERE = "tests.checks.test_signals"
FULL = {"default": PROVIDERS["default"], "sim": {"BACKEND": f"{HERE}.Mobile"}}
SIM = {"NAME": "number_insight.rules.sim.SimSwapped"}


class Mobile(NumberInsight):
    """A provider that tells of the SIM alone, if its option says so."""

    retires_on = None

    def __init__(self, *, tells_sim: bool = True) -> None:
        super().__init__(api_key="k", api_secret="s")
        self.signals = {"advanced": frozenset({"sim_swap"} if tells_sim else ())}


class Greedy(Rule):
    """A rule of the project's own that takes several signals."""

    code = "greedy"
    needs = ("sim_swap", "risk", "roaming")


def named(given: Any) -> str:
    (message,) = informed(given)
    assert (message.id, message.level) == ("number_insight.I001", INFO)
    return str(message.msg)


def test_the_rules_that_nobody_can_serve_are_named_in_one_message() -> None:
    told = named({})
    assert "sim_swapped (sim_swap)" in told
    assert "sms_pumping_score (risk)" in told
    assert "roaming" not in told and "virtual" not in told
    assert found({}) == []


def test_a_rule_is_named_with_the_signals_that_nobody_tells() -> None:
    assert "greedy (risk, sim_swap)" in named({"EXTRA_RULES": [{"NAME": f"{HERE}.Greedy"}]})


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"RULES": [SIM]}, ["I001"]),
        ({"RULES": [SIM], "PROVIDERS": FULL}, []),
        ({"RULES": [], "EXTRA_RULES": []}, []),
        ({"RULES": [{"NAME": "number_insight.rules.validity.Absent"}]}, []),
        ({"RULES": [{"NAME": "number_insight.rules.place.IPMismatch"}]}, []),
        ({"RULES": [SIM], "PROVIDERS": {}}, []),
        ({"RULES": [SIM, {"NAME": "shop.rules.Gone"}]}, []),
    ],
)
def test_a_rule_is_served_if_any_provider_can(given: Any, messages: list[str]) -> None:
    assert ids(informed(given)) == messages


def test_the_options_of_a_provider_decide_what_it_tells() -> None:
    silent = {"BACKEND": f"{HERE}.Mobile", "OPTIONS": {"tells_sim": False}}
    given = {"PROVIDERS": {"default": silent}, "RULES": [SIM]}
    assert ids(informed(given)) == ["I001"]


@pytest.mark.parametrize("find", [None, "tests.checks.stage.ip_country"])
def test_the_ip_may_be_compared_here(find: str | None) -> None:
    rule = {"NAME": "number_insight.rules.place.IPMismatch"}
    given = {"RULES": [rule], "IP_COUNTRY": find, "PROVIDERS": {"default": FULL["sim"]}}
    assert ids(informed(given)) == ([] if find else ["I001"])


def test_it_is_not_said_again_before_a_deployment() -> None:
    assert "I001" not in ids(found_in_production({"PROVIDERS": PROVIDERS}))


@pytest.mark.parametrize(
    ("typed", "is_said"),
    [
        (["/srv/shop/manage.py", "check"], True),
        (["manage.py", "check", "--deploy"], True),
        (["manage.py", "number_insight_sweep"], False),
        (["manage.py", "migrate"], False),
        (["manage.py"], False),
        (["/usr/bin/django-admin", "runserver"], False),
        (["/usr/lib/python3/django/__main__.py", "check"], True),
        (["/usr/lib/python3/django/__main__.py", "migrate"], False),
        (["/usr/lib/python3/pytest/__main__.py", "-q"], True),
        (["celery", "worker"], True),
        ([], True),
    ],
)
def test_no_other_command_says_it(
    typed: list[str], is_said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", typed)
    assert ids(informed({})) == (["I001"] if is_said else [])
