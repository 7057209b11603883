"""A person can have all that is held on them exported and erased."""

from __future__ import annotations

import json
import stat
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from number_insight import reviewing
from number_insight.exceptions import InvalidNumber
from number_insight.models import ListEntry, Lookup, NumberInsightRecord, RiskFlag
from number_insight.privacy import subject
from number_insight.screening import webhook
from number_insight.testing import LookupFactory, RecordFactory
from tests.models import Customer, UUIDCustomer
from tests.privacy.stage import IP, NAME, NUMBER, aged, command, found_in, rows
from tests.support.stage import CLEAN, asking, screened

pytestmark = pytest.mark.django_db


def customer_with_everything() -> Customer:
    customer = Customer.objects.create(name="Ada", phone="")
    with asking({NUMBER: {"line_type": "virtual"}}, STORE_RAW=True):
        record = screened(NUMBER, ip=IP, name=NAME, subject=customer)
    reviewing.release(record, reason=f"{NAME} is known to us.")
    return customer


def exported(*words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(command("subject", *words, "--export"))
    return document


def of(subject: Any) -> tuple[str, ...]:
    return ("--model", subject._meta.label, "--pk", str(subject.pk))


def test_the_export_holds_every_column_of_every_row() -> None:
    customer = customer_with_everything()
    document = exported(*of(customer))
    (record,), (lookup,) = document["records"], document["lookups"]
    for model, row in ((NumberInsightRecord, record), (Lookup, lookup)):
        assert row.keys() >= {column.name for column in model._meta.concrete_fields}
    (flag,) = record["flags"]
    assert flag.keys() >= {column.name for column in RiskFlag._meta.concrete_fields}
    assert flag["text"].startswith("The line is virtual")
    assert (record["number"], record["ip_address"], record["declared_name"]) == (NUMBER, IP, NAME)
    assert (record["decision"], record["subject_type"]) == ("released", "tests.customer")
    assert lookup["insight"]["line_type"] == lookup["raw"]["line_type"] == "virtual"


def test_a_number_is_found_however_it_is_written_and_erased_or_not() -> None:
    customer_with_everything()
    before = exported("--number", "+46 70-174 90 05")
    assert [record["number"] for record in before["records"]] == [NUMBER]
    aged()
    command("purge")
    after = exported("--number", "0046701749005")
    assert [len(after["records"]), len(after["lookups"])] == [1, 1]
    assert found_in(json.dumps(after)) == []


def test_the_export_of_a_subject_holds_nothing_of_anybody_else() -> None:
    customer = customer_with_everything()
    screened(CLEAN, subject=Customer.objects.create(name="Ben", phone=""))
    assert CLEAN not in json.dumps(exported(*of(customer)))
    assert len(subject.export(subject=customer)["records"]) == 1


def test_attempts_of_nobody_with_the_same_number_belong_to_it() -> None:
    customer = customer_with_everything()
    RecordFactory(number=NUMBER, state="refused")
    assert len(subject.export(subject=customer)["records"]) == 2


def test_an_entry_of_the_lists_is_shown_and_stays() -> None:
    customer = customer_with_everything()
    ListEntry.objects.create(action="deny", match="number", value=NUMBER)
    assert len(subject.export(subject=customer)["list_entries"]) == 1
    subject.erase(number=NUMBER)
    assert [entry["value"] for entry in subject.export(number=NUMBER)["list_entries"]] == [NUMBER]


def test_erasing_leaves_nothing_that_points_to_the_person() -> None:
    customer = customer_with_everything()
    assert "1 records and 1 lookups erased." in command(
        "subject", *of(customer), "--erase", "--yes"
    )
    assert found_in(rows()) == []
    record = NumberInsightRecord.objects.get()
    assert (record.verdict, record.decision) == ("review", "released")


def test_others_with_the_same_number_keep_theirs() -> None:
    customer = customer_with_everything()
    brother = Customer.objects.create(name="Ben", phone="")
    screened(NUMBER, subject=brother)
    subject.erase(subject=customer)
    assert [record["number"] for record in subject.export(subject=brother)["records"]] == [NUMBER]
    assert [record["number"] for record in subject.export(subject=customer)["records"]] == [""]


def test_a_subject_that_is_deleted_can_still_be_erased() -> None:
    customer = customer_with_everything()
    words = of(customer)
    customer.delete()
    assert len(exported(*words)["records"]) == 1
    command("subject", *words, "--erase", "--yes")
    assert exported(*words)["records"] == []
    assert NumberInsightRecord.objects.get().subject_id == ""


def test_keys_that_are_no_integers_work_as_well() -> None:
    subject = UUIDCustomer.objects.create(id=uuid.uuid4(), phone="")
    screened(NUMBER, subject=subject)
    command("subject", *of(subject), "--erase", "--yes")
    assert NumberInsightRecord.objects.get().subject == subject
    subject.delete()
    command("purge")
    assert NumberInsightRecord.objects.get().subject_id == ""


def test_what_is_still_on_its_way_is_left_and_told() -> None:
    RecordFactory(
        number=NUMBER, state="waiting", lookup=LookupFactory(number=NUMBER, state="calling")
    )
    with pytest.raises(CommandError, match="All but 2 of 1 records and 1 lookups"):
        command("subject", "--number", NUMBER, "--erase", "--yes")
    assert NumberInsightRecord.objects.get().number == NUMBER


def test_a_late_answer_to_an_erased_lookup_brings_nothing_back() -> None:
    with asking():
        record = screened(NUMBER)
        subject.erase(number=NUMBER)
        lookup = record.lookup
        Lookup.objects.filter(pk=lookup.pk).update(state="uncertain")
        body = json.dumps({"status": 0, "number": NUMBER, "line_type": "virtual"}).encode()
        webhook.absorb(lookup.pk, body)
    assert found_in(rows()) == []


def test_nothing_is_erased_unless_somebody_says_yes() -> None:
    customer_with_everything()
    with pytest.raises(CommandError, match="say --yes"):
        command("subject", "--number", NUMBER, "--erase")
    assert found_in(rows()) != []


def test_a_file_with_an_export_is_for_its_owner_only(tmp_path: Path) -> None:
    customer_with_everything()
    place = tmp_path / "export.json"
    assert "1 record exported" in command("subject", "--number", NUMBER, "--export", str(place))
    assert json.loads(place.read_text(encoding="utf-8"))["records"][0]["number"] == NUMBER
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--number", "nobody"), "Enter the phone number with the digits"),
        ((), "Say either --number, or both --model and --pk"),
        (("--model", "tests.Customer"), "Say either --number, or both"),
        (("--number", NUMBER, "--pk", "1"), "Say either --number, or both"),
        (("--model", "shop.Nothing", "--pk", "1"), "There is no model 'shop.Nothing'"),
        (("--model", "nothing", "--pk", "1"), "There is no model 'nothing'"),
        (("--model", "tests.Customer", "--pk", "one"), "'one' is no key of tests.Customer"),
        (("--model", "tests.UUIDCustomer", "--pk", "1"), "'1' is no key of tests.UUIDCustomer"),
    ],
)
def test_bad_input_gets_one_sentence(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said) as caught:
        command("subject", *words, "--export")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        command("subject", "--number", NUMBER, "--export", str(tmp_path / "no" / "file"))


def test_what_was_typed_and_is_no_number_is_found_as_it_was_typed() -> None:
    screened("12345678901234567890")
    assert len(subject.export(number="12345678901234567890")["records"]) == 1
    subject.erase(number="12345678901234567890")
    assert len(subject.export(number="12345678901234567890")["records"]) == 1
    with pytest.raises(InvalidNumber):
        subject.export(number="9")


def test_code_has_to_say_whose() -> None:
    with pytest.raises(ValueError, match="Give either"):
        subject.held()
    with pytest.raises(ValueError, match="with a key"):
        subject.erase(subject=Customer(name="Ada"))
