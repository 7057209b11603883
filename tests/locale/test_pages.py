"""The pages of the admin in every language: no sentence of ours is left in English."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import dates, translation
from django.utils.translation import trans_real

from number_insight.models import DecisionEvent, ListEntry, NumberInsightRecord
from number_insight.overview import keeping
from number_insight.testing import LookupFactory
from tests.admin.builders import (
    DESK,
    HEALTH,
    LIST,
    add_flag,
    make_record,
    page_of,
    selected,
    text_of,
)
from tests.models import Customer
from tools import messages

pytestmark = pytest.mark.django_db

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|<[^>]*>")
OPENING, CLOSING = "⟦", "⟧"
OVERVIEW = reverse("admin:number_insight_overview")

NOT_OURS = {
    "customer", "Customer", "tests", "phone", "Acme", "default", "admin", "EUR",  # data
    "advanced", "sync", "CSV", "JSON", "libphonenumber",  # names
    "False", "Geschichte", "Minuten", "Schließen",  # of Django
}  # fmt: skip
"""The words outside of our texts on the German pages."""

languages = pytest.mark.parametrize("language", messages.LANGUAGES)


@pytest.fixture
def record(admin_user: User) -> NumberInsightRecord:
    """A record that waits with evidence of many kinds, among others of its number and IP."""
    facts = {"ip_address": "8.8.8.8", "ip_country": "US", "score": 45, "country": "SE"}
    lookup = LookupFactory(state="uncertain")
    made = make_record(subject=_customer(1), lookup=lookup, **facts)
    add_flag(made, "ip_mismatch", weight=25, evidence={"ip_country": "US", "country": "SE"})
    add_flag(made, "virtual", weight=20, evidence={"carrier": "Acme"})
    add_flag(made, "number_reused", weight=10, evidence={"count": 3}, counted=False)
    for key, decision in enumerate(("released", "refused", ""), start=2):
        make_record(subject=_customer(key), decision=decision, **facts)
    make_record(subject=_customer(9), verdict="review", score=0, basis="no_answer")
    ListEntry.objects.create(action="deny", match="country", value="SE", author=admin_user)
    DecisionEvent.objects.create(
        record=made, user=admin_user, act="reopen", reason_code="fraud_before"
    )
    keeping.keep()
    return made


def _source(language: str) -> Path:
    return messages.catalogue(messages.PACKAGE, language)


def _customer(key: int) -> Customer:
    return Customer(pk=key, phone="+46701740605")


def _urls(record: NumberInsightRecord) -> Iterator[str]:
    """Yield the pages that a reviewer or an operator opens."""
    yield from (DESK, LIST, page_of(record), HEALTH, OVERVIEW, reverse("admin:index"))
    for model in ("lookup", "listentry", "spending", "rulefault"):
        yield reverse(f"admin:number_insight_{model}_changelist")
    yield reverse("admin:number_insight_listentry_add")
    yield _lookup_page(record)


def _lookup_page(record: NumberInsightRecord) -> str:
    assert record.lookup
    return reverse("admin:number_insight_lookup_change", args=[record.lookup.pk])


def _pages(client: Client, record: NumberInsightRecord, language: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page, those to confirm an action included."""
    spoken = {"accept-language": language}
    for url in _urls(record):
        response = client.get(url, headers=spoken)
        assert response.status_code == 200, url
        yield url, _seen(response)
    for action in ("release", "refuse", "look_up_again"):
        data = selected(action, record)
        response = client.post(LIST, data, headers=spoken, follow=True)
        assert response.status_code == 200, action
        yield action, _seen(response)


def _seen(response: Any) -> str:
    """Return the text of a page and of its attributes that are read out or shown."""
    page = response.content.decode()
    attributes = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"]*)"', page)
    return f"{text_of(response)} {' '.join(attributes)}"


def _sentences(language: str) -> Iterator[str]:
    """Yield the parts of English texts of more than two words, between their placeholders."""
    catalogue = polib.pofile(str(_source(language)))
    translated = " ".join(entry.msgstr for entry in catalogue)
    for entry in catalogue:
        for text in filter(None, (entry.msgid, entry.msgid_plural)):
            for part in PLACEHOLDER.split(text):
                words = part.strip(" .,:;()…“”")
                if len(words.split()) > 2 and words not in translated:
                    yield words


@languages
def test_no_sentence_of_ours_is_left_in_english(
    admin_client: Client, record: NumberInsightRecord, language: str
) -> None:
    english = set(_sentences(language))
    assert len(english) > 300
    for name, text in _pages(admin_client, record, language):
        assert [words for words in english if words in text] == [], name


def test_every_word_of_a_page_is_marked_for_translation(
    admin_client: Client, record: NumberInsightRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With each of our texts in brackets, data and the words of Django stand outside of them."""
    _bracket("de", monkeypatch)
    with translation.override("de"):
        allowed = {*NOT_OURS, *map(str, dates.MONTHS.values())}
    for url in (DESK, page_of(record), HEALTH, OVERVIEW, _lookup_page(record)):
        page = admin_client.get(url, headers={"accept-language": "de"}).content.decode()
        text = _without_brackets(_content(page))
        assert set(re.findall(r"[^\W\d_]{3,}", text)) <= allowed, url


def _bracket(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put brackets around each of our texts in a language."""
    ours = {entry.msgid for entry in polib.pofile(str(_source(language)))}
    for found in trans_real.translation(language)._catalog._catalogs:
        for key, text in list(found.items()):
            msgid = (key[0] if isinstance(key, tuple) else key).split("\x04")[-1]
            if msgid in ours:
                monkeypatch.setitem(found, key, f"{OPENING}{text}{CLOSING}")


def _content(page: str) -> str:
    """Return the text between the navigation and the footer, read-out attributes included."""
    content = page.split('id="content-main"')[1].split("<footer")[0].split(">", 1)[1]
    attributes = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"]*)"', content)
    return html.unescape(re.sub(r"<[^>]+>", " ", content) + " ".join(attributes))


def _without_brackets(text: str) -> str:
    """Return the text outside of the brackets, which may lie in one another."""
    inner = re.compile(f"{OPENING}[^{OPENING}{CLOSING}]*{CLOSING}")
    while inner.search(text):
        text = inner.sub(" ", text)
    return text
