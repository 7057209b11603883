"""Three years of the same answer, in JSON and in XML, read by the provider's own reader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from number_insight.insight import Insight, IPMatch
from number_insight.providers.personas import PERSONAS, Persona, answer
from number_insight.providers.wire import read_answer
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, ask, call

IP = "81.2.69.142"
ANSWERED = [persona for persona in PERSONAS if persona.is_answered]


def read(sandbox: Sandbox, number: str, form: str) -> Insight:
    response = call(sandbox, f"advanced/{form}", data={"number": number, "ip": IP, "cnam": "true"})
    return read_answer(response.content, format=form)


@pytest.mark.parametrize("persona", ANSWERED, ids=lambda persona: persona.name)
@pytest.mark.parametrize("dialect", ["2017", "2018", "2021"])
def test_every_dialect_and_format_tells_the_same(dialect: str, persona: Persona) -> None:
    with Sandbox(dialect=dialect) as sandbox:
        for number in (persona.number, "+120155501" + persona.ending):
            for form in ("json", "xml"):
                told = read(sandbox, number, form)
                expected = answer(number, "advanced", ip=IP, cnam=True, persona=persona)
                if dialect == "2021":  # the IP match was given up
                    expected = replace(expected, ip=IPMatch())
                if form == "xml":  # the refund is in the JSON only
                    expected = replace(expected, refund=None)
                assert told == replace(expected, request_id=told.request_id, balance=told.balance)


def test_2017_is_flat_and_full_of_words(sandbox: Sandbox) -> None:
    sandbox.behave("+46701740620", dialect="2017")
    body = ask(sandbox, "+46701740620", ip=IP)
    assert (body["ip"], body["ip_match_level"], body["ip_country"]) == (IP, "Mismatch", "FR")
    assert body["lookup_outcome"] == "0"
    assert body["roaming"]["roaming_network_code"] == 20899


def test_2018_is_nested(sandbox: Sandbox) -> None:
    body = ask(sandbox, "+46701740620", ip=IP)
    assert body["ip"] == {
        "address": IP,
        "ip_match_level": "mismatch",
        "ip_country": "FR",
        "ip_city": "",
    }
    assert body["lookup_outcome"] == 0
    assert ask(sandbox, "+46701740670")["roaming"] == {"status": "unknown"}


def test_2021_has_nulls_a_bare_roaming_and_no_ip(sandbox: Sandbox) -> None:
    sandbox.behave("+46701740676", dialect="2021")
    body: dict[str, Any] = ask(sandbox, "+46701740676", ip=IP)
    assert body["current_carrier"] is None
    assert body["roaming"] == "unknown"
    assert not {"ip", "ip_warnings"} & set(body)


def test_the_first_name_is_misspelt_in_xml_as_documented(sandbox: Sandbox) -> None:
    def xml(dialect: str) -> str:
        sandbox.behave("+12015550105", dialect=dialect)
        return call(
            sandbox, "standard/xml", method="GET", params={"number": "+12015550105", "cnam": "true"}
        ).text

    assert "<firs_name>Robin</firs_name>" in xml("2018")
    assert "<first_name>Robin</first_name>" in xml("2017")
    assert 'cnam caller-type="consumer"' in xml("2018")
    assert 'caller_identity caller-type="consumer"' in xml("2021")


def test_prices_are_strings_with_eight_decimals(sandbox: Sandbox) -> None:
    body = ask(sandbox)
    assert (body["request_price"], body["remaining_balance"]) == ("0.03000000", "9.97000000")


@pytest.mark.parametrize(("ending", "key"), [("73", "current_carrier"), ("75", "ported")])
def test_a_quirk_is_there_in_any_dialect(sandbox: Sandbox, ending: str, key: str) -> None:
    assert ask(sandbox, "+467017406" + ending)[key] is None


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match="2018"):
        Sandbox(dialect="2019")


def test_the_names_are_swapped_in_the_flat_copy_alone(sandbox: Sandbox) -> None:
    body = ask(sandbox, "+12015550178", cnam="true")
    assert (body["first_name"], body["caller_identity"]["first_name"]) == ("Example", "Robin")
    assert ask(sandbox, CLEAN)["status"] == 0
