"""The requests to Vonage, the place of the credentials in them, and the bounds of a lookup."""

from __future__ import annotations

import base64
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from number_insight.exceptions import BadCredentials, Busy, Uncertain, Unsupported
from number_insight.providers import signing
from number_insight.providers.base import Question
from number_insight.providers.vonage import NumberInsight
from number_insight.sandbox.server import Sandbox
from tests.support.stubs import Seen, Stub, says

OPTIONS = {"api_key": "the-key", "api_secret": "the-secret"}
UK = Question(number="+447700900000", level="advanced", ip="123.0.0.255", country="GB", cnam=True)
US = Question(number="+14155550105", level="standard", cnam=True)


def asked(question: Question, **options: Any) -> Seen:
    """Return the request that `question` becomes."""
    with Stub(says(200, {"status": 0})) as stub:
        NumberInsight(**{**OPTIONS, **options}, base_url=f"{stub.url}/ni").lookup(question)
    (request,) = stub.requests
    return request


@pytest.mark.parametrize("level", ["basic", "standard", "advanced"])
def test_a_lookup_is_a_form_posted_to_its_level(level: str) -> None:
    request = asked(Question(number="+46701740605", level=level))
    assert request.raw.startswith(f"POST /ni/{level}/json HTTP/1.1\r\n".encode())
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.form == {"number": "46701740605"}


def test_an_advanced_lookup_says_country_and_ip() -> None:
    assert asked(UK).form == {"number": "447700900000", "country": "GB", "ip": "123.0.0.255"}


@pytest.mark.parametrize("level", ["basic", "standard"])
def test_the_ip_goes_nowhere_else(level: str) -> None:
    question = Question(number="+447700900000", level=level, ip="123.0.0.255")
    assert "ip" not in asked(question).form


def test_a_country_that_contradicts_the_number_is_not_sent() -> None:
    question = Question(number="+447700900000", level="standard", country="FR")
    assert "country" not in asked(question).form


def test_the_caller_name_is_asked_for_where_there_is_one() -> None:
    assert asked(US).form["cnam"] == "true"


@pytest.mark.parametrize(
    "question",
    [
        UK,
        Question(number="+14155550105", level="basic", cnam=True),
        Question(number="+14155550105", level="standard"),
        Question(number="+16135550105", level="standard", cnam=True),
    ],
    ids=["British", "basic", "not asked for", "Canadian"],
)
def test_the_caller_name_is_asked_and_reserved_for_nowhere_else(question: Question) -> None:
    assert "cnam" not in asked(question).form
    provider = NumberInsight(**OPTIONS, prices={"cnam": "5"})
    assert provider.price(question) < 1


def test_basic_authentication_is_a_header() -> None:
    request = asked(UK)
    expected = base64.b64encode(b"the-key:the-secret").decode()
    assert request.headers["authorization"] == f"Basic {expected}"
    assert b"the-secret" not in request.raw


def test_query_authentication_is_in_the_form_and_not_in_the_url() -> None:
    request = asked(UK, auth="query")
    assert request.query == {}
    assert (request.form["api_key"], request.form["api_secret"]) == ("the-key", "the-secret")
    assert "authorization" not in request.headers


@pytest.mark.parametrize("method", signing.METHODS)
def test_a_signed_request_holds_no_secret(method: str) -> None:
    secret = "the-signature-secret"
    request = asked(UK, auth="signature", signature_secret=secret, signature_method=method)
    form = request.form
    assert form.pop("sig") == signing.sign(form, secret, method)
    assert abs(int(form["timestamp"]) - time.time()) < 60
    assert form["api_key"] == "the-key"
    assert b"secret" not in request.raw


def test_the_sandbox_accepts_each_way_to_authenticate() -> None:
    accounts = Sandbox(credentials={"the-key": "the-secret"}, signature_secret="signed")
    with accounts as sandbox:
        for auth in ("basic", "query", "signature"):
            provider = NumberInsight(
                **OPTIONS, auth=auth, signature_secret="signed", base_url=sandbox.direct_url
            )
            assert provider.lookup(UK).number == UK.number


@pytest.mark.parametrize("auth", ["basic", "query", "signature"])
def test_wrong_credentials_are_told_as_such(auth: str) -> None:
    with Sandbox(credentials={"the-key": "another"}, signature_secret="another") as sandbox:
        provider = NumberInsight(
            **OPTIONS, auth=auth, signature_secret="signed", base_url=sandbox.direct_url
        )
        with pytest.raises(BadCredentials):
            provider.lookup(UK)


@pytest.mark.parametrize(
    "options",
    [{}, {"api_key": "k"}, {"api_key": "k", "api_secret": "s", "auth": "signature"}],
    ids=["nothing", "no secret", "no signature secret"],
)
def test_nothing_is_sent_without_credentials(options: dict[str, str]) -> None:
    with Stub(says(200, {"status": 0})) as stub, pytest.raises(BadCredentials, match="missing"):
        NumberInsight(**options, base_url=stub.url).lookup(UK)  # type: ignore[arg-type]
    assert stub.connections == 0


def test_an_asynchronous_lookup_says_where_the_answer_goes() -> None:
    with Stub(says(200, {"status": 0, "request_id": "3e6e", "request_price": "0.03"})) as stub:
        provider = NumberInsight(**OPTIONS, base_url=stub.url)
        promise = provider.submit(UK, "https://example.com/ni/token/")
    assert (promise.request_id, promise.price) == ("3e6e", Decimal("0.03"))
    (request,) = stub.requests
    assert request.path == "/advanced/async/json"
    assert request.form["callback"] == "https://example.com/ni/token/"


def test_only_advanced_is_asynchronous() -> None:
    with pytest.raises(Unsupported):
        NumberInsight(**OPTIONS).submit(US, "https://example.com/")


@pytest.mark.parametrize("fault", ["close", "half", "500", "502", "307"])
def test_a_lookup_that_goes_wrong_is_one_request(fault: str) -> None:
    with Sandbox() as sandbox:
        sandbox.behave(UK.number, fault=fault)
        with pytest.raises(Uncertain):
            NumberInsight(**OPTIONS, base_url=sandbox.direct_url).lookup(UK)
        time.sleep(0.2)
        assert sandbox.ledger.count(number=UK.number) == 1


@pytest.mark.parametrize("fault", ["hang", "drip", "drip_headers"])
def test_a_lookup_ends_in_its_time(fault: str) -> None:
    with Sandbox() as sandbox:
        sandbox.behave(UK.number, fault=fault)
        begun = time.monotonic()
        with pytest.raises(Uncertain):
            NumberInsight(**OPTIONS, base_url=sandbox.direct_url, timeout=0.5).lookup(UK)
        assert time.monotonic() - begun < 1.5
        assert sandbox.ledger.count(number=UK.number) == 1


def test_a_throttled_request_is_free() -> None:
    with Sandbox(throughput=1) as sandbox:
        provider = NumberInsight(**OPTIONS, base_url=sandbox.direct_url)
        with pytest.raises(Busy):
            for _ in range(5):
                provider.lookup(UK)
        assert sandbox.ledger.charged < Decimal("0.15")


@pytest.mark.parametrize("dialect", ["2017", "2018", "2021"])
@pytest.mark.parametrize("format", ["json", "xml"])
@pytest.mark.parametrize("ending", ["05", "20", "40", "50", "73", "74", "75", "79"])
def test_the_year_of_the_dialect_does_not_matter(dialect: str, format: str, ending: str) -> None:
    with Sandbox() as sandbox:
        number = f"+467017406{ending}"
        question = Question(number=number, level="advanced", ip="123.0.0.255")
        provider = NumberInsight(**OPTIONS, base_url=sandbox.direct_url, format=format)
        usual = provider.lookup(question)
        sandbox.behave(number, dialect=dialect)
        found = provider.lookup(question)
    assert found.roaming == usual.roaming
    assert found.current_carrier == usual.current_carrier
    assert (found.outcome, found.reachable) == (usual.outcome, usual.reachable)
    assert found.ip == usual.ip or dialect == "2021"


def test_the_day_of_its_end_is_known() -> None:
    assert NumberInsight.retires_on == date(2027, 2, 4)
