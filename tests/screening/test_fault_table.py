"""Rows of the fault table (docs/reliability.md) that need no server to be killed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from redis import RedisError

from number_insight.checks import check_deployment
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening.bell import bell
from tests.models import Customer
from tests.support.stage import PREMIUM, VONAGE, asking, screened, sign_up, work_off
from tests.support.stubs import Stub, says

pytestmark = pytest.mark.django_db

POSTS = 200
UNKNOWN, GOOD, BAD = "unknown", "good", "bad"
FORGED = "fine\r\nCRITICAL number_insight: forged\n\x1b[2Janother"


def a_number(kind: str, index: int) -> str:
    """Return one of a hundred numbers of a clean line, or of one that the rules deny."""
    ending = "12" if kind == BAD else "05"
    return f"+46701{(UNKNOWN, GOOD, BAD).index(kind)}{index:03}{ending}"


def post(number: str, address: str = "8.8.8.8") -> tuple[int, str, int]:
    """Sign up with the real form; return status, words, and how many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = Client().post("/signup/", {"name": "Ada", "phone": number}, REMOTE_ADDR=address)
    return answer.status_code, answer.content.decode(), len(queries)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rings, so that the work of a signup is the signup's alone."""
    monkeypatch.setattr(bell, "ring", lambda *_, **__: False)


def test_row_51_a_form_that_observes_does_the_same_for_every_number(quiet: None) -> None:
    with asking(LIMITS={}, BUDGET={"day": None}):
        for kind in (GOOD, BAD):
            for index in range(3):
                screened(a_number(kind, index))
        asked = len(Fake.asked)
        post(a_number(UNKNOWN, 99))  # the first one fills what Django keeps of content types
        seen = {
            post(a_number(kind, index % 3 if kind != UNKNOWN else index))
            for index in range(POSTS // 3 + 1)
            for kind in (UNKNOWN, GOOD, BAD)
        }
    assert len(seen) == 1, "status, words or queries tell who is known"
    assert len(Fake.asked) == asked, "a form has asked the provider"


def test_row_51_a_form_that_enforces_tells_no_known_number_from_an_unknown_one(quiet: None) -> None:
    with asking(LIMITS={}, BUDGET={"day": None}, ENFORCEMENT="enforce"):
        screened(a_number(GOOD, 0))
        screened(PREMIUM)
        refused = [post(PREMIUM)[:2] for _ in range(12)]
        welcome = {post(a_number(GOOD, 0))[:2], post(a_number(UNKNOWN, 0))[:2]}
    assert [status for status, _ in refused] == [400] * 10 + [200] * 2
    assert welcome == {refused[-1]}, "whoever asks too often learns nothing any more"


def test_row_53_one_address_for_everybody_withholds_lookups_and_no_signup(quiet: None) -> None:
    proxy, count = "8.8.4.4", 6
    with asking(LIMITS={"ip": "2/day"}), override_settings(USE_X_FORWARDED_HOST=True):
        statuses = [post(a_number(UNKNOWN, index), proxy)[0] for index in range(count)]
        for pk in NumberInsightRecord.objects.order_by("pk").values_list("pk", flat=True):
            work_off(pk)
        warned = [message.id for message in check_deployment()]
    assert (statuses, Customer.objects.count()) == ([200] * count, count)
    assert len(Fake.asked) == 2
    assert NumberInsightRecord.objects.filter(basis="limit", verdict="review").count() == count - 2
    assert "number_insight.W005" in warned


DEAD = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}


def test_row_54_a_cache_that_is_down_changes_nothing(quiet: None) -> None:
    with asking(LIMITS={"ip": "2/day"}), override_settings(CACHES={"default": DEAD}):
        with pytest.raises(RedisError):
            cache.get("anything")
        assert [post(a_number(UNKNOWN, index))[0] for index in range(3)] == [200] * 3
        for pk in NumberInsightRecord.objects.order_by("pk").values_list("pk", flat=True):
            work_off(pk)
    bases = NumberInsightRecord.objects.order_by("pk").values_list("basis", flat=True)
    assert list(bases) == ["answer", "answer", "limit"]


@pytest.fixture
def all_lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    """All that is logged by ourselves, at any level."""
    with caplog.at_level(logging.DEBUG, logger="number_insight"):
        yield caplog.records


FORGERIES: dict[str, Any] = {
    "an odd status": {"status": 2147, "status_message": FORGED, "error_text": FORGED},
    "a carrier": {"status": 0, "current_carrier": {"name": FORGED, "network_type": FORGED}},
    "a request id": {"status": 4, "request_id": FORGED, "status_message": FORGED},
    "another number": {"status": 0, "international_format_number": FORGED},
}


@pytest.mark.parametrize("answer", FORGERIES.values(), ids=FORGERIES.keys())
def test_row_59_nobody_can_forge_a_line_of_the_log(
    answer: dict[str, Any], all_lines: list[logging.LogRecord]
) -> None:
    with Stub(says(200, answer)) as stub:
        options = {"api_key": "k", "api_secret": "s", "base_url": stub.url}
        provider = {"default": {"BACKEND": VONAGE, "OPTIONS": options}}
        with override_settings(NUMBER_INSIGHT={"PROVIDERS": provider, "LEVEL": "advanced"}):
            customer = sign_up(name=FORGED)
            work_off(customer.get_phone_record().pk)
    ours = [record.getMessage() for record in all_lines if record.name.startswith("number_insight")]
    told = [*ours, *Lookup.objects.values_list("error", flat=True)]
    told += NumberInsightRecord.objects.values_list("note", flat=True)
    assert len(stub.requests) == 1
    assert [line for line in told if "\n" in line or "\r" in line or "\x1b" in line] == []
