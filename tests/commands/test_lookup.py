"""`number_insight_lookup` asks afresh, books the cost, and reports an error in one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import override_settings

from number_insight import clock, exceptions
from number_insight.lookups.switches import turn_lookups
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from tests.support.providers import Retiring
from tests.support.stage import (
    CLEAN,
    FAKE,
    PRICE,
    VIRTUAL,
    VONAGE,
    asking,
    command,
    money,
    screened,
)

pytestmark = pytest.mark.django_db


def look_up(*arguments: str) -> str:
    return command("lookup", *arguments)


def test_it_prints_a_table() -> None:
    with asking():
        lines = look_up(VIRTUAL).splitlines()
    table = {line.split("  ")[0]: line.split("  ")[-1].strip() for line in lines}
    assert table["number"] == VIRTUAL
    assert table["line type"] == "virtual"
    assert table["flag"].startswith("+30 virtual: ")
    assert (table["score"], table["verdict"]) == ("30", "review")


def test_it_prints_json_with_the_documented_insight() -> None:
    with asking():
        document = json.loads(look_up("+46 70-174 06 11", "--json"))
    insight = document["insight"]
    assert set(document) >= {"number", "insight", "flags", "score", "verdict", "not_evaluable"}
    assert (document["verdict"], document["score"], document["record"]) == ("review", 30, None)
    assert [flag["code"] for flag in document["flags"]] == ["virtual"]
    assert (insight["number"], insight["country"], insight["price"]) == (VIRTUAL, "SE", PRICE)
    assert set(insight["roaming"]) == {"status", "country", "network_code", "network_name"}


def test_it_asks_afresh_books_the_cost_and_leaves_no_record() -> None:
    with asking(BUDGET={"day": "0"}):
        look_up(CLEAN)
        look_up(CLEAN)
    assert (len(Fake.asked), money()) == (2, ("0.06", "0"))
    assert not NumberInsightRecord.objects.exists() and not Lookup.objects.exists()


def test_a_free_level_costs_nothing() -> None:
    with asking():
        look_up(CLEAN, "--level", "basic")
    assert (Fake.asked[0].level, money()) == ("basic", ("0", "0"))


def test_with_record_it_is_kept_like_any_other_and_reused() -> None:
    with asking():
        document = json.loads(look_up(VIRTUAL, "--json", "--record"))
        record = NumberInsightRecord.objects.get(pk=document["record"])
        assert screened(VIRTUAL).basis == "reused"
    assert (record.source, record.state, record.verdict) == ("api", "screened", "review")
    assert (record.lookup.state, str(record.cost.normalize())) == ("answered", PRICE)
    assert (len(Fake.asked), money()) == (1, (PRICE, "0"))


def test_it_takes_a_country_an_ip_and_a_caller_name() -> None:
    with asking():
        look_up("070-174 06 05", "--country", "se", "--ip", "8.8.8.8", "--cnam")
    (question,) = Fake.asked
    assert (question.number, question.ip, question.cnam) == (CLEAN, "8.8.8.8", True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["12"], "Enter a valid phone number with its country code"),
        (["nonsense"], "Enter the phone number with the digits 0 to 9."),
        ([CLEAN, "--country", "XX"], "There is no country 'XX'; write its two letters: GB."),
        ([CLEAN, "--ip", "10.0.0.1"], "'10.0.0.1' is not a public IP address."),
        ([CLEAN, "--ip", "x"], "'x' is not a public IP address."),
        ([CLEAN, "--provider", "other"], "PROVIDERS names no provider 'other'. "),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(arguments: list[str], sentence: str) -> None:
    with asking(), pytest.raises(CommandError, match=sentence):
        look_up(*arguments)
    assert (Fake.asked, money()) == ([], ("0", "0"))


def test_the_highest_level_of_the_provider_is_asked_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Fake, "levels", ("basic", "standard"))
    with asking():
        look_up(CLEAN)
        with pytest.raises(CommandError, match="no level 'advanced'; it has: basic, standard."):
            look_up(CLEAN, "--level", "advanced")
    assert [question.level for question in Fake.asked] == ["standard"]


@pytest.mark.parametrize("error", [exceptions.NoCredit("Out of credit."), exceptions.Busy("Busy.")])
def test_what_the_provider_refuses_is_its_sentence_and_costs_nothing(error: Exception) -> None:
    with asking({CLEAN: error}), pytest.raises(CommandError, match=str(error)):
        look_up(CLEAN)
    assert money() == ("0", "0")


def test_an_uncertain_call_counts_as_paid() -> None:
    with asking({CLEAN: exceptions.Uncertain("Silence.")}), pytest.raises(CommandError):
        look_up(CLEAN)
    assert money() == (PRICE, "0")


@pytest.mark.parametrize("by", ["settings", "admin"])
def test_the_kill_switch_holds_here_too(by: str) -> None:
    if by == "admin":
        turn_lookups(False)
    with asking(ENABLED=by != "settings"), pytest.raises(CommandError, match="switched off"):
        look_up(CLEAN)
    assert Fake.asked == []


def test_a_provider_that_was_switched_off_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    day = clock.today()
    monkeypatch.setattr(Retiring, "retires_on", day)
    sentence = (
        f"Nothing was asked. The provider was switched off by its vendor (default, {day}). "
        "Name another one of PROVIDERS."
    )
    providers = {
        "default": {"BACKEND": "tests.support.providers.Retiring"},
        "next": {"BACKEND": FAKE},
    }
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": providers}):
        with pytest.raises(CommandError) as caught:
            look_up(CLEAN)
        assert (str(caught.value), caught.value.returncode) == (sentence, 1)
        assert (Fake.asked, money()) == ([], ("0", "0"))
        assert "verdict" in look_up(CLEAN, "--provider", "next")
        monkeypatch.setattr(Retiring, "retires_on", day + timedelta(days=1))
        assert "verdict" in look_up(CLEAN)


def test_from_the_shell_there_is_a_status_and_no_traceback(
    subprocess_environment: dict[str, str],
) -> None:
    def run(*arguments: str) -> Any:
        command = [sys.executable, "-m", "django", "number_insight_lookup", *arguments]
        return subprocess.run(
            command, env=subprocess_environment, capture_output=True, text=True, timeout=60
        )

    good, bad = run(CLEAN), run("nonsense")
    assert (good.returncode, "verdict" in good.stdout) == (0, True)
    assert (bad.returncode, bad.stderr) == (
        1,
        "CommandError: Enter the phone number with the digits 0 to 9.\n",
    )


def test_a_provider_without_credentials_says_so() -> None:
    given = {"PROVIDERS": {"default": {"BACKEND": VONAGE}}}
    missing = pytest.raises(CommandError, match=r"missing in OPTIONS \(api_key and api_secret\)")
    with override_settings(NUMBER_INSIGHT=given), missing:
        look_up(CLEAN)
