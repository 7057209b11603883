"""The request to Identity Insights, its key and its token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest

from number_insight.exceptions import BadCredentials, NotSent, Uncertain, Unsupported
from number_insight.providers.base import Question
from number_insight.providers.identity import IdentityInsights
from tests.providers.identity_requests import ANSWER, OPTIONS, asked, document
from tests.support import keys
from tests.support.stubs import Stub, closes, hangs, says

LEVELS = {
    "basic": ["format"],
    "standard": ["format", "original_carrier", "current_carrier"],
    "advanced": ["format", "original_carrier", "current_carrier"],
}


@pytest.mark.parametrize("level", LEVELS)
def test_a_lookup_is_one_request_for_the_insights_of_its_level(level: str) -> None:
    request = asked(level)
    assert request.raw.startswith(b"POST /identity-insights/v1/requests HTTP/1.1\r\n")
    assert request.headers["content-type"] == "application/json"
    told = {"phone_number": "447700900123", "insights": {name: {} for name in LEVELS[level]}}
    assert document(request) == told


def test_a_purpose_asks_for_sim_swap_at_advanced_alone() -> None:
    told = document(asked(purpose="FraudPreventionAndDetection"))
    assert told["purpose"] == "FraudPreventionAndDetection"
    assert told["insights"] == {
        **dict.fromkeys(LEVELS["advanced"], {}),
        "sim_swap": {"period": 240},
    }
    standard = document(asked("standard", purpose="FraudPreventionAndDetection"))
    assert set(standard) == {"phone_number", "insights"}


def test_any_insight_can_be_asked_for_with_its_parameters() -> None:
    given = {"sim_swap": {"period": 24}, "number_recycling": {"date": "2020-01-01"}, "format": {}}
    insights = document(asked(insights=given))["insights"]
    assert {name: insights[name] for name in given} == given
    assert document(asked(purpose="Any", insights={}))["insights"].keys() == set(LEVELS["advanced"])


def test_each_request_has_a_token_of_its_own() -> None:
    tokens = [asked().headers["authorization"].removeprefix("Bearer ") for _ in range(2)]
    claims = [jwt.decode(token, keys.public_key(), ["RS256"]) for token in tokens]
    assert all(set(each) == {"application_id", "iat", "exp", "jti"} for each in claims)
    assert claims[0]["application_id"] == keys.APPLICATION
    assert claims[0]["exp"] - claims[0]["iat"] == 900
    assert claims[0]["jti"] != claims[1]["jti"]
    assert jwt.get_unverified_header(tokens[0]) == {"alg": "RS256", "typ": "JWT"}


@pytest.mark.parametrize("form", ["PKCS#1", "PKCS#8"])
@pytest.mark.parametrize("place", ["text", "one line", "indented", "file"])
def test_a_key_comes_in_either_form_and_from_any_place(
    form: str, place: str, tmp_path: Path
) -> None:
    pem = keys.private_key(form=form)
    path = tmp_path / "private.key"
    path.write_text(pem, encoding="utf-8")
    given = {
        "text": pem,
        "one line": pem.replace("\n", "\\n"),
        "indented": "\n    " + pem.replace("\n", "\n    "),
        "file": str(path),
    }
    request = asked(private_key=given[place])
    token = request.headers["authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, keys.public_key(), ["RS256"])
    assert [*IdentityInsights(**{**OPTIONS, "private_key": given[place]}).check()] == []


@pytest.mark.parametrize(
    "options", [{}, {"application_id": ""}, {"private_key": ""}, {"private_key": "nonsense"}]
)
def test_without_a_good_key_nothing_is_asked(options: dict[str, str]) -> None:
    given = {**OPTIONS, **options} if options else {}
    with Stub(says(200, ANSWER)) as stub, pytest.raises(BadCredentials, match="Nothing was asked"):
        IdentityInsights(**given, base_url=stub.url).lookup(Question(number="+4470", level="basic"))
    assert stub.connections == 0


def test_a_level_that_there_is_not_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(Unsupported):
        IdentityInsights(**OPTIONS).lookup(Question(number="+447700900123", level="platinum"))


@pytest.mark.parametrize("script", [closes, hangs], ids=["closes", "hangs"])
def test_a_dropped_connection_is_one_request(script: Any) -> None:
    with Stub(script) as stub, pytest.raises(Uncertain):
        provider = IdentityInsights(**OPTIONS, base_url=stub.url, timeout=0.5)
        provider.lookup(Question(number="+447700900123", level="advanced"))
    assert (len(stub.requests), stub.connections) == (1, 1)


def test_a_redirect_is_not_followed() -> None:
    question = Question(number="+447700900123", level="basic")
    with (
        Stub(says(200, ANSWER)) as other,
        Stub(says(307, Location=other.url)) as stub,
        pytest.raises(Uncertain),
    ):
        IdentityInsights(**OPTIONS, base_url=stub.url).lookup(question)
    assert (len(stub.requests), other.connections) == (1, 0)


def test_a_host_that_is_down_costs_nothing() -> None:
    with pytest.raises(NotSent):
        IdentityInsights(**OPTIONS, base_url="http://127.0.0.1:9").lookup(
            Question(number="+447700900123", level="basic")
        )
