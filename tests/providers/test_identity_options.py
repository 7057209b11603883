"""The options of Identity Insights: prices, signals, the key, and what is reported of each."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from number_insight.providers.base import Question
from number_insight.providers.identity import BASE_URL, IdentityInsights
from tests.providers.identity_requests import OPTIONS, asked, document
from tests.support import keys


@pytest.mark.parametrize(
    ("level", "options", "price"),
    [
        ("basic", {}, "0"),
        ("standard", {}, "0.01"),
        ("advanced", {}, "0.01"),
        ("advanced", {"purpose": "Any"}, "0.06"),
        ("advanced", {"insights": {"number_recycling": {}}}, "0.06"),
        ("standard", {"prices": {"format": "0.1", "current_carrier": "0.2"}}, "0.305"),
        ("standard", {"prices": {"format": "cheap"}}, "0.06"),
    ],
)
def test_a_price_is_the_sum_of_its_insights(
    level: str, options: dict[str, Any], price: str
) -> None:
    provider = IdentityInsights(**OPTIONS, **options)
    assert provider.price(Question(number="+447700900123", level=level)) == Decimal(price)


def test_the_signals_depend_on_the_options() -> None:
    standard = {"country", "line_type", "carrier", "ported"}
    plain = IdentityInsights(**OPTIONS).signals
    assert plain["basic"] == {"country"}
    assert plain["standard"] == standard
    assert plain["advanced"] == standard | {"valid_number"}
    everything = {
        "sim_swap": {},
        "device_swap": {},
        "roaming": {},
        "reachability": {},
        "subscriber_match": {"given_name": "Ada"},
        "location_verification": {},
        "number_recycling": {},
    }
    told = IdentityInsights(**OPTIONS, insights=everything).signals["advanced"]
    assert told - plain["advanced"] == {
        "sim_swap",
        "device_swap",
        "roaming",
        "reachable",
        "match",
        "location",
    }
    assert "sim_swap" in IdentityInsights(**OPTIONS, purpose="Any").signals["advanced"]


def test_the_currency_is_an_option() -> None:
    assert IdentityInsights().currency == "EUR"
    assert IdentityInsights(currency="USD").currency == "USD"
    assert IdentityInsights().base_url == BASE_URL == "https://api-eu.vonage.com"


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({}, []),
        ({"application_id": ""}, ["E010"]),
        ({"private_key": None}, ["E010"]),
        ({"base_url": "http://api-eu.vonage.com"}, ["E011"]),
        ({"base_url": None}, ["E011"]),
        ({"base_url": "http://127.0.0.1:8017"}, []),
        ({"prices": {"advanced": "1"}}, ["E012"]),
        ({"prices": {"sim_swap": "cheap"}}, ["E012"]),
        ({"prices": {"number_recycling": "1"}}, ["E012"]),
        ({"prices": {"number_recycling": "1"}, "insights": {"number_recycling": {}}}, ["W025"]),
        ({"currency": "Euro"}, ["E013"]),
        ({"currency": None}, ["E013"]),
        ({"timeout": 0}, ["E013"]),
        ({"purpose": 7}, ["E013"]),
        ({"insights": ["sim_swap"]}, ["E013"]),
        ({"insights": {"sim_swap": 240}, "purpose": "Any"}, ["E013"]),
        ({"insights": {"sim_swap": {"period": 2401}}, "purpose": "Any"}, ["E013"]),
        ({"insights": {"sim_swap": {"period": "10"}}, "purpose": "Any"}, ["E013"]),
        ({"insights": {"location_verification": {"at": object()}}, "purpose": "Any"}, ["E013"]),
        ({"insights": {"sim_swop": {}}}, ["W025"]),
        ({"insights": {"sim_swap": {}}}, ["W025"]),
        ({"insights": {"sim_swap": {}}, "purpose": "Any"}, []),
    ],
)
def test_a_mistake_is_found(options: dict[str, Any], ids: list[str]) -> None:
    faults = [*IdentityInsights(**{**OPTIONS, **options}).check()]
    assert [fault.id for fault in faults] == ids
    assert all(fault.deploy == (fault.id == "E010") for fault in faults)


def test_an_insight_with_a_slip_in_its_name_is_named_with_the_right_one() -> None:
    (fault,) = IdentityInsights(**OPTIONS, insights={"sim_swop": {}}).check()
    assert "'sim_swop'" in fault.message
    assert "Did you mean 'sim_swap'?" in fault.hint


def test_what_cannot_be_sent_is_left_out() -> None:
    for wrong in (["sim_swap"], {"sim_swap": object()}, {"sim_swap": {"period": float("nan")}}):
        insights = document(asked(insights=wrong))["insights"]
        assert insights.get("sim_swap", {}) == {}


def _pem(key: Any) -> str:
    form = serialization.PrivateFormat.PKCS8
    return str(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()), "ascii"
    )


GOOD = keys.private_key()


BAD_KEYS = {
    "of nothing": ("no-such-file.key", "neither a key in PEM nor the path"),
    "too long for a name": (
        GOOD.splitlines()[1].replace("/", "A") * 20,
        "no key in PEM, and no file",
    ),
    "with a null": ("a\0b", "no key in PEM, and no file"),
    "of a folder": ("/", "no key in PEM, and no file"),
    "a file of something else": ("pyproject.toml", "a file without a key"),
    "public": (keys.public_key(), "a public key"),
    "under a passphrase": (keys.encrypted_key(), "a passphrase"),
    "a certificate": ("-----BEGIN CERTIFICATE-----\nMII\n", "a certificate"),
    "of OpenSSH": ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3\n", "the form of OpenSSH"),
    "cut in half": (GOOD[: len(GOOD) // 2], "is damaged"),
    "without its end": (GOOD.replace("-----END PRIVATE KEY-----", ""), "is damaged"),
    "elliptic": (_pem(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
    "short": (_pem(rsa.generate_private_key(65537, 1024)), "fewer than 2048 bits"),
}


@pytest.mark.parametrize(("key", "words"), BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_a_bad_key_is_told_without_showing_it(key: str, words: str) -> None:
    (fault,) = IdentityInsights(**{**OPTIONS, "private_key": key}).check()
    assert fault.id == "E013"
    assert words in fault.message
    assert fault.message.endswith(".")
    shown = f"{fault}"
    assert not [line for line in key.splitlines() if len(line) > 3 and line in shown]


def test_a_file_that_is_not_there_can_wait_for_the_deployment() -> None:
    absent = IdentityInsights(**{**OPTIONS, "private_key": "/run/secrets/private.key"})
    public = IdentityInsights(**{**OPTIONS, "private_key": keys.public_key()})
    assert [fault.deploy for fault in absent.check()] == [True]
    assert [fault.deploy for fault in public.check()] == [False]


WITHOUT_PYJWT = """
import sys
sys.modules["jwt"] = None
from number_insight.exceptions import BadCredentials
from number_insight.providers.base import Question
from number_insight.providers.identity import IdentityInsights
from number_insight.sandbox.server import Sandbox

provider = IdentityInsights(application_id="a", private_key="-----BEGIN PRIVATE KEY-----")
print(*(f"{fault.id} {fault.message} {fault.hint}" for fault in provider.check()))
try:
    provider.lookup(Question(number="+46701740605", level="basic"))
except BadCredentials as error:
    print(error)
try:
    Sandbox(public_key="-----BEGIN PUBLIC KEY-----")
except ValueError as error:
    print(error)
"""


def test_without_the_library_one_sentence_says_what_to_install() -> None:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYJWT],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    check, lookup, sandbox = done.stdout.splitlines()
    assert check == (
        "E013 PyJWT with cryptography is missing, which signs the requests. "
        "Run: pip install 'django-number-insight[identity]'."
    )
    assert lookup == (
        "Nothing was asked, since something in OPTIONS cannot be used "
        "(PyJWT with cryptography is missing, which signs the requests)."
    )
    assert "pip install django-number-insight[identity]" in sandbox
