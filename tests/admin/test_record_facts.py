"""The page of a record shows the facts of an answer, and why others are missing."""

from __future__ import annotations

from datetime import datetime
from datetime import timezone as dt_timezone
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from number_insight.insight import Insight, Location, Risk, Swap
from tests.admin.builders import make_lookup, make_record
from tests.admin.test_record_page import _text

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
