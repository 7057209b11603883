"""A person can have all that is held on them exported and erased."""

from __future__ import annotations

import json
import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from number_insight import reviewing
from number_insight.exceptions import InvalidNumber, Uncertain
from number_insight.insight import Insight
from number_insight.lookups.outcomes import Outcome
from number_insight.models import ListEntry, Lookup, NumberInsightRecord, RiskFlag
from number_insight.privacy import subject
from number_insight.providers.base import Acknowledgement
from number_insight.providers.fake import Fake
from number_insight.screening import settlement, webhook
from number_insight.testing import LookupFactory, RecordFactory
from tests.models import ChildCustomer, Customer, ProxyCustomer, UUIDCustomer
from tests.privacy.stage import CANARIES, IP, NAME, NUMBER, aged, found_in, rows
from tests.support.stage import CLEAN, asking, command, money, screened

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


CALLER = {"name": NAME, "first_name": None, "last_name": None, "type": "consumer"}
LATE = {
    "status": 0,
    "number": NUMBER,
    "line_type": "landline_premium",
    "request_id": "canary-request",
    "price": "0.02",
    "caller": {**CALLER, "subscription_type": "unknown"},
}


def by_callback(lookup: Lookup) -> None:
    webhook.absorb(lookup.pk, json.dumps(LATE).encode())


def by_worker(lookup: Lookup) -> None:
    result = Insight.from_json({**Insight().as_json(), **LATE, "raw": LATE})
    settlement.save([Outcome(lookup=lookup, result=result, token=lookup.claim)])


@pytest.mark.parametrize("answer", [by_callback, by_worker])
@pytest.mark.parametrize("state", ["uncertain", "no_callback"])
def test_a_late_answer_to_what_was_erased_writes_nothing_back_and_turns_no_verdict(
    state: str, answer: Callable[[Lookup], None]
) -> None:
    with asking({NUMBER: Uncertain("Nobody knows.")}, STORE_RAW=True, STORE_LIVE=True):
        record = screened(NUMBER)
        Lookup.objects.update(state=state)
        subject.erase(number=NUMBER)
        before = NumberInsightRecord.objects.filter(pk=record.pk).values().get()
        lookup = Lookup.objects.get()
        answer(lookup)
    assert NumberInsightRecord.objects.filter(pk=record.pk).values().get() == before
    assert (before["verdict"], before["state"]) == ("review", "failed")
    lookup.refresh_from_db()
    assert (lookup.insight, lookup.raw, lookup.request_id) == (None, None, "")
    assert not lookup.conflict
    assert found_in(rows(), [*CANARIES, "canary-request"]) == []


def test_a_late_answer_to_what_was_erased_is_still_booked() -> None:
    with asking({NUMBER: Uncertain("Nobody knows.")}):
        screened(NUMBER)
        subject.erase(number=NUMBER)
        by_callback(Lookup.objects.get())
        assert money() == ("0.02", "0")
    assert Lookup.objects.get().state == "answered"


def test_a_late_acknowledgement_of_what_was_erased_writes_nothing_back() -> None:
    with asking({NUMBER: Uncertain("Nobody knows.")}):
        screened(NUMBER)
        subject.erase(number=NUMBER)
        lookup = Lookup.objects.get()
        promise = Acknowledgement(request_id="canary-request")
        settlement.save([Outcome(lookup=lookup, result=promise, token=lookup.claim)])
    assert "canary-request" not in rows()


def test_the_hold_of_an_uncertain_lookup_survives_its_erasure() -> None:
    with asking({NUMBER: Uncertain("Nobody knows.")}):
        screened(NUMBER)
        subject.erase(number=NUMBER)
        again = screened(NUMBER)
        assert len(Fake.asked) == 1
        assert (again.verdict, again.basis) == ("review", "no_answer")
        assert again.lookup == Lookup.objects.get()
        keys = ["another key of the site", settings.SECRET_KEY]
        with asking(FINGERPRINT_KEYS=keys):
            assert screened(NUMBER).basis == "no_answer"
        by_callback(Lookup.objects.get())
    again.refresh_from_db()
    assert (again.verdict, again.line_type) == ("deny", "landline_premium")
    assert Lookup.objects.get().insight is None


SPELLINGS = [
    NUMBER,
    NUMBER[1:],
    f"00{NUMBER[1:]}",
    f"011{NUMBER[1:]}",
    "+46 70-174 90 05",
    "+46 (0)70 174 90 05",
    "+46(0)701749005",
    "0046 (0) 70/1749005",
    "070-174 90 05",
    "0701749005",
    "(070) 174.90.05",
    "701749005",
    "70 174 90 05",
    "tel:+46-70-174-90-05",
    "+46\u00a070\u00a0174\u00a090\u00a005",
    "\u202a+46701749005\u202c",
    "+\uff14\uff16\uff17\uff10\uff11\uff17\uff14\uff19\uff10\uff10\uff15",
    "+\u0664\u0666\u0667\u0660\u0661\u0667\u0664\u0669\u0660\u0660\u0665",
    "%2B46%2070%20174%2090%2005",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_flag_of_the_project_keeps_no_spelling_of_the_number(spelling: str) -> None:
    record = RecordFactory(number=NUMBER)
    evidence = {"who": f"seen as {spelling}, twice", spelling: 1, "at": [spelling], "n": 46}
    RiskFlag.objects.create(
        record=record, code="own", weight=1, message=f"It is {spelling}.", evidence=evidence
    )
    subject.erase(number=NUMBER)
    flag = RiskFlag.objects.get()
    assert flag.evidence["n"] == 46
    text = json.dumps([flag.message, flag.evidence], ensure_ascii=False)
    digits = "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())
    assert "1749005" not in digits
    assert flag.message.startswith("It is ") and "twice" in flag.evidence["who"]


@pytest.mark.parametrize("value", [int(NUMBER[1:]), float(NUMBER[1:]), 701749005])
def test_a_flag_of_the_project_keeps_no_number_as_a_number(value: float) -> None:
    record = RecordFactory(number=NUMBER)
    RiskFlag.objects.create(record=record, code="own", weight=1, evidence={"number": value, "n": 7})
    subject.erase(number=NUMBER)
    assert RiskFlag.objects.get().evidence == {"number": "…", "n": 7}


@pytest.mark.parametrize("spelling", ["2001:4860:4860::8888", "2001:4860:4860:0:0:0:0:8888"])
def test_a_flag_of_the_project_keeps_no_spelling_of_the_ip(spelling: str) -> None:
    record = RecordFactory(number=NUMBER, ip_address="2001:4860:4860::8888")
    exploded = "2001:4860:4860:0000:0000:0000:0000:8888"
    RiskFlag.objects.create(record=record, code="own", weight=1, message=exploded.upper())
    subject.erase(number=NUMBER)
    assert RiskFlag.objects.get().message == "…"


@pytest.mark.parametrize("saved", [Customer, ChildCustomer, ProxyCustomer])
@pytest.mark.parametrize("asked", [Customer, ChildCustomer, ProxyCustomer])
def test_parents_children_and_proxies_are_one_person(
    saved: type[Customer], asked: type[Customer]
) -> None:
    made = saved.objects.create(name="Ada", phone=NUMBER)
    NumberInsightRecord.objects.update(state="screened")
    somebody = asked(pk=made.pk)
    assert len(subject.export(subject=somebody)["records"]) == 1
    assert list(NumberInsightRecord.objects.for_subject(somebody)) == [made.get_phone_record()]
    assert "1 records and 0 lookups erased." in command(
        "subject", *of(somebody), "--erase", "--yes"
    )
    assert found_in(rows()) == []


def test_a_child_that_is_only_its_parent_any_more_is_still_somebody() -> None:
    child = ChildCustomer.objects.create(name="Ada", phone=NUMBER)
    NumberInsightRecord.objects.update(state="screened")
    child.delete(keep_parents=True)
    aged()
    command("purge")
    parent = Customer.objects.get()
    assert parent.get_phone_record().subject == parent
    parent.delete()
    command("purge")
    assert NumberInsightRecord.objects.get().subject_id == ""


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
