"""Release, refuse, look up again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from django.utils.translation import trans_real

from number_insight import reviewing
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis
from number_insight.providers.fake import Fake
from number_insight.screening import signup, tasks
from tests.admin.builders import (
    LIST,
    act_url,
    confirmed,
    make_record,
    make_staff,
    page_of,
)

pytestmark = pytest.mark.django_db


def _told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def reviewer(client: Client) -> User:
    user = make_staff("ada", "view_numberinsightrecord", "decide_numberinsightrecord")
    client.force_login(user)
    return user


@pytest.mark.parametrize(("act", "decision"), [("release", "released"), ("refuse", "refused")])
def test_a_decision_is_kept_with_who_when_and_why(
    client: Client, reviewer: User, act: str, decision: str
) -> None:
    record = make_record()
    response = client.post(act_url(act), confirmed(record, reason=" Called back. "))
    assert response.status_code == 302
    record.refresh_from_db()
    assert (record.decision, record.decided_by) == (decision, reviewer)
    assert record.decision_reason == "Called back."
    assert record.decided_at is not None
    assert _told(response) == [f"1 signup was {decision}."]


def test_the_list_asks_before_anything_is_done(client: Client, reviewer: User) -> None:
    record, other = make_record(), make_record("+46701740699")
    chosen = {"action": "refuse", "_selected_action": [record.pk, other.pk], "index": "0"}
    response = client.post(LIST, chosen)
    page = response.content.decode()
    assert "+46 70 174 06 05" in page
    assert 'name="reason"' in page
    assert f'action="{act_url("refuse")}"' in page
    assert not NumberInsightRecord.objects.exclude(decision="").exists()


def test_the_button_asks_as_well_and_leads_back_to_the_record(
    client: Client, reviewer: User
) -> None:
    record = make_record()
    pressed = {"_selected_action": record.pk, "one": "1"}
    assert 'name="one"' in client.post(act_url("release"), pressed).content.decode()
    response = client.post(act_url("release"), {**confirmed(record), "one": "1"})
    assert response["Location"] == page_of(record)


def test_the_filters_of_the_list_survive_an_act(client: Client, reviewer: User) -> None:
    record = make_record()
    chosen = {"action": "release", "_selected_action": [record.pk], "index": "0"}
    page = client.post(f"{LIST}?queue=waiting", chosen)
    response = client.post(page.context["action_url"], confirmed(record))
    assert response["Location"] == f"{LIST}?queue=waiting"


def test_a_refusal_needs_a_reason(client: Client, reviewer: User) -> None:
    record = make_record()
    response = client.post(act_url("refuse"), confirmed(record, reason="  "))
    assert "This field is required." in response.content.decode()
    record.refresh_from_db()
    assert record.decision == ""


def test_a_release_needs_none(client: Client, reviewer: User) -> None:
    record = make_record()
    client.post(act_url("release"), confirmed(record))
    record.refresh_from_db()
    assert record.decision == "released"


def test_the_first_of_two_reviewers_stands_and_the_second_is_told_who(
    client: Client, reviewer: User
) -> None:
    record, other = make_record(), make_record("+46701740699")
    chosen = {"action": "refuse", "_selected_action": [record.pk, other.pk], "index": "0"}
    client.post(f"{LIST}?queue=waiting", chosen)  # both have the page before them
    first = User.objects.create(username="grace")
    reviewing.release(NumberInsightRecord.objects.get(pk=record.pk), user=first)
    response = client.post(act_url("refuse"), confirmed(record, other, reason="No."))
    record.refresh_from_db()
    other.refresh_from_db()
    assert (record.decision, record.decided_by) == ("released", first)
    assert other.decision == "refused"
    done, left = _told(response)
    assert done == "1 signup was refused."
    assert left.startswith(f"Record {record.pk} is left alone: it was released by grace")


def test_what_is_decided_already_is_announced_as_left_alone(client: Client, reviewer: User) -> None:
    record = make_record(decision="released")
    chosen = {"action": "refuse", "_selected_action": [record.pk], "index": "0"}
    page = client.post(LIST, chosen).content.decode()
    assert "is left alone" in page
    assert 'name="confirmed"' not in page


@pytest.mark.parametrize("act", ["release", "refuse", "look_up_again"])
def test_nothing_is_done_without_the_permission(client: Client, act: str) -> None:
    client.force_login(make_staff("bob", "view_numberinsightrecord"))
    record = make_record()
    assert client.post(act_url(act), confirmed(record, reason="x")).status_code == 403
    assert f'value="{act}"' not in client.get(LIST).content.decode()
    record.refresh_from_db()
    assert record.decision == ""
    assert not Lookup.objects.exists()


def test_to_decide_is_not_to_spend(client: Client, reviewer: User) -> None:
    response = client.post(act_url("look_up_again"), confirmed(make_record()))
    assert response.status_code == 403


def test_nothing_is_done_by_get(client: Client, reviewer: User) -> None:
    record = make_record()
    response = client.get(act_url("release"), confirmed(record))
    assert response["Location"] == LIST
    record.refresh_from_db()
    assert record.decision == ""


def test_nothing_is_done_without_the_token(reviewer: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reviewer)
    record = make_record()
    assert strict.post(act_url("release"), confirmed(record)).status_code == 403
    record.refresh_from_db()
    assert record.decision == ""


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    response = client.post(act_url("release"), confirmed(make_record()))
    assert response["Location"].startswith("/admin/login/")


def test_an_act_that_does_not_exist_is_not_found(client: Client, reviewer: User) -> None:
    assert client.post(act_url("erase")).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "-1", "9" * 40, "\0", "٣"])
def test_a_bad_key_does_nothing(client: Client, reviewer: User, key: str) -> None:
    make_record()
    data = {"_selected_action": key, "confirmed": "1"}
    assert client.post(act_url("release"), data).status_code == 302
    assert not LogEntry.objects.exists()


def test_each_act_leaves_a_log_entry_without_the_whole_number(
    client: Client, reviewer: User
) -> None:
    record, other = make_record(), make_record("+46701740699", decision="released")
    client.post(act_url("refuse"), confirmed(record, other, reason="No."))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (reviewer, str(record.pk))
    assert entry.get_change_message() == "Refused."
    assert "70174" not in entry.object_repr
    assert "Refused." in client.get(f"{LIST}{record.pk}/history/").content.decode()


def test_too_many_at_once_are_not_taken(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("number_insight.admin.confirmation.MAX_RECORDS", 2)
    keys = [make_record().pk for _ in range(3)]
    chosen = {"action": "release", "_selected_action": keys, "index": "0"}
    response = admin_client.post(LIST, chosen)
    assert _told(response) == ["Choose at most 2 records at a time."]


def test_looking_up_again_says_first_what_it_costs_at_most(admin_client: Client) -> None:
    keys = [make_record().pk, make_record("+46701740699").pk, make_record("call me").pk]
    chosen = {"action": "look_up_again", "_selected_action": keys, "index": "0"}
    page = admin_client.post(LIST, chosen).content.decode()
    assert page.count("0.03 EUR") == 2
    assert "0.06 EUR" in page
    assert "cannot be asked: free facts" in page
    assert not Lookup.objects.exists()


def test_looking_up_again_asks_once_more_and_is_logged(admin_client: Client) -> None:
    record = signup.screen("+46701740611")
    tasks.sweep(inline=True)
    response = admin_client.post(act_url("look_up_again"), confirmed(record))
    assert _told(response) == ["1 number is being looked up again."]
    tasks.sweep(inline=True)
    assert len(Fake.asked) == 2
    record.refresh_from_db()
    assert (record.state, record.verdict) == ("screened", "review")
    assert LogEntry.objects.get().get_change_message() == "Looked up again."


def test_what_cannot_be_looked_up_is_told_and_not_logged(admin_client: Client) -> None:
    record = make_record("call me")
    response = admin_client.post(act_url("look_up_again"), confirmed(record))
    (told,) = _told(response)
    assert told.startswith(f"Record {record.pk}: Nothing can be asked about this number")
    assert not LogEntry.objects.exists()


def test_what_cannot_be_looked_up_is_told_in_the_language_of_the_reader(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {
        "Record %(pk)s: %(why)s": "Post %(pk)s: %(why)s",
        "Nothing can be asked about this number: %(why)s.": "Inget att fråga: %(why)s.",
        str(Basis.FREE.label): "fria fakta",
    }
    for source, told in words.items():
        monkeypatch.setitem(trans_real.translation("sv")._catalog._catalogs[0], source, told)
    record = make_record("call me")
    data = confirmed(record)
    response = admin_client.post(act_url("look_up_again"), data, headers={"accept-language": "sv"})
    assert _told(response) == [f"Post {record.pk}: Inget att fråga: fria fakta."]


def test_a_provider_that_is_misconfigured_is_told(admin_client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = {"PROVIDERS": {}}
    record = make_record()
    chosen = {"action": "look_up_again", "_selected_action": [record.pk], "index": "0"}
    assert "has no provider" in admin_client.post(LIST, chosen).content.decode()
    (told,) = _told(admin_client.post(act_url("look_up_again"), confirmed(record)))
    assert "has no provider" in told
