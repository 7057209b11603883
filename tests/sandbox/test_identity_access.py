"""Identity Insights takes bearer tokens alone, and names what is wrong with a request."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from number_insight.sandbox.identity import PATH
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN
from tests.sandbox.identity import CARRIERS, post
from tests.support import certificates, keys

NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"application_id": None},
        {"application_id": ""},
        {"jti": None},
        {"iat": None},
        {"exp": None},
        {"exp": NOW - 1},
        {"iat": NOW + 3600, "exp": NOW + 4000},
        {"exp": NOW + 10**6},
        {"iat": "now"},
        {"algorithm": "HS256"},
    ],
)
def test_the_claims_are_always_checked(service: Sandbox, claims: dict[str, Any]) -> None:
    response = post(service, token=keys.token(**claims))
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"].endswith("#unauthorized")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", "W10.W10.W10"])
def test_what_is_no_token_is_refused(service: Sandbox, token: str) -> None:
    assert post(service, token=token).status_code == 401


def test_key_and_secret_open_nothing(service: Sandbox) -> None:
    body = {"phone_number": CLEAN[1:], "insights": CARRIERS}
    response = requests.post(service.url + PATH, json=body, auth=("key", "secret"), timeout=5)
    assert response.status_code == 401


@pytest.mark.parametrize("by_path", [False, True])
def test_the_signature_is_checked_if_there_is_a_public_key(tmp_path: Path, by_path: bool) -> None:
    path = tmp_path / "public.pem"
    path.write_text(keys.public_key(), encoding="utf-8")
    with Sandbox(public_key=path if by_path else keys.public_key()) as sandbox:
        assert post(sandbox).status_code == 200
        assert post(sandbox, token=keys.token("theirs")).status_code == 401
        assert post(sandbox, token=keys.token("ours")[:-8] + "AAAAAAAA").status_code == 401


@pytest.mark.parametrize("key", ["-----BEGIN PUBLIC KEY-----\nx", keys.token()])
def test_a_public_key_that_is_none_is_told_at_once(key: str) -> None:
    with pytest.raises((ValueError, OSError)):
        Sandbox(public_key=key)


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"insights": CARRIERS}, ["phone_number"]),
        ({"phone_number": None, "insights": CARRIERS}, ["phone_number"]),
        ({"phone_number": 46701740605, "insights": CARRIERS}, ["phone_number"]),
        ({"phone_number": "0046701740605", "insights": CARRIERS}, ["phone_number"]),
        ({"phone_number": CLEAN}, ["insights"]),
        ({"phone_number": CLEAN, "insights": {}}, ["insights"]),
        ({"phone_number": CLEAN, "insights": {"format": None}}, ["insights.format"]),
        ({"phone_number": CLEAN, "purpose": 1, "insights": CARRIERS}, ["purpose"]),
        (
            {"phone_number": CLEAN, "insights": {"sim_swap": {"period": 2401}}},
            ["insights.sim_swap.period"],
        ),
        (
            {"phone_number": CLEAN, "insights": {"subscriber_match": {}}},
            ["insights.subscriber_match.given_name"],
        ),
        (
            {
                "phone_number": CLEAN,
                "insights": {"location_verification": {"location": {"type": "CIRCLE"}}},
            },
            [
                "insights.location_verification.location.radius",
                "insights.location_verification.location.center.latitude",
                "insights.location_verification.location.center.longitude",
            ],
        ),
    ],
)
def test_invalid_parameters_are_named(
    service: Sandbox, document: dict[str, Any], names: list[str]
) -> None:
    response = post(service, document)
    problem = response.json()
    assert response.status_code == 422
    assert [entry["name"] for entry in problem["invalid_parameters"]] == names
    assert all(problem[name] for name in ("type", "title", "detail", "instance"))


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 400),
        (b"\xff", {"Content-Type": "application/json"}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    service: Sandbox, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert post(service, body, headers=headers).status_code == status


def test_only_post_is_allowed(service: Sandbox) -> None:
    assert requests.get(service.url + PATH, timeout=5).status_code == 405


def test_more_than_a_second_bears_is_http_429() -> None:
    with Sandbox(throughput=1) as sandbox:
        statuses = [post(sandbox).status_code for _ in range(3)]
    assert statuses[0] == 200
    assert 429 in statuses


def test_it_answers_over_tls_as_well(tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    with Sandbox(tls=(made.cert, made.key), public_key=keys.public_key()) as sandbox:
        response = post(sandbox, verify=str(made.cert))
    assert response.json()["insights"]["format"]["country_code"] == "SE"


def test_a_web_page_cannot_ask(service: Sandbox) -> None:
    response = post(service, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
