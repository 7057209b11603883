"""The page of a record shows the facts of an answer, and why others are missing."""

from __future__ import annotations

from datetime import datetime
from datetime import timezone as dt_timezone
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from django.utils.formats import date_format

from number_insight.exceptions import Uncertain
from number_insight.insight import Insight, Location, Risk, Swap
from number_insight.sandbox.server import Sandbox
from tests.admin.builders import make_lookup, make_record
from tests.admin.test_record_page import _text
from tests.support.records import an_entry
from tests.support.stage import CLEAN, asking, screened, vonage

pytestmark = pytest.mark.django_db


def test_rules_that_could_not_judge_or_failed_are_named(admin_client: Client) -> None:
    record = make_record(not_evaluable=["roaming"], raised_rules=["virtual"], lane="fault")
    text = _text(admin_client, record)
    assert "Cannot be told here, so neither for nor against: Roaming (it was not asked" in text
    assert "A rule failed itself, so a person has to look: Virtual line." in text


MISSING = {
    "reachable": "no_coverage",
    "sim_swap": "not_authorized",
    "voip": "not_applicable",
    "line_type": "not_found",
    "risk": "failed",
    "device_swap": "not_asked",
}


def test_what_cannot_be_told_here_is_shown_with_the_reason_and_not_as_passed(
    admin_client: Client,
) -> None:
    lookup = make_lookup(insight=Insight(missing=MISSING))
    codes = ["absent", "undeliverable", "sim_swapped", "voip_fixed", "call_forwarded", "roaming"]
    record = make_record(
        lookup=lookup, not_evaluable=[*codes, "gone"], line_type="unknown", reachable="unknown"
    )
    text = _text(admin_client, record)
    for part in (
        "Cannot be told here, so neither for nor against:",
        "Phone is off, Undeliverable (not covered in this country or network)",
        "SIM changed (the account has no approval for it)",
        "Internet line with an address (not for this kind of line or number)",
        "Calls forwarded (no provider here tells it)",
        "Roaming, Gone (it was not asked for, or not kept)",
        "Line type cannot be told here: the provider does not find the number",
        "Reachable cannot be told here: not covered in this country or network",
        "SIM changed cannot be told here: the account has no approval for it",
        "Risk by the vendor cannot be told here: the provider&#x27;s source failed",
    ):
        assert part in text, part
    assert "Phone changed" not in text


def test_facts_that_only_some_vendors_tell_are_shown(admin_client: Client) -> None:
    at = datetime(2026, 11, 20, 9, 30, tzinfo=dt_timezone.utc)
    told = Insight(
        sim_swap=Swap(swapped=True, at=at, period_hours=240),
        device_swap=Swap(swapped=False),
        voip="nonfixed",
        risk=Risk(score=61, blocked=True, blocked_at=at, kind="sms_pumping"),
        reassigned="no",
        call_forwarding=True,
        match={"given_name": "exact", "family_name": "none"},
        location=Location(verified="partial"),
    )
    text = _text(admin_client, make_record(lookup=make_lookup(insight=told)))
    shown = date_format(timezone.localtime(at), "DATETIME_FORMAT")
    for part in (
        f"SIM changed yes, {shown}, asked for the last 240 hours",
        "Phone changed no",
        "Kind of internet line without an address",
        f"Risk by the vendor Sms pumping, 61 of 100, blocked, {shown}",
        "New owner no",
        "Calls forwarded yes",
        "Agrees with what was given Given name: exact, Family name: none",
        "At the place asked about in part",
    ):
        assert part in text, part


def test_a_record_without_an_answer_has_no_row_for_such_facts(admin_client: Client) -> None:
    text = _text(admin_client, make_record(not_evaluable=["sim_swapped"]))
    assert "SIM changed (no provider here tells it)" in text
    assert "Risk by the vendor" not in text


def test_the_note_of_a_waiting_record_is_shown(admin_client: Client) -> None:
    record = make_record(state="waiting", verdict="pending", note="The account is out of credit.")
    assert "The account is out of credit." in _text(admin_client, record)


def test_live_facts_are_shown_where_they_are_kept(admin_client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = {"STORE_LIVE": True}
    text = _text(admin_client, make_record(roaming_status="roaming", roaming_country="FR"))
    assert "Roaming yes, FR" in text
    assert "not kept" not in text


def netherlands(ip: str) -> str:
    """Return the country of every IP, as a project's own callable does."""
    return "NL"


@pytest.mark.parametrize("basis", ["listed", "no_answer", "reused"])
def test_the_ip_country_that_is_found_here_is_shown_where_no_answer_tells_it(
    admin_client: Client, basis: str
) -> None:
    answers = {CLEAN: Uncertain("It broke off.")} if basis == "no_answer" else None
    with asking(answers, IP_COUNTRY=f"{__name__}.netherlands"):
        if basis == "listed":
            an_entry("deny", "number", CLEAN)
        if basis == "reused":
            screened(CLEAN, ip="193.0.6.1")
        record = screened(CLEAN, ip="193.0.6.139")
        assert record.basis == basis
        text = _text(admin_client, record)
    assert "IP address 193.0.6.139 IP country NL" in text
    assert "IP match not in the country of the number" in text


def test_an_unknown_ip_country_says_why(admin_client: Client) -> None:
    public, private = make_record(ip_address="193.0.6.139"), make_record(ip_address=None)
    why = "IP country unknown: no answer tells it, and the settings name no IP_COUNTRY"
    assert why in _text(admin_client, public)
    assert why not in _text(admin_client, private)
    with asking(IP_COUNTRY=f"{__name__}.netherlands"):
        assert "IP country unknown Name given" in _text(admin_client, public)


def test_providers_and_fields_are_called_by_their_own_names(
    admin_client: Client, sandbox: Sandbox
) -> None:
    lookup = make_lookup(insight=Insight(line_type="mobile"))
    given = {"lookup": lookup, "basis": "answer", "line_type": "mobile"}
    record = make_record(**given, field="tests.Customer.phone")
    with override_settings(NUMBER_INSIGHT=vonage(sandbox)):
        text = _text(admin_client, record)
    assert "Provider Vonage Number Insight Level" in text
    assert "Line type mobile (by Vonage Number Insight)" in text
    assert "Field Customer: phone" in text
    gone = make_record(field="tests.Customer.fax")
    assert "Field tests.Customer.fax" in _text(admin_client, gone)


def test_a_second_provider_is_told_from_the_first_by_its_name_in_the_settings(
    admin_client: Client, sandbox: Sandbox
) -> None:
    one = vonage(sandbox)["PROVIDERS"]["default"]
    record = make_record(lookup=make_lookup(provider="spare", state="uncertain"), lane="no_answer")
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": {"default": one, "spare": one}}):
        text = _text(admin_client, record)
    assert "No answer from Vonage Number Insight (spare)" in text
    assert "No answer from spare" in _text(admin_client, record)
