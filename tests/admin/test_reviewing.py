"""The actions of a reviewer: release, refuse, look up again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import trans_real

from number_insight import loading, reviewing
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis
from number_insight.providers.fake import Fake
from number_insight.screening import signup, sweeps
from tests.admin.builders import (
    LIST,
    NUMBER,
    action_url,
    confirmed,
    make_record,
    make_staff,
    messages_of,
    page_of,
    selected,
)
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db

OTHER = "+46701740699"


@pytest.fixture
def reviewer(client: Client) -> User:
    user = make_staff("ada", "view_numberinsightrecord", "decide_numberinsightrecord")
    client.force_login(user)
    return user


@pytest.mark.parametrize(("action", "decision"), [("release", "released"), ("refuse", "refused")])
def test_a_decision_is_kept_with_who_when_and_why(
    client: Client, reviewer: User, action: str, decision: str
) -> None:
    record = make_record()
    response = client.post(action_url(action), confirmed(record, reason=" Called back. "))
    assert response.status_code == 302
    record.refresh_from_db()
    assert (record.decision, record.decided_by) == (decision, reviewer)
    assert record.decision_reason == "Called back."
    assert record.decided_at is not None
    assert messages_of(response) == [f"1 signup was {decision}."]


def test_the_list_asks_for_confirmation(client: Client, reviewer: User) -> None:
    record, other = make_record(), make_record(OTHER)
    chosen = selected("refuse", record, other)
    response = client.post(LIST, chosen)
    page = response.content.decode()
    assert "+46 70 *** ** 05" in page
    assert 'name="reason"' in page
    assert f'action="{action_url("refuse")}"' in page
    assert not NumberInsightRecord.objects.exclude(decision="").exists()


def test_the_button_asks_for_confirmation_and_leads_back_to_the_record(
    client: Client, reviewer: User
) -> None:
    record = make_record()
    pressed = {"_selected_action": record.pk, "one": "1"}
    assert 'name="one"' in client.post(action_url("release"), pressed).content.decode()
    response = client.post(action_url("release"), {**confirmed(record), "one": "1"})
    assert response["Location"] == page_of(record)


def test_the_filters_of_the_list_survive_an_action(client: Client, reviewer: User) -> None:
    record = make_record()
    chosen = selected("release", record)
    page = client.post(f"{LIST}?queue=waiting", chosen)
    response = client.post(page.context["action_url"], confirmed(record))
    assert response["Location"] == f"{LIST}?queue=waiting"


def test_a_refusal_needs_a_reason(client: Client, reviewer: User) -> None:
    record = make_record()
    response = client.post(action_url("refuse"), confirmed(record, reason="  "))
    assert "Say why: choose a reason, or write one." in response.content.decode()
    record.refresh_from_db()
    assert record.decision == ""


def test_a_release_needs_no_reason(client: Client, reviewer: User) -> None:
    record = make_record()
    client.post(action_url("release"), confirmed(record))
    record.refresh_from_db()
    assert record.decision == "released"


def test_the_decision_of_the_first_reviewer_stands_and_the_second_is_told_whose_it_is(
    client: Client, reviewer: User
) -> None:
    record, other = make_record(), make_record(OTHER)
    chosen = selected("refuse", record, other)
    client.post(f"{LIST}?queue=waiting", chosen)  # both have the page before them
    first = User.objects.create(username="grace")
    reviewing.release(NumberInsightRecord.objects.get(pk=record.pk), user=first)
    response = client.post(action_url("refuse"), confirmed(record, other, reason="No."))
    record.refresh_from_db()
    other.refresh_from_db()
    assert (record.decision, record.decided_by) == ("released", first)
    assert other.decision == "refused"
    done, skipped = messages_of(response)
    assert done == "1 signup was refused."
    assert skipped.startswith(f"Record {record.pk} is left alone: it was released by grace")


def test_the_confirmation_says_which_records_are_decided_already(
    client: Client, reviewer: User
) -> None:
    record = make_record(decision="released")
    chosen = selected("refuse", record)
    page = client.post(LIST, chosen).content.decode()
    assert "is left alone" in page
    assert 'name="confirmed"' not in page


@pytest.mark.parametrize("action", ["release", "refuse", "look_up_again"])
def test_nothing_is_done_without_the_permission(client: Client, action: str) -> None:
    client.force_login(make_staff("bob", "view_numberinsightrecord"))
    record = make_record()
    assert client.post(action_url(action), confirmed(record, reason="x")).status_code == 403
    assert f'value="{action}"' not in client.get(LIST).content.decode()
    record.refresh_from_db()
    assert record.decision == ""
    assert not Lookup.objects.exists()


def test_more_records_than_fit_on_a_page_are_skipped_with_a_count(
    client: Client, reviewer: User
) -> None:
    records = [make_record(decision="released") for _ in range(7)]
    *skipped, more = messages_of(client.post(action_url("release"), confirmed(*records)))
    assert len(skipped) == 5
    assert all("is left alone" in message for message in skipped)
    assert more == "2 more were left alone."


def test_the_permission_to_decide_does_not_allow_to_spend(client: Client, reviewer: User) -> None:
    response = client.post(action_url("look_up_again"), confirmed(make_record()))
    assert response.status_code == 403


def test_an_unknown_action_is_not_found(client: Client, reviewer: User) -> None:
    assert client.post(action_url("erase")).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 40, "\0", "٣"])
def test_a_key_that_is_no_key_does_nothing(client: Client, reviewer: User, key: str) -> None:
    make_record()
    data = {"_selected_action": key, "confirmed": "1"}
    assert client.post(action_url("release"), data).status_code == 302
    assert not LogEntry.objects.exists()


def test_each_action_leaves_a_log_entry_without_the_whole_number(
    client: Client, reviewer: User
) -> None:
    record, other = make_record(), make_record(OTHER, decision="released")
    client.post(action_url("refuse"), confirmed(record, other, reason="No."))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (reviewer, str(record.pk))
    assert entry.get_change_message() == "Refused.\nNo."
    assert "70174" not in entry.object_repr
    assert "Refused." in client.get(f"{LIST}{record.pk}/history/").content.decode()


def test_too_many_records_at_once_are_rejected(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("number_insight.admin.confirmation.MAX_RECORDS", 2)
    records = [make_record() for _ in range(3)]
    response = admin_client.post(LIST, selected("release", *records))
    assert messages_of(response) == ["Choose at most 2 records at a time."]


def test_too_many_records_are_rejected_where_they_are_posted_as_well(
    client: Client, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("number_insight.admin.confirmation.MAX_RECORDS", 2)
    records = [make_record(f"+4670174060{index}") for index in range(3)]
    response = client.post(action_url("release"), confirmed(*records))
    assert messages_of(response) == ["Choose at most 2 records at a time."]
    assert set(NumberInsightRecord.objects.values_list("decision", flat=True)) == {""}


def test_looking_up_again_names_its_highest_price_first(admin_client: Client) -> None:
    records = [make_record(number) for number in (NUMBER, OTHER, "call me")]
    page = admin_client.post(LIST, selected("look_up_again", *records)).content.decode()
    assert page.count("0.03 EUR") == 2
    assert "0.06 EUR" in page
    assert "cannot be asked: free facts" in page
    assert not Lookup.objects.exists()


def test_looking_up_again_asks_once_more_and_is_logged(admin_client: Client) -> None:
    record = signup.screen("+46701740611")
    sweeps.sweep(inline=True)
    response = admin_client.post(action_url("look_up_again"), confirmed(record))
    assert messages_of(response) == ["1 number is being looked up again."]
    sweeps.sweep(inline=True)
    assert len(Fake.asked) == 2
    record.refresh_from_db()
    assert (record.state, record.verdict) == ("screened", "review")
    assert LogEntry.objects.get().get_change_message() == "Looked up again."


def test_a_number_that_cannot_be_looked_up_is_reported_and_not_logged(admin_client: Client) -> None:
    record = make_record("call me")
    response = admin_client.post(action_url("look_up_again"), confirmed(record))
    (message,) = messages_of(response)
    assert message.startswith(f"Record {record.pk}: Nothing can be asked about this number")
    assert not LogEntry.objects.exists()


def test_a_number_that_cannot_be_looked_up_is_reported_in_the_language_of_the_user(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {
        "Record %(pk)s: %(why)s": "Post %(pk)s: %(why)s",
        "Nothing can be asked about this number: %(why)s.": "Inget att fråga: %(why)s.",
        str(Basis.FREE.label): "fria fakta",
    }
    for source, translation in words.items():
        catalog = trans_real.translation("sv")._catalog._catalogs[0]
        monkeypatch.setitem(catalog, source, translation)
    record = make_record("call me")
    data = confirmed(record)
    response = admin_client.post(
        action_url("look_up_again"), data, headers={"accept-language": "sv"}
    )
    assert messages_of(response) == [f"Post {record.pk}: Inget att fråga: fria fakta."]


def test_a_misconfigured_provider_is_reported(admin_client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = {"PROVIDERS": {"other": {}}}
    record = make_record()
    chosen = selected("look_up_again", record)
    assert "manage.py check says why" in admin_client.post(LIST, chosen).content.decode()
    (message,) = messages_of(admin_client.post(action_url("look_up_again"), confirmed(record)))
    assert message == f"Record {record.pk}: {loading.MISFIT}"


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_the_same_moment_one_decides_and_the_other_is_told() -> None:
    record = make_record()
    presses = [("ada", "release", Client()), ("grace", "refuse", Client())]
    for name, _action, client in presses:
        permissions = ("view_numberinsightrecord", "decide_numberinsightrecord")
        client.force_login(make_staff(name, *permissions))

    def press(index: int) -> list[str]:
        name, action, client = presses[index]
        return messages_of(client.post(action_url(action), confirmed(record, reason=name)))

    messages = [message for shown in at_once(2, press) for message in shown]
    record.refresh_from_db()
    entry = LogEntry.objects.get()
    assert entry.user == record.decided_by
    assert record.decision_reason == entry.user.username
    done, skipped = sorted(messages)
    assert done == f"1 signup was {record.decision}."
    assert f"it was {record.decision} by {entry.user.username}" in skipped
