"""The catalogues of every language: complete, true to the texts, compiled."""

from __future__ import annotations

import gettext
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django
import polib
import pytest
from django.utils import translation

from number_insight.admin import display
from tools import messages

pytestmark = pytest.mark.once

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%[sd]|\{\w*\}")
MARKUP = re.compile(r"</?\w+[^>]*>")

SHARED_WITH_DJANGO = {
    "and", "Action", "Clear selection", "Field", "Go", "Home", "IP address", "Today",
    "group", "name", "today", "user",
}  # fmt: skip
"""The words that Django translates as we mean them, so that it does not matter who does."""

BY_OTHERS = re.compile(r"\b[Pp]rovider|Twilio|\b[Tt]urned\b.*\baway\b|\baccept")
"""Texts on numbers that a form turns away, or a provider does not accept."""
REFUSE = {"de": "abgelehnt|lehnt.* ab\\b", "fr": "refus", "es": "rechaz", "ar": "رفض|رُفض|مرفوض"}
"""The word for what people decide, in each language."""

languages = pytest.mark.parametrize("language", messages.LANGUAGES)


def read(language: str) -> polib.POFile:
    return polib.pofile(str(messages.catalogue(messages.PACKAGE, language)))


def forms(entry: polib.POEntry) -> list[str]:
    """Return the translations of an entry, one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def of_django() -> Iterator[polib.POFile]:
    """Yield the German catalogues of Django, whose sources are those of all its languages."""
    root = Path(django.__file__).parent
    for path in sorted(root.glob("**/locale/de/LC_MESSAGES/django.po")):
        yield polib.pofile(str(path))


@languages
def test_only_people_refuse(language: str) -> None:
    for entry in read(language):
        if BY_OTHERS.search(entry.msgid):
            assert "refus" not in entry.msgid.lower()
            for text in forms(entry):
                assert not re.search(REFUSE[language], text, re.IGNORECASE), text


@languages
def test_every_text_is_translated_and_no_translation_is_a_guess(language: str) -> None:
    catalogue = read(language)
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []
    assert len(catalogue) > 800


@languages
def test_a_translation_has_the_placeholders_and_the_markup_of_its_text(language: str) -> None:
    for entry in read(language):
        allowed = [placeholders(text) for text in (entry.msgid, entry.msgid_plural) if text]
        tags = Counter(MARKUP.findall(entry.msgid))
        for form in forms(entry):
            found = placeholders(form)
            if entry.msgid_plural:  # "one signup" may do without its count
                assert set(found) <= set(allowed[-1]), (entry.msgid, form)
                assert set(allowed[-1]) - set(found) <= {"%(count)s"}, (entry.msgid, form)
            else:
                assert found == allowed[0], (entry.msgid, form)
            assert Counter(MARKUP.findall(form)) == tags, (entry.msgid, form)


@languages
def test_a_translation_begins_and_ends_as_its_text_does(language: str) -> None:
    for entry in read(language):
        for form in forms(entry):
            assert form == form.strip(), entry.msgid
            assert form.endswith("…") == entry.msgid.endswith("…"), (entry.msgid, form)


@languages
def test_every_plural_form_of_the_language_is_there(language: str) -> None:
    catalogue = read(language)
    number = re.match(r"nplurals=(\d)", catalogue.metadata["Plural-Forms"])
    assert number
    for entry in catalogue:
        if entry.msgid_plural:
            assert sorted(entry.msgstr_plural) == list(range(int(number[1]))), entry.msgid
            assert all(entry.msgstr_plural.values()), entry.msgid


@languages
def test_the_compiled_catalogue_says_what_the_source_says(language: str) -> None:
    catalogue = read(language)
    with messages.catalogue(messages.PACKAGE, language).with_suffix(".mo").open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)
    said = {key: text for key, text in translations._catalog.items() if key}  # type: ignore[attr-defined]
    assert said == dict(_keyed(catalogue))


def _keyed(catalogue: polib.POFile) -> Iterator[tuple[str | tuple[str, int], str]]:
    """Yield keys and texts as `gettext` holds them."""
    for entry in catalogue:
        key = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        if entry.msgid_plural:
            for index, form in entry.msgstr_plural.items():
                yield (key, index), form
        else:
            yield key, entry.msgstr


@languages
def test_no_word_is_borrowed_from_django_by_accident(language: str) -> None:
    """Of one source in two catalogues, that of the app named first in INSTALLED_APPS is shown."""
    of_others = {(entry.msgctxt, entry.msgid) for found in of_django() for entry in found}
    ours = {(entry.msgctxt, entry.msgid) for entry in read(language)}
    assert (None, "Lookup") not in ours
    assert {msgid for _context, msgid in ours & of_others} <= SHARED_WITH_DJANGO


def test_the_catalogues_hold_every_text_of_the_package(tmp_path: Path) -> None:
    """With GNU gettext; without it, the texts cannot be extracted and the test says so."""
    if missing := messages.find_missing_programs():
        print(f"Not compared: {', '.join(missing)} of GNU gettext is not here.")
        return
    copy = tmp_path / "number_insight"
    shutil.copytree(messages.PACKAGE, copy, ignore=shutil.ignore_patterns("*.pyc", "static"))
    messages.extract(copy)
    for language in messages.LANGUAGES:
        before = messages.catalogue(messages.PACKAGE, language).read_text(encoding="utf-8")
        assert messages.catalogue(copy, language).read_text(encoding="utf-8") == before


def test_the_scripts_of_the_package_have_no_text_of_their_own() -> None:
    """There is no catalogue for JavaScript, so a text would stay English."""
    scripts = sorted((messages.PACKAGE / "static").glob("**/*.js"))
    assert scripts
    sentence = re.compile(r"""["'`][A-Z][a-z]+ [a-z]+[^"'`]*["'`]""")
    for script in scripts:
        code = re.sub(r"//.*|/\*.*?\*/", "", script.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert sentence.findall(code) == [], script.name


@pytest.mark.parametrize(("language", "comma"), [("en", ", "), ("es", ", "), ("ar", "، ")])
def test_the_parts_of_a_list_have_the_comma_of_the_language(language: str, comma: str) -> None:
    with translation.override(language):
        assert display.comma() == comma
