"""The data-out register tells each recipient under the active settings, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from celery import current_app
from django.test import override_settings

from number_insight.insight import Insight
from number_insight.providers.base import Provider
from tests.privacy.stage import SECRET
from tests.support.stage import command

CREDENTIALS: dict[str, tuple[str, dict[str, Any]]] = {
    "vonage": (
        "number_insight.providers.vonage.NumberInsight",
        {"api_key": SECRET, "api_secret": SECRET, "signature_secret": SECRET},
    ),
    "kpn": (
        "number_insight.providers.kpn.NumberInsight",
        {"client_id": SECRET, "client_secret": SECRET},
    ),
    "identity": (
        "number_insight.providers.identity.IdentityInsights",
        {
            "application_id": SECRET,
            "private_key": SECRET,
            "purpose": "FraudPreventionAndDetection",
            "insights": {"sim_swap": {"period": 48}, "subscriber_match": {"given_name": SECRET}},
        },
    ),
    "twilio": (
        "number_insight.providers.twilio.Lookup",
        {"account_sid": SECRET, "auth_token": SECRET, "api_key": SECRET, "api_secret": SECRET},
    ),
    "fake": ("number_insight.providers.fake.Fake", {}),
}
FACTS = {
    "vonage": ("Vonage", "api.nexmo.com", "not bound to one region"),
    "kpn": ("KPN, which asks Vonage", "api-prd.kpn.com", "not stated"),
    "identity": ("Vonage", "api-eu.vonage.com", "European Union"),
    "twilio": ("Twilio", "lookups.twilio.com", "United States (US1)"),
    "fake": ("nobody: the answers are made up here", "localhost", "this machine"),
}
NUMBER, IP = "phone number", "visitor's IP address"


class Stranger(Provider):
    """A provider that has never heard of the register."""

    def lookup(self, question: Any) -> Insight:
        return Insight()


STRANGER = f"{__name__}.{Stranger.__name__}"


def entry(name: str, **options: Any) -> dict[str, Any]:
    backend, given = CREDENTIALS[name]
    return {"BACKEND": backend, "OPTIONS": {**given, **options}}


def told(providers: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return the register under these settings; both forms of it tell no secret."""
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": providers, **settings}):
        table, found = command("dataflow"), command("dataflow", "--json")
    assert SECRET not in table + found
    document: dict[str, Any] = json.loads(found)
    for flow in document["flows"]:
        assert f"| {flow['field']} | {flow['provider']} |" in table
    return document


def flows(document: dict[str, Any], field: str) -> list[dict[str, Any]]:
    return [flow for flow in document["flows"] if flow["field"] == field]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_each_provider_is_told_with_vendor_host_and_region(name: str) -> None:
    (flow,) = flows(told({"default": entry(name)}), NUMBER)
    assert (flow["vendor"], flow["host"], flow["region"]) == FACTS[name]
    assert flow["role"] == "default"
    assert "country" in flow["purpose"]


def test_a_provider_of_a_stranger_is_told_by_its_class() -> None:
    (flow,) = flows(told({"default": {"BACKEND": STRANGER}}), NUMBER)
    assert (flow["vendor"], flow["host"], flow["region"]) == (STRANGER, "not stated", "not stated")


@pytest.mark.parametrize(
    ("name", "settings", "is_sent"),
    [
        ("vonage", {}, True),
        ("vonage", {"LEVEL": "advanced"}, True),
        ("vonage", {"LEVEL": "standard"}, False),
        ("vonage", {"SEND_IP": False}, False),
        ("vonage", {"IP_COUNTRY": "number_insight.ip_country.bundled.country"}, False),
        ("identity", {"SEND_IP": True}, False),
        ("twilio", {"SEND_IP": True}, False),
    ],
)
def test_the_ip_is_told_exactly_where_it_is_sent(
    name: str, settings: dict[str, Any], is_sent: bool
) -> None:
    document = told({"default": entry(name)}, **settings)
    sent = [flow for flow in flows(document, IP) if flow["provider"] == "default"]
    assert bool(sent) is is_sent
    assert ("The visitor's IP address is sent to no provider." in document["notes"]) is not is_sent


def test_the_local_match_is_told_as_a_callable_here() -> None:
    document = told({"default": entry("vonage")}, IP_COUNTRY="tests.support.stage.command")
    (flow,) = flows(document, IP)
    assert (flow["provider"], flow["host"]) == ("IP_COUNTRY", "this machine")
    assert "of your own" in flow["condition"]


def test_caller_name_and_callback_are_told_where_they_are_asked_for() -> None:
    providers = {"default": entry("vonage"), "identity": entry("identity")}
    asked = {"DELIVERY": "async", "CALLBACK_BASE_URL": "https://shop.example.com", "CNAM": True}
    document = told(providers, **asked)
    (name,) = flows(document, "request for the caller name")
    (callback,) = flows(document, "callback address")
    assert name["provider"] == callback["provider"] == "default"
    assert "shop.example.com" in callback["purpose"]
    fields = {flow["field"] for flow in told(providers)["flows"]}
    assert fields.isdisjoint({"callback address", "request for the caller name"})


def test_the_parameters_of_insights_are_told_by_name() -> None:
    document = told({"default": entry("identity")})
    (swap,) = flows(document, "parameters of sim_swap")
    (match,) = flows(document, "parameters of subscriber_match")
    assert swap["condition"] == "period; level advanced"
    assert match["condition"] == "given_name; level advanced"
    assert not flows(told({"default": entry("identity")}, LEVEL="basic"), swap["field"])


def test_the_roles_of_several_providers_are_told() -> None:
    providers = {name: entry(name) for name in ("identity", "twilio", "kpn")}
    document = told(
        {"default": entry("vonage"), **providers},
        SHARES={"identity": 30},
        FALLBACKS=["twilio", "identity"],
        SHADOW={"provider": "twilio", "percent": 5, "budget": {"day": "1.00"}},
    )
    roles = {flow["provider"]: flow["role"] for flow in flows(document, NUMBER)}
    assert roles == {
        "default": "default, 70 %",
        "identity": "share 30 %; fallback 2",
        "twilio": "fallback 1; shadow 5 %",
        "kpn": "by hand only",
    }


@pytest.mark.parametrize("rest", ["", "/0", "#0", "?0"])
def test_a_password_in_an_address_is_never_told(rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"//{SECRET}:{SECRET}{rest}{SECRET}@host.example.com/0"
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis:{address}")
    asked = {"CALLBACK_BASE_URL": f"https:{address}", "DELIVERY": "async"}
    document = told({"default": entry("vonage", base_url=f"https:{address}")}, **asked)
    (key,) = flows(document, "primary key of a record")
    assert key["vendor"] == "your broker (redis)"
    assert key["host"] == ("not stated" if rest else "host.example.com")


def test_without_a_doorbell_no_queue_gets_anything() -> None:
    document = told({"default": entry("vonage")}, DOORBELL=None)
    assert not flows(document, "primary key of a record")


def test_what_cannot_be_loaded_is_named_without_its_options() -> None:
    broken = {"BACKEND": entry("vonage")["BACKEND"], "OPTIONS": {SECRET: SECRET}}
    document = told({"default": entry("vonage"), "broken": broken}, ENABLED=False)
    assert any("'broken' cannot be loaded" in note for note in document["notes"])
    assert any("ENABLED is off" in note for note in document["notes"])
    assert [flow["provider"] for flow in flows(document, NUMBER)] == ["default"]


def test_numbers_of_other_countries_stay_here() -> None:
    (flow,) = flows(told({"default": entry("vonage")}, COUNTRIES=["SE", "DK"]), NUMBER)
    assert flow["condition"] == "numbers of DK, SE"
