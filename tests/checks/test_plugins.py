"""Providers and rules that cannot be loaded, or soon cannot be used, are reported with a reason."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.checks import Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings
from requests import utils

from number_insight import loading
from number_insight.checks.plugins import NOTICE
from number_insight.rules import STANDARD, Rule
from tests.checks.stage import FAKE, LASTING, PROVIDERS, Lasting, found, found_in_production, ids
from tests.support.stage import asking

HINT = "Move to another provider; docs/move.md shows how."


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"PROVIDERS": {"default": {}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": "no.such.Thing"}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": "builtins.dict"}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": FAKE, "OPTIONS": {"wrong": 1}}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": FAKE, "OPTIONS": 7}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": FAKE, "OPTIONS": {"prices": {"gold": 1}}}}}, "E012"),
        ({"RULES": [{"NAME": "no.such.Rule"}]}, "E015"),
        ({"RULES": [{}]}, "E015"),
        ({"RULES": ["number_insight.rules.line.Virtual"]}, "E015"),
        ({"EXTRA_RULES": [{"NAME": "number_insight.rules.line.Virtual"}]}, "E016"),
    ],
)
def test_a_plugin_that_does_not_load_is_reported_and_breaks_no_check(
    given: Any, number: str
) -> None:
    messages = found(given)
    assert ids(messages) == [number]
    assert all(message.hint for message in messages)
    found_in_production(given)


def test_a_currency_that_no_budget_bounds_is_named_with_its_provider() -> None:
    dollars = {"BACKEND": "tests.support.providers.Dollars"}
    given = {"PROVIDERS": {**PROVIDERS, "spare": dollars}, "BUDGET": {"EUR": {"day": "10"}}}
    (message,) = found(given)
    assert message.id == "number_insight.E032"
    assert message.msg == (
        "Provider 'spare' charges USD, which NUMBER_INSIGHT['BUDGET'] does not bound: it names "
        "EUR. So nothing is bought there."
    )
    for bounds in ({"day": "10"}, {"EUR": {"day": "10"}, "USD": None}):
        assert found({**given, "BUDGET": bounds}) == []


def test_a_currency_that_the_budget_of_the_shadow_does_not_bound_is_named() -> None:
    providers = {**PROVIDERS, "spare": {"BACKEND": "tests.support.providers.Dollars"}}
    shadow = {"provider": "spare", "percent": 5, "budget": {"EUR": {"day": "1"}}}
    (message,) = found({"PROVIDERS": providers, "SHADOW": shadow})
    assert message.id == "number_insight.E032"
    assert message.msg == (
        "Provider 'spare' charges USD, which NUMBER_INSIGHT['SHADOW']['budget'] does not bound: it "
        "names EUR. So nothing is bought there."
    )
    for bounds in ({"day": "1"}, {"USD": {"day": "1"}}, None):
        assert found({"PROVIDERS": providers, "SHADOW": {**shadow, "budget": bounds}}) == []


@pytest.mark.parametrize("name", ["", "a\0b", "line\nbreak", "x" * 51, 5, None])
def test_a_name_that_no_lookup_could_store_is_reported_once(name: Any) -> None:
    given = {"PROVIDERS": {**PROVIDERS, "spare": {"BACKEND": FAKE}, name: {"BACKEND": FAKE}}}
    (message,) = found(given)
    assert message.id == "number_insight.E009"
    assert message.msg == f"NUMBER_INSIGHT['PROVIDERS'] names a provider {name!r}."
    assert message.hint
    found_in_production(given)


@pytest.mark.parametrize("name", ["it's", "vonage (new)", "Größe/2", "x" * 50])
def test_a_name_with_odd_characters_is_a_name(name: str) -> None:
    assert found({"PROVIDERS": {**PROVIDERS, name: {"BACKEND": FAKE}}}) == []


def test_a_build_without_secrets_can_migrate() -> None:
    given = {"PROVIDERS": {"default": {"BACKEND": LASTING}}}
    assert found(given) == []
    assert ids(found_in_production(given)).count("E010") == 2


@pytest.mark.parametrize("days", [-1000, -1, 0])
def test_a_provider_that_was_switched_off_is_warned_of_once_and_stops_nothing(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date.today() + timedelta(days=days)
    monkeypatch.setattr(Lasting, "retires_on", day)
    message = f"Provider 'default' was switched off by its vendor on {day}."
    expected = Warning(message, hint=HINT, id="number_insight.W002")
    assert found({"PROVIDERS": PROVIDERS}) == [expected]
    assert "W002" not in ids(found_in_production({"PROVIDERS": PROVIDERS}))
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": PROVIDERS}):
        call_command("check", fail_level="ERROR", stderr=StringIO())


@pytest.mark.parametrize("days", [1, 180])
def test_half_a_year_before_its_end_production_is_warned_of_a_provider(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date.today() + timedelta(days=days)
    monkeypatch.setattr(Lasting, "retires_on", day)
    message = f"Provider 'default' is switched off by its vendor on {day}."
    expected = Warning(message, hint=HINT, id="number_insight.W002")
    assert found_in_production({"PROVIDERS": PROVIDERS}).count(expected) == 1
    assert found({"PROVIDERS": PROVIDERS}) == []


@pytest.mark.parametrize("days", [181, 5000])
def test_no_provider_is_warned_of_half_a_year_before_its_end(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lasting, "retires_on", date.today() + timedelta(days=days))
    messages = [*found({"PROVIDERS": PROVIDERS}), *found_in_production({"PROVIDERS": PROVIDERS})]
    assert "W002" not in ids(messages)
    assert timedelta(days=180) == NOTICE


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["migrate", "number_insight_sweep"])
def test_a_provider_that_was_switched_off_stops_no_command(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lasting, "retires_on", date.today() - timedelta(days=1))
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": PROVIDERS}):
        call_command(command, skip_checks=False, stdout=StringIO(), stderr=StringIO(), verbosity=0)


def test_no_message_shows_a_secret() -> None:
    options = {
        "api_key": "key",
        "api_secret": "canary",
        "base_url": "ftp://u:canary@x",
        "timeout": -1,
    }
    given = {"PROVIDERS": {"default": {"BACKEND": LASTING, "OPTIONS": options}}}
    messages = [*found(given), *found_in_production(given)]
    assert messages and "canary" not in repr(messages)


def test_a_bundle_of_certificates_that_cannot_be_read_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(utils, "DEFAULT_CA_BUNDLE_PATH", "/nowhere/cacert.pem")
    (message,) = found({})
    assert message.id == "number_insight.E028"
    assert "/nowhere/cacert.pem cannot be read" in message.msg


HERE = "tests.checks.test_plugins"
BURST = "number_insight.rules.source.CarrierBurst"
REUSED = "number_insight.rules.history.NumberReused"


class Nameless(Rule):
    """Its author forgot the code."""


class Curious(Rule):
    """A rule that reads a field that does not exist."""

    code = "curious"
    reads = ("shoe_size",)


class Wordy(Rule):
    code = "w" * 51


class Twin(Rule):
    code = "virtual"


class Lettered(Rule):
    """A rule with a text where a tuple belongs, which would never be asked."""

    code = "lettered"
    needs = "line_type"


class Generous(Rule):
    code = "generous"
    excuses = "premium"


class Bursting(Rule):
    code = "bursting"

    def __init__(self) -> None:
        raise ZeroDivisionError("a secret")


class Weightless(Rule):
    code = "weightless"
    weight = None


@pytest.mark.parametrize(
    ("entry", "shadow"),
    [
        ({"NAME": REUSED}, False),
        ({"NAME": REUSED, "shadow": True}, True),
        ({"NAME": REUSED, "shadow": False}, False),
        ({"NAME": BURST}, True),
        ({"NAME": BURST, "shadow": False}, False),
    ],
)
def test_an_entry_says_whether_its_rule_is_in_shadow(entry: dict[str, Any], shadow: bool) -> None:
    assert loading.make_rule(entry).shadow is shadow


def test_one_entry_in_shadow_leaves_the_class_as_it_is() -> None:
    loading.make_rule({"NAME": REUSED, "shadow": True})
    assert loading.make_rule({"NAME": REUSED}).shadow is False


BAD = [
    ({"NAME": REUSED, "shadow": "yes"}, "'shadow' is True or False, not 'yes'"),
    ({"NAME": REUSED, "shadow": 1}, "'shadow' is True or False, not 1"),
    ({"NAME": REUSED, "Shadow": True}, "is written with 'Shadow'"),
    ({"NAME": REUSED, "WEIGHT": 5}, "known are NAME, OPTIONS, shadow"),
    ({"NAME": REUSED, "OPTIONS": {"weigth": 5}}, "OPTIONS of number_insight.rules.history"),
    ({"NAME": REUSED, "OPTIONS": {"thresholds": {}}}, "thresholds"),
    ({"NAME": REUSED, "OPTIONS": {"thresholds": {"many": 1}}}, "many"),
    ({"NAME": REUSED, "OPTIONS": ["weight"]}, "OPTIONS"),
    ({"NAME": f"{HERE}.Nameless"}, "needs a code"),
    ({"NAME": f"{HERE}.Wordy"}, "at most 50 characters"),
    ({"NAME": f"{HERE}.Curious"}, "reads 'shoe_size'"),
    ({"NAME": f"{HERE}.Absent"}, "Absent"),
    ({"NAME": f"{HERE}.Lettered"}, "needs is a tuple of names"),
    ({"NAME": f"{HERE}.Generous"}, "excuses is a set of codes"),
    ({"NAME": f"{HERE}.Weightless"}, "weight is a whole number, not None"),
    ({"NAME": f"{HERE}.Bursting"}, "raised ZeroDivisionError when it was made"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("entry", "told"), BAD)
def test_a_rule_that_is_written_wrong_is_reported_with_the_reason(
    entry: dict[str, Any], told: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=told):
        loading.make_rule(entry)
    with asking(EXTRA_RULES=[entry]), pytest.raises(SystemCheckError) as caught:
        call_command("check")
    assert told in str(caught.value)
    assert "number_insight.E015" in str(caught.value)


def test_two_rules_with_one_code_are_reported() -> None:
    entry = {"NAME": f"{HERE}.Twin"}
    with asking(EXTRA_RULES=[entry]), pytest.raises(SystemCheckError) as caught:
        call_command("check")
    assert "number_insight.E016" in str(caught.value)
    assert "'virtual'" in str(caught.value)


def test_the_standard_rules_can_all_be_made_and_pass_the_checks() -> None:
    assert len(loading.make_rules(STANDARD, {})) == len(STANDARD)
    with asking(RULES=STANDARD):
        call_command("check")
