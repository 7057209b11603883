"""Secrets and numbers are in no message, no chain, no frame, no representation and no log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import pytest

from number_insight.exceptions import ProviderError
from number_insight.providers import identity, kpn, vonage
from number_insight.providers.base import Provider, Question
from tests.support import keys
from tests.support.stubs import Script, Stub, closes, hangs, says

SECRET, TOKEN, NUMBER = "canary-4f1c9e", "canary-70ce77", "46701740605"
KEY = keys.private_key()
CANARIES = (
    *(SECRET, TOKEN, NUMBER, NUMBER[2:], "Y2FuYXJ5", "Authorization: B"),
    *("BEGIN", KEY.splitlines()[1], KEY.splitlines()[-2], "eyJ"),  # the key, and its tokens
)
GRANT = says(200, {"access_token": TOKEN, "expires_in": "3599"})
ECHO = {"status": 2147, "status_message": f"Odd [ {NUMBER} ] +{NUMBER[:2]} {NUMBER[2:]}"}

TROUBLES: dict[str, Script] = {
    "closed": closes,
    "hangs": hangs,
    "echo": says(200, ECHO),
    "html": says(200, body=b"<html>" + NUMBER.encode()),
    "refused": says(401, {"message": NUMBER}),
    "redirect": says(307, Location=f"http://127.0.0.1:9/?number={NUMBER}&secret={SECRET}"),
    "broken": says(500, {"message": NUMBER}),
}


def vonage_by(auth: str) -> Any:
    def make(url: str) -> Provider:
        return vonage.NumberInsight(
            api_key=SECRET,
            api_secret=SECRET,
            signature_secret=SECRET,
            auth=auth,
            base_url=url,
            timeout=0.4,
        )

    return make


def kpn_at(url: str) -> Provider:
    return kpn.NumberInsight(
        client_id=SECRET, client_secret=SECRET, base_url=url, token_url=f"{url}/token", timeout=0.4
    )


def identity_at(url: str) -> Provider:
    return identity.IdentityInsights(
        application_id=SECRET, private_key=KEY, purpose="Any", base_url=url, timeout=0.4
    )


def identity_with_bad_key(url: str) -> Provider:
    return identity.IdentityInsights(
        application_id=SECRET, private_key=KEY[:-40], base_url=url, timeout=0.4
    )


MAKERS = {
    "basic": vonage_by("basic"),
    "query": vonage_by("query"),
    "signature": vonage_by("signature"),
    "kpn": kpn_at,
    "identity": identity_at,
}


def everything_in(error: BaseException) -> Iterator[str]:
    """Yield all that a log or an error report can show of `error`: its chain and its frames."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield from (str(each), repr(each), repr(each.args), repr(vars(each)))
        yield from _locals_of(each.__traceback__)
        waiting += [each.__cause__, each.__context__]


def _locals_of(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        if "number_insight" in traceback.tb_frame.f_globals.get("__name__", ""):
            yield from (repr(value) for value in traceback.tb_frame.f_locals.values())
        traceback = traceback.tb_next


def test_the_look_at_everything_sees_a_secret() -> None:
    with pytest.raises(ProviderError) as caught:
        raise ProviderError("Plain.") from ValueError(SECRET)
    assert SECRET in "".join(everything_in(caught.value))


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_an_error_shows_no_secret_and_no_number(
    make: Any, trouble: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scripts = (GRANT, trouble) if make is kpn_at else (trouble,)
    with Stub(*scripts) as stub:
        provider = make(stub.url)
        with pytest.raises(ProviderError) as caught:
            provider.lookup(Question(number=f"+{NUMBER}", level="advanced", ip="192.0.2.7"))
    shown = "\n".join([*everything_in(caught.value), caplog.text, repr(provider)])
    assert [canary for canary in CANARIES if canary in shown] == []
    assert "192.0.2.7" not in shown


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_an_answer_leaves_no_secret_and_no_number_in_the_log(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    question = Question(number=f"+{NUMBER}", level="advanced")
    told = {"format": {"number_international": f"+{NUMBER}", "status": {"code": "OK"}}}
    document = {"status": 0, "international_format_number": NUMBER, "insights": told}
    answer = says(200, document)
    with Stub(*((GRANT, answer) if make is kpn_at else (answer,))) as stub:
        make(stub.url).lookup(question)
    assert "urllib3" in caplog.text  # whose lines are the ones to fear
    shown = f"{caplog.text}{question!r}"
    assert [canary for canary in CANARIES if canary in shown] == []


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_a_host_that_is_down_shows_no_secret(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProviderError) as caught:
        make("http://127.0.0.1:9").lookup(Question(number=f"+{NUMBER}", level="standard"))
    shown = "\n".join([*everything_in(caught.value), caplog.text])
    assert [canary for canary in CANARIES if canary in shown] == []


def test_a_bad_private_key_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider = identity_with_bad_key("http://127.0.0.1:9")
    with pytest.raises(ProviderError) as caught:
        provider.lookup(Question(number=f"+{NUMBER}", level="standard"))
    shown = [*everything_in(caught.value), caplog.text, repr(provider), repr([*provider.check()])]
    assert [canary for canary in CANARIES if canary in "\n".join(shown)] == []
