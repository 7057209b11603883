"""The errors of lookups are stored in English, and read in the language of the page."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from number_insight import loading
from number_insight.admin import sentences
from number_insight.exceptions import NotSent
from number_insight.lookups import (
    answers,
    calls,
    claims,
    expiry,
    prices,
    retirement,
    switches,
)
from number_insight.providers import (
    identity_statuses,
    kpn,
    meanings,
    options,
    statuses,
    transport,
    twilio_errors,
)
from number_insight.providers.http import Form
from number_insight.providers.meanings import Meaning
from number_insight.screening import settlement
from number_insight.testing import LookupFactory
from number_insight.wording import with_detail
from tests.admin.builders import action_url, make_record, page_of, text_of
from tools import messages

languages = pytest.mark.parametrize("language", messages.LANGUAGES)


def _sentences() -> Iterator[str]:
    """Yield each sentence on a failure that reviewers may read."""
    for table in (statuses.STATUSES, statuses.HTTP_STATUSES, identity_statuses.HTTP_STATUSES):
        yield from (meaning.sentence for meaning in table.values())
    for table in (twilio_errors.HTTP_STATUSES, twilio_errors.CODES):
        yield from (meaning.sentence for meaning in table.values())
    for module in (meanings, statuses, identity_statuses, twilio_errors):
        yield from (each.sentence for each in vars(module).values() if isinstance(each, Meaning))
    yield from twilio_errors.NOTHING_ANSWERED.values()
    yield from (sentence for _kind, sentence in transport._SENTENCES)
    yield from (loading.MISFIT, retirement.SWITCHED_OFF, switches.NO_PROVIDER)
    for module in (answers, calls, claims, expiry, kpn, options, prices, settlement, transport):
        texts = (each for name, each in vars(module).items() if name.isupper())
        yield from (text for text in texts if isinstance(text, str) and text.endswith("."))


@languages
def test_every_sentence_on_a_failure_is_translated(language: str) -> None:
    told = set(_sentences())
    assert len(told) > 60
    with translation.override(language):
        assert [text for text in told if sentences.translated(text) == text] == []


def test_a_detail_in_brackets_stays_as_it_is() -> None:
    text = with_detail(meanings.OTHER_HTTP.sentence, "HTTP 507")
    with translation.override("de"):
        told = sentences.translated(text)
    assert told.startswith("Der Anbieter scheiterte, während er die Anfrage bearbeitete;")
    assert told.endswith(" (HTTP 507).")


def test_a_call_that_failed_is_told_sentence_by_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent) as caught:
        transport.send(Form({}).to(f"http://127.0.0.1:{port}/x"), timeout=5)
    with translation.override("de"):
        told = sentences.translated(str(caught.value))
    assert told == (
        "Der Host hat die Verbindung abgelehnt. Nichts wurde gesendet (POST to 127.0.0.1)."
    )


@pytest.mark.parametrize("text", ["", "Acme is closed.", "Acme (Paris). It is closed (again)."])
def test_the_words_of_others_stay_as_they_are(text: str) -> None:
    with translation.override("de"):
        assert sentences.translated(text) == text


@languages
@pytest.mark.django_db
def test_a_case_without_an_answer_tells_its_cause_in_the_language_of_the_page(
    admin_client: Client, language: str
) -> None:
    error = f"{transport.TOO_LATE} {with_detail(transport.SENT, 'POST to api.example')}"
    lookup = LookupFactory(state="uncertain", error=error)
    record = make_record(lookup=lookup, basis="no_answer", lane="no_answer")
    page = text_of(admin_client.get(page_of(record), headers={"accept-language": language}))
    assert transport.TOO_LATE not in page
    assert transport.SENT.removesuffix(".") not in page
    with translation.override(language):
        assert sentences.translated(error).replace("\N{NO-BREAK SPACE}", " ") in page


def test_each_sentence_keeps_the_detail_of_its_own() -> None:
    told = f"{with_detail(prices.DOUBT, '30 EUR')} {with_detail(prices.BOOKED, '0.03 EUR')}"
    with translation.override("de"):
        assert sentences.translated(told) == (
            "Der Anbieter hat einen Preis genannt, der angezweifelt wird (30 EUR). "
            "Stattdessen wird der übliche Preis gebucht (0.03 EUR)."
        )


@languages
@pytest.mark.django_db
def test_settings_that_do_not_fit_are_told_in_the_language_of_the_page(
    admin_client: Client, settings: Any, language: str
) -> None:
    record = make_record()
    settings.NUMBER_INSIGHT = {"PROVIDERS": {"default": {"BACKEND": "nowhere.Provider"}}}
    with translation.override(language):
        sentence = str(translation.gettext(loading.MISFIT)).replace("\N{NO-BREAK SPACE}", " ")
    page = text_of(admin_client.get(page_of(record), headers={"accept-language": language}))
    assert sentence.removesuffix(".") in page
    assert "do not fit" not in page
    assert "nowhere" not in page
    asked = {"_selected_action": [str(record.pk)], "confirmed": "1"}
    spoken = {"accept-language": language}
    told = admin_client.post(action_url("look_up_again"), asked, headers=spoken, follow=True)
    assert sentence.removesuffix(".") in text_of(told)
