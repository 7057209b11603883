"""Labels and decisions say how right the rules were."""

from __future__ import annotations

import json

import pytest

from number_insight import reviewing
from number_insight.models import NumberInsightRecord
from number_insight.privacy import subject
from number_insight.screening import attachment
from tests.replay.stage import run
from tests.support import stage

pytestmark = pytest.mark.django_db


def quality() -> dict[str, object]:
    return json.loads(run("--quality", "--json"))


def record(number: str = stage.VIRTUAL) -> NumberInsightRecord:
    return stage.screened(number)


def test_a_label_is_written_on_all_records_of_a_subject_and_only_there():
    with stage.asking():
        customer = stage.sign_up()
        other = record()
    assert attachment.label(customer, fraud=True) == 1
    assert customer.get_phone_record().fraud is True
    assert customer.get_phone_record().labelled_at is not None
    other.refresh_from_db()
    assert other.fraud is None
    attachment.label(customer, None)
    assert customer.get_phone_record().labelled_at is None


def test_precision_and_recall_come_from_labels():
    with stage.asking():
        for fraud in (True, True, False):
            attachment.label(record(), fraud)
        attachment.label(record(stage.CLEAN), fraud=True)
    told = quality()
    assert (told["records"], told["fraud"], told["fine"]) == (4, 3, 1)
    virtual = told["rules"]["virtual"]
    assert (virtual["fired"], virtual["precision"], virtual["recall"]) == (3, 0.6667, 0.6667)
    assert virtual["agreement"] is None


def test_a_decision_is_a_label_until_a_later_label_says_otherwise():
    with stage.asking():
        one, other = record(), record()
    reviewing.refuse(one)
    reviewing.release(other)
    told = quality()
    assert (told["fraud"], told["fine"]) == (1, 1)
    assert told["rules"]["virtual"]["agreement"] == 0.5
    attachment.label(other, fraud=True)
    assert quality()["rules"]["virtual"]["precision"] == 1.0
    assert quality()["rules"]["virtual"]["agreement"] == 0.5


def test_a_decision_after_a_label_says_what_counts():
    with stage.asking():
        one = record()
    attachment.label(one, fraud=True)
    reviewing.release(one)
    assert quality()["fine"] == 1


def test_labels_outlive_the_number():
    with stage.asking():
        attachment.label(record(), fraud=True)
        subject.erase(number=stage.VIRTUAL)
    assert quality()["rules"]["virtual"]["precision"] == 1.0


def test_the_table_shows_what_is_known_and_a_dash_for_what_is_not():
    with stage.asking():
        record()
    row = next(line.split() for line in run("--quality").splitlines() if "virtual" in line)
    assert row == ["virtual", "1", "0", "0", "-", "-", "-"]
