"""No request to the webhook is ever a server error, and no forged one changes a row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import RequestFactory, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from number_insight.lookups import callbacks
from number_insight.models import Lookup
from number_insight.providers.personas import answer
from number_insight.sandbox import answers
from number_insight.testing import LookupFactory, RecordFactory
from number_insight.views import CallbackView
from tests.support.stage import CLEAN, FAKE, VONAGE

pytestmark = pytest.mark.django_db

BODIES = {VONAGE: 3500, FAKE: 500}
FORGED = 500
"""For each provider as well: five thousand bodies in all, on the database that is stricter."""
HARMLESS = {200, 400, 404, 413, 415}
INSIGHT = answer(CLEAN, "advanced", request_id="11111111-2222-3333-4444-555555555555")
REAL: dict[str, Any] = answers.document(INSIGHT, "advanced", "2018", "")
TYPES = ["application/json"] * 12 + ["text/xml", "", "application/x-www-form-urlencoded"]
fuzzed = settings(
    max_examples=FORGED, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

wild = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**17, max_value=10**400),
    st.floats(),
    st.text(st.characters(), max_size=30),
    st.sampled_from(["\0", "a\0b", "\ud800", "unknown", "x" * 700, "NaN", "-1", "1e999", "2147"]),
    st.lists(st.none(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@st.composite
def mutated(draw: st.DrawFn, real: dict[str, Any]) -> bytes:
    """Draw a real callback of which some members are anything."""
    found = json.loads(json.dumps(real))
    for _ in range(draw(st.integers(1, 4))):
        place = found
        key = draw(st.sampled_from(sorted(place)))
        while isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            key = draw(st.sampled_from(sorted(place)))
        if draw(st.integers(0, 4)):
            place[key] = draw(wild)
        else:
            del place[key]
            if not place:
                break
    text = json.dumps(found)
    if draw(st.integers(0, 9)) == 0:
        text = text.replace("}", ', "status": 1e999}', 1)
    return text.encode()


def bodies(*, nearly_right: bool) -> st.SearchStrategy[bytes]:
    """Return bodies to post: mostly nearly right, sometimes nothing of the kind."""
    depths = st.integers(1, 3000)
    return st.one_of(
        *([mutated(REAL)] * 3 if nearly_right else []),
        st.binary(max_size=200),
        st.builds(lambda value: json.dumps(value).encode(), wild),
        depths.map(lambda depth: b'{"a":' * depth + b"1" + b"}" * depth),
        depths.map(lambda depth: b"[" * depth),
        st.integers(65_000, 66_000).map(lambda size: b'{"status": 0' + b" " * size + b"}"),
        st.just(json.dumps(REAL).encode()[:-1] + b', "status": 9}'),
    )


def posted(token: str, body: bytes, kind: str) -> int:
    """Return the status of the view's own response; an exception of the view is raised."""
    request = RequestFactory().post("/", body, content_type=kind)
    with transaction.atomic():
        status: int = CallbackView.as_view()(request, token=token).status_code
        if status == 200:  # as it was stored, it can be read
            assert Lookup.objects.get().state
        transaction.set_rollback(True)
    return status


def is_strict() -> bool:
    """Whether the database refuses NUL, half a surrogate pair and infinity."""
    return connection.vendor == "postgresql"


def submitted() -> Lookup:
    """Return a lookup whose answer is to be posted, and for which a record waits."""
    told = {"state": "submitted", "delivery": "async", "open_key": "it", "reserved": "0.03"}
    lookup: Lookup = LookupFactory(number=CLEAN, **told)
    RecordFactory(number=CLEAN, lookup=lookup, state="waiting", verdict="pending", basis="")
    return lookup


@pytest.fixture(params=[VONAGE, FAKE], ids=["vonage", "fake"])
def backend(request: pytest.FixtureRequest) -> Any:
    """Each reader of callbacks."""
    told = {"PROVIDERS": {"default": {"BACKEND": request.param}}, "STORE_RAW": True}
    with override_settings(NUMBER_INSIGHT={**told, "STORE_LIVE": True}):
        yield request.param


def test_no_body_is_a_server_error_and_what_is_taken_can_be_stored(backend: str) -> None:
    token = callbacks.token_for(submitted().pk)
    seen: set[int] = set()

    @settings(fuzzed, max_examples=BODIES[backend] // (1 if is_strict() else 5))
    # The fake reads what tests write, so what is nearly right is not shown to it.
    @given(bodies(nearly_right=backend == VONAGE), st.sampled_from(TYPES))
    def post(body: bytes, kind: str) -> None:
        status = posted(token, body, kind)
        assert status in HARMLESS
        seen.add(status)

    post()
    assert seen == {200, 400, 413, 415}


def test_a_forged_token_changes_nothing_whatever_comes_with_it(backend: str) -> None:
    lookup = submitted()
    good, before = callbacks.token_for(lookup.pk), Lookup.objects.values().get()
    tokens = st.one_of(
        st.text(max_size=60),
        st.builds(lambda pk, rest: f"{pk}~{rest}", st.integers(), st.text(max_size=50)),
        st.integers(0, len(good) - 1).map(lambda at: good[:at] + "~" + good[at + 1 :] + "x"),
    )

    @fuzzed
    @given(tokens, bodies(nearly_right=True))
    def post(token: str, body: bytes) -> None:
        assert posted(token, body, "application/json") == 404

    post()
    assert Lookup.objects.values().get() == before
