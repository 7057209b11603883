"""The review desk: the queue, one case, and what is done with it."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import DecisionEvent, ListEntry, Lookup, NumberInsightRecord
from number_insight.screening import signup, tasks
from tests.admin.builders import (
    DESK,
    add_flag,
    make_lookup,
    make_record,
    make_staff,
    messages_of,
    page_of,
    posted,
    queries_of,
    text_of,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_numberinsightrecord", "decide_numberinsightrecord"
VIRTUAL, PREMIUM, THIRD = "+46701740605", "+46701740611", "+46701740622"


@pytest.fixture
def reviewer(client: Client) -> User:
    user = make_staff("ada", SEE, DECIDE, "view_full_number")
    client.force_login(user)
    return user


def _waiting(number: str = VIRTUAL, **fields: Any) -> NumberInsightRecord:
    """Return a stored record that waits at the desk, with a flag."""
    record = make_record(number, **{"score": 30, **fields})
    add_flag(record)
    return record


def _shown(response: Any) -> NumberInsightRecord | None:
    """Return the record that a page of the desk shows."""
    case = response.context["case"]
    return case.record if case else None


# Lanes and order


def test_each_lane_is_a_tab_with_its_count(client: Client, reviewer: User) -> None:
    for _ in range(3):
        _waiting()
    _waiting(lane="no_answer")
    page = " ".join(text_of(client.get(DESK)).split())
    assert "risk 3 no answer 1 budget 0 a rule failed 0" in page


def test_the_desk_opens_at_the_first_lane_in_which_something_waits(
    client: Client, reviewer: User
) -> None:
    record = _waiting(lane="budget", basis="budget")
    assert _shown(client.get(DESK)) == record


def test_the_highest_score_comes_first_and_the_oldest_of_those_alike(
    client: Client, reviewer: User
) -> None:
    _low, first, second = _waiting(score=30), _waiting(score=80), _waiting(score=80)
    response = client.get(DESK)
    assert _shown(response) == first
    assert response.context["ahead"][0]["record"] == second


def test_the_order_is_the_persons_choice_and_is_kept(client: Client, reviewer: User) -> None:
    oldest, _high = _waiting(score=30), _waiting(score=80)
    assert _shown(client.get(DESK, {"lane": "risk", "order": "oldest"})) == oldest
    assert _shown(client.get(DESK)) == oldest


def test_a_signup_that_comes_meanwhile_does_not_push_ahead_of_the_next_one(
    client: Client, reviewer: User
) -> None:
    first, second = _waiting(score=60), _waiting(score=50)
    client.get(DESK)
    _waiting(score=90)
    response = client.post(DESK, posted(first, "release"), follow=True)
    assert _shown(response) == second


def test_a_refusal_of_the_form_never_waits(client: Client, reviewer: User) -> None:
    make_record(state="refused", verdict="deny", score=100)
    response = client.get(DESK)
    assert _shown(response) is None
    assert "Nothing waits in this lane." in text_of(response)


def test_an_empty_desk_says_how_many_were_decided_today(client: Client, reviewer: User) -> None:
    response = client.post(DESK, posted(_waiting(), "release"), follow=True)
    assert "You have decided 1 case today." in text_of(response)


# The index


def test_the_index_says_how_many_wait_and_for_how_long(client: Client, reviewer: User) -> None:
    _waiting()
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=3))
    _waiting()
    page = client.get(reverse("admin:index"))
    assert "Review desk (2, the oldest 3 h)" in text_of(page)
    entry = reverse("admin:number_insight_reviewdesk_changelist")
    assert entry in page.content.decode()
    assert client.get(entry)["Location"] == DESK


def test_the_index_has_no_desk_for_people_who_may_not_decide(client: Client) -> None:
    client.force_login(make_staff("bob", SEE))
    assert "Review desk" not in text_of(client.get(reverse("admin:index")))
    assert client.get(DESK).status_code == 403
    assert client.post(DESK, posted(_waiting(), "release")).status_code == 403
    assert not NumberInsightRecord.objects.exclude(decision="").exists()


def test_to_decide_one_has_to_see_records_too(client: Client) -> None:
    client.force_login(make_staff("bob", DECIDE))
    assert client.get(DESK).status_code == 403


# The case


def test_a_case_says_why_it_waits_and_what_would_have_let_it_pass(
    client: Client, reviewer: User
) -> None:
    page = text_of(client.get(DESK, {"record": _waiting().pk}))
    assert "Virtual line alone: 30 points, and “review” begins at 30." in page
    assert "Would have passed if the line were mobile." in page
    assert "+30 Virtual line The line is virtual." in page


def test_a_finding_without_a_condition_is_named_and_not_told_again(
    client: Client, reviewer: User
) -> None:
    record = _waiting(score=70)
    add_flag(record, "live", group="", weight=40, message="A finding about the phone.")
    page = text_of(client.get(DESK))
    assert "Would have passed without “State of the phone” and “Virtual line”." in page
    assert page.count("A finding about the phone.") == 1


def test_what_does_not_count_is_folded_with_its_cause(client: Client, reviewer: User) -> None:
    record = _waiting()
    add_flag(record, "pager", weight=20, counted=False, message="The line is a pager.")
    add_flag(record, "burst", group="", weight=15, counted=False, shadow=True, message="A burst.")
    page = client.get(DESK).content.decode()
    folded = page[page.index('class="ni-folded"') :]
    assert "outweighed by Virtual line (30)" in folded
    assert "on trial" in folded


def test_what_a_list_explains_names_the_entry(client: Client, reviewer: User) -> None:
    record = _waiting()
    allow = "The carrier is on the allow list."
    add_flag(record, "allow_wider", group="lists", weight=0, message=allow, evidence={"entry": 12})
    add_flag(record, "carrier_country", group="place", weight=20, counted=False, message="Far.")
    assert "explained by list entry 12" in text_of(client.get(DESK))


def test_a_flag_of_a_list_shows_its_entry_to_those_who_may_see_lists(
    client: Client, reviewer: User
) -> None:
    reason = "Ordered three times, and never paid."
    entry = ListEntry.objects.create(
        action="deny", match="number", value=VIRTUAL, reason=reason, author=reviewer
    )
    with signup.suspended():
        customer = Customer.objects.create(name="Ada", phone=VIRTUAL)
    signup.screen(VIRTUAL, subject=customer)
    tasks.sweep(inline=True)
    assert reason not in client.get(DESK).content.decode()
    client.force_login(make_staff("bea", SEE, DECIDE, "view_listentry"))
    page = client.get(DESK, {"record": NumberInsightRecord.objects.get().pk}).content.decode()
    assert f"{reason}</bdi> · by ada · for good" in page
    assert reverse("admin:number_insight_listentry_change", args=[entry.pk]) in page


def test_a_case_without_an_answer_begins_with_the_cause(client: Client, reviewer: User) -> None:
    lookup = make_lookup(
        state="uncertain", error="The 3 seconds for it were over", called_at=timezone.now()
    )
    make_record(lane="no_answer", basis="no_answer", state="failed", lookup=lookup)
    page = text_of(client.get(DESK))
    assert "No answer from default (" in page
    assert "The 3 seconds for it were over. It may have been paid for, so it is not asked" in page


def test_a_question_that_is_asked_again_says_when(client: Client, reviewer: User) -> None:
    at = timezone.now() + timedelta(minutes=9)
    lookup = make_lookup(state="queued", next_try_at=at)
    make_record(lane="no_answer", basis="no_answer", state="failed", lookup=lookup)
    assert "It is asked again at " in text_of(client.get(DESK))


def test_the_score_is_drawn_with_both_thresholds(client: Client, reviewer: User) -> None:
    _waiting(score=75)
    page = client.get(DESK).content.decode()
    assert 'aria-label="Score 75: review from 30, deny from 80"' in page
    assert 'width="75%"' in page
    assert 'x1="30%"' in page
    assert 'x1="80%"' in page


def test_the_page_has_no_inline_style_or_script(client: Client, reviewer: User) -> None:
    _waiting()
    main = client.get(DESK).content.decode()
    main = main[main.index('id="content-main"') :]
    assert " style=" not in main
    assert " onclick=" not in main
    assert "<script" not in main


def test_others_of_the_number_ip_and_network_are_summed_up_by_decision(
    client: Client, reviewer: User
) -> None:
    record = _waiting(score=90, ip_address="81.2.69.142")
    for decision in ("refused", "refused", "released", ""):
        make_record(PREMIUM, ip_address="81.2.69.142", decision=decision)
    make_record(THIRD, ip_address="81.2.69.7", verdict="allow")
    make_record(record.number, decision="released")
    page = text_of(client.get(DESK))
    assert "This number before 1 other: 1 released" in page
    assert "This IP before 4 others: 2 refused, 1 released, 1 wait" in page
    assert "This network before 1 other: 1 passed" in page
    assert "Decide these 2 together …" in page


@pytest.mark.parametrize("fields", [{}, {"ip_address": "2a02:2f00::1"}, {"country": ""}])
def test_a_case_of_which_little_is_known_is_shown(
    client: Client, reviewer: User, fields: dict[str, Any]
) -> None:
    make_record(line_type="unknown", **fields)
    assert client.get(DESK).status_code == 200


def test_the_desk_takes_fifteen_queries_at_most_however_many_wait(admin_client: Client) -> None:
    entry = ListEntry.objects.create(action="deny", match="number", value=VIRTUAL)
    for index in range(30):
        customer = Customer(name=f"Ada {index}", phone="")
        customer.save()
        record = _waiting(subject=customer, ip_address="81.2.69.142", lookup=make_lookup())
        add_flag(record, "deny_number", group="lists", evidence={"entry": entry.pk})
        if index == 1:
            queries_of(admin_client, DESK)  # fills the cache of content types
            few = len(queries_of(admin_client, DESK))
    many = queries_of(admin_client, DESK)
    assert len(many) == few
    assert len(many) <= 15, "\n".join(many)


# Decisions


def test_one_page_load_releases_a_signup_and_shows_the_next(client: Client, reviewer: User) -> None:
    first, second = _waiting(score=80), _waiting(PREMIUM)
    response = client.post(DESK, posted(first, "release"), follow=True)
    first.refresh_from_db()
    assert (first.decision, first.decided_by) == ("released", reviewer)
    assert _shown(response) == second
    assert len(response.redirect_chain) == 1
    assert "Released +46 70 *** ** 05 . Undo" in text_of(response)


def test_a_refusal_keeps_its_reason_as_code_and_text(client: Client, reviewer: User) -> None:
    record = _waiting()
    code = reviewing.reasons()[1][0]
    client.post(DESK, posted(record, "refuse", reason_code=code, reason=" Called. "))
    record.refresh_from_db()
    assert (record.decision, record.reason_code, record.decision_reason) == (
        "refused",
        code,
        "Called.",
    )
    event = DecisionEvent.objects.get()
    assert (event.act, event.user, event.reason_code) == ("refuse", reviewer, code)


def test_a_refusal_without_a_reason_comes_back_and_says_so(client: Client, reviewer: User) -> None:
    record = _waiting()
    response = client.post(DESK, posted(record, "refuse", reason="  "))
    assert "Say why: choose a reason, or write one." in text_of(response)
    assert _shown(response) == record
    record.refresh_from_db()
    assert record.decision == ""


@pytest.mark.parametrize("text", ["x" * 2001, "\0"])
def test_a_reason_that_cannot_be_kept_comes_back_as_it_was_typed(
    client: Client, reviewer: User, text: str
) -> None:
    record = _waiting()
    response = client.post(DESK, posted(record, "refuse", reason=text))
    assert response.status_code == 200
    assert response.context["trouble"]
    record.refresh_from_db()
    assert record.decision == ""


def test_a_reason_of_two_thousand_letters_is_kept(client: Client, reviewer: User) -> None:
    record = _waiting()
    client.post(DESK, posted(record, "refuse", reason="x" * 2000))
    record.refresh_from_db()
    assert len(record.decision_reason) == 2000
    assert client.get(page_of(record)).status_code == 200


def test_an_unknown_reason_or_act_decides_nothing(client: Client, reviewer: User) -> None:
    record = _waiting()
    client.post(DESK, posted(record, "refuse", reason_code="no such reason"))
    client.post(DESK, posted(record, "destroy"))
    record.refresh_from_db()
    assert record.decision == ""


@pytest.mark.parametrize("key", ["", "999999", "x", "9" * 40, "-1"])
def test_a_record_that_is_gone_is_said_to_be(client: Client, reviewer: User, key: str) -> None:
    response = client.post(DESK, {"record": key, "act": "release"})
    assert response.status_code == 302
    assert messages_of(response) == ["This record is gone."]


def test_a_refusal_can_deny_the_number_ip_and_block_as_well(client: Client) -> None:
    client.force_login(make_staff("ada", SEE, DECIDE, "add_listentry"))
    record = _waiting(ip_address="81.2.69.142")
    also = {"also": ["number", "ip", "prefix"], "expires": "30"}
    client.post(DESK, posted(record, "refuse", reason="A ring.", **also))
    entries = {entry.match: entry for entry in ListEntry.objects.all()}
    assert {match: entry.value for match, entry in entries.items()} == {
        "number": VIRTUAL,
        "ip": "81.2.69.142",
        "prefix": VIRTUAL[:-2],
    }
    for entry in entries.values():
        assert (entry.action, entry.reason, str(entry.author)) == ("deny", "A ring.", "ada")
        left = entry.expires_at - timezone.now()
        assert timedelta(days=29) < left <= timedelta(days=30)


def test_nothing_is_put_on_a_list_without_the_permission_or_by_a_release(
    client: Client, reviewer: User
) -> None:
    record = _waiting()
    client.post(DESK, posted(record, "refuse", reason="x", also=["number"]))
    client.force_login(make_staff("bea", SEE, DECIDE, "add_listentry"))
    client.post(DESK, posted(_waiting(PREMIUM), "release", also=["number"]))
    assert not ListEntry.objects.exists()


def test_a_decision_that_a_colleague_was_quicker_with_stands(
    client: Client, reviewer: User
) -> None:
    record = _waiting()
    grace = User.objects.create(username="grace")
    reviewing.refuse(NumberInsightRecord.objects.get(pk=record.pk), user=grace, reason="x")
    response = client.post(DESK, posted(record, "release"), follow=True)
    record.refresh_from_db()
    assert (record.decision, record.decided_by) == ("refused", grace)
    assert "it was refused by grace" in text_of(response)


def test_a_case_that_was_judged_anew_comes_back_with_what_changed(
    client: Client, reviewer: User
) -> None:
    record = _waiting()
    form = posted(record, "release", reason="Known.")
    NumberInsightRecord.objects.update(verdict="deny", score=110)
    add_flag(record, "premium", weight=80)
    response = client.post(DESK, form)
    page = text_of(response)
    assert "Judged anew meanwhile: deny with a score of 110; before it was review with 30." in page
    assert "New: Premium-rate line." in page
    assert ">Known.</textarea>" in response.content.decode()
    record.refresh_from_db()
    assert record.decision == ""
    client.post(DESK, posted(record, "release"))
    record.refresh_from_db()
    assert record.decision == "released"


# Skipping, undoing, looking up again


def test_a_skipped_case_comes_back_when_the_person_comes_anew(
    client: Client, reviewer: User
) -> None:
    first, second = _waiting(score=80), _waiting()
    response = client.post(DESK, posted(first, "skip"), follow=True)
    assert _shown(response) == second
    assert _shown(client.get(DESK, {"lane": "risk"})) == second
    first.refresh_from_db()
    assert first.claimed_by is None
    assert _shown(client.get(DESK)) == first


def test_a_skipped_case_comes_back_after_half_an_hour(
    client: Client, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _waiting(score=80)
    _waiting()
    client.post(DESK, posted(first, "skip"))
    later = time.time() + 31 * 60
    monkeypatch.setattr("number_insight.admin.desk_state.time.time", lambda: later)
    assert _shown(client.get(DESK, {"lane": "risk"})) == first


def test_a_decision_is_undone_and_its_case_is_shown_again(client: Client, reviewer: User) -> None:
    record = _waiting(score=80)
    _waiting()
    client.post(DESK, posted(record, "release"))
    response = client.post(DESK, posted(record, "undo"), follow=True)
    record.refresh_from_db()
    assert record.decision == ""
    assert _shown(response) == record
    assert "Undone: the signup waits again." in text_of(response)
    assert response.context["last"] is None
    assert [event.act for event in DecisionEvent.objects.all()] == ["release", "undo"]


def test_nobody_undoes_a_colleagues_decision_or_an_old_one(client: Client, reviewer: User) -> None:
    theirs, old = _waiting(), _waiting(PREMIUM)
    reviewing.release(theirs, user=User.objects.create(username="grace"))
    reviewing.release(old, user=reviewer)
    long_ago = timezone.now() - timedelta(minutes=11)
    NumberInsightRecord.objects.filter(pk=old.pk).update(decided_at=long_ago)
    for record in (theirs, old):
        response = client.post(DESK, posted(record, "undo"))
        assert "cannot be undone any more" in messages_of(response)[0]
        record.refresh_from_db()
        assert record.decision == "released"


def test_another_lookup_shows_its_highest_price_to_those_who_see_costs(client: Client) -> None:
    _waiting()
    _waiting()
    client.force_login(make_staff("ada", SEE, DECIDE, "look_up_again", "view_lookup"))
    assert "Look up again, at most 0.03 EUR" in text_of(client.get(DESK))
    client.force_login(make_staff("bea", SEE, DECIDE, "look_up_again"))
    page = text_of(client.get(DESK))
    assert "Look up again L" in page
    assert "EUR" not in page


def test_another_lookup_needs_its_permission(client: Client, reviewer: User) -> None:
    record = _waiting()
    assert "Look up again" not in text_of(client.get(DESK))
    assert client.post(DESK, posted(record, "look_up_again")).status_code == 403
    assert not Lookup.objects.exists()


def test_another_lookup_is_asked_for_and_the_case_stays(client: Client) -> None:
    client.force_login(make_staff("ada", SEE, DECIDE, "look_up_again"))
    record = _waiting()
    response = client.post(DESK, posted(record, "look_up_again"), follow=True)
    assert Lookup.objects.count() == 1
    assert _shown(response) == record
    assert "The number is being looked up." in text_of(response)


def test_a_number_that_cannot_be_asked_about_says_why(client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "ENABLED": False}
    client.force_login(make_staff("ada", SEE, DECIDE, "look_up_again"))
    _waiting()
    page = client.get(DESK)
    assert "It cannot be looked up again: Lookups are switched off" in text_of(page)
    assert 'value="look_up_again"' not in page.content.decode()


# Form and keys


def test_the_first_nine_reasons_have_digits(client: Client, reviewer: User, settings: Any) -> None:
    reasons = [(f"code{index}", f"Reason {index}") for index in range(12)]
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "REASONS": reasons}
    _waiting()
    page = client.get(DESK).content.decode()
    assert re.findall(r'value="code\d+" data-ni-key="(\d)"', page) == list("123456789")
    assert page.count('name="reason_code"') == 12


def test_enter_in_a_field_decides_nothing(client: Client, reviewer: User) -> None:
    _waiting()
    page = client.get(DESK).content.decode()
    first = re.search(r'<button type="submit" form="ni-decide"([^>]*)>', page)
    assert first is not None
    assert "disabled" in first[1]


@pytest.mark.parametrize(("verdict", "first"), [("review", "release"), ("deny", "refuse")])
def test_the_verdict_says_which_button_comes_first(
    client: Client, reviewer: User, verdict: str, first: str
) -> None:
    _waiting(verdict=verdict)
    page = client.get(DESK).content.decode()
    assert re.findall(r'name="act" value="(\w+)"', page)[0] == first


def test_a_decision_from_the_page_of_a_record_leads_back_to_it(
    client: Client, reviewer: User
) -> None:
    record = _waiting()
    response = client.post(DESK, posted(record, "release", one="1"))
    assert response["Location"] == page_of(record)


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(client: Client, reviewer: User, url: str) -> None:
    record = _waiting()
    response = client.post(DESK, posted(record, "release", one="1", to=url))
    assert response["Location"] == page_of(record)
