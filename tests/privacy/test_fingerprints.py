"""The same number is recognised after it was erased, and cannot be read without the key."""

from __future__ import annotations

import hashlib

import pytest
from django.test import override_settings

from number_insight.models import NumberInsightRecord
from number_insight.models.fingerprints import LENGTH, fingerprint, fingerprints
from number_insight.testing import RecordFactory
from tests.privacy.stage import NUMBER, aged
from tests.support.stage import command


def keys(*given: str) -> override_settings:
    return override_settings(NUMBER_INSIGHT={"FINGERPRINT_KEYS": list(given)})


def test_one_number_has_one_fingerprint_and_another_number_another() -> None:
    assert fingerprint(NUMBER) == fingerprint(NUMBER) != fingerprint("+46701749006")
    assert len(fingerprint(NUMBER)) == LENGTH


def test_it_takes_the_key_to_make_one() -> None:
    with keys("one"):
        first = fingerprint(NUMBER)
    with keys("two"):
        assert fingerprint(NUMBER) != first
    assert first not in {hashlib.sha256(form.encode()).hexdigest() for form in (NUMBER, NUMBER[1:])}


def test_the_first_key_signs_and_the_others_are_recognised() -> None:
    with keys("old"):
        old = fingerprint(NUMBER)
    with keys("new", "old"):
        assert fingerprints(NUMBER) == [fingerprint(NUMBER), old]


def test_without_keys_the_secret_key_and_its_fallbacks_do() -> None:
    with override_settings(SECRET_KEY="old", SECRET_KEY_FALLBACKS=[]):
        old = fingerprint(NUMBER)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        assert fingerprints(NUMBER)[1:] == [old]


@pytest.mark.django_db
def test_erased_records_are_found_after_the_key_was_changed() -> None:
    RecordFactory(number=NUMBER)
    aged()
    with keys("old"):
        command("purge")
    with keys("new", "old"):
        assert NumberInsightRecord.objects.for_number(NUMBER).count() == 1
    with keys("new"):
        assert not NumberInsightRecord.objects.for_number(NUMBER).exists()
