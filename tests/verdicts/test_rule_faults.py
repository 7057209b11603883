"""Rules in shadow, and rules that raise until they are put there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from number_insight import health
from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord, RuleFault
from number_insight.rules import Rule
from number_insight.verdicts import rule_faults
from tests.support.records import NUMBER, a_record, settled
from tests.support.stage import asking

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "tests.verdicts.test_rule_faults"
FAULTS = reverse("admin:number_insight_rulefault_changelist")


class Moody(Rule):
    """Raises or flags, as its mood is."""

    code = "moody"
    weight = 90
    needs = ()
    reads = ()
    mood: ClassVar[str] = "raise"

    def examine(self, insight: Insight, signup: Any) -> Any:
        if self.mood == "raise":
            raise ZeroDivisionError(signup.number)
        yield self.flag("It is moody.")


@pytest.fixture(autouse=True)
def moody() -> Iterator[None]:
    """Judge by the moody rule alone, in the mood to raise."""
    Moody.mood = "raise"
    with asking(RULES=[{"NAME": f"{HERE}.Moody"}]):
        yield


def judged_times(count: int) -> NumberInsightRecord:
    for _ in range(count):
        record = settled(a_record())
    return record


def test_a_rule_that_raises_is_counted_and_shown_and_holds_the_signup() -> None:
    record = judged_times(3)
    assert (record.verdict, record.lane, record.raised_rules) == ("review", "fault", ["moody"])
    fault = RuleFault.objects.get()
    assert (fault.code, fault.errors_in_row, fault.shadowed_at) == ("moody", 3, None)


def test_after_twenty_errors_in_a_row_a_rule_goes_into_shadow_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="number_insight.verdicts.rule_faults"):
        assert judged_times(rule_faults.MOST_IN_ROW).verdict == "review"
    told = [
        r.getMessage() for r in caplog.records if r.name == "number_insight.verdicts.rule_faults"
    ]
    assert [sentence.split(":")[0] for sentence in told] == ["Rule moody raised 20 times in a row"]
    record = judged_times(1)
    assert (record.verdict, record.lane, record.raised_rules) == ("allow", "risk", ["moody"])
    assert RuleFault.objects.get().errors_in_row == rule_faults.MOST_IN_ROW


def test_one_success_starts_the_count_anew() -> None:
    judged_times(rule_faults.MOST_IN_ROW - 1)
    Moody.mood = "flag"
    assert judged_times(1).verdict == "deny"
    assert RuleFault.objects.get().errors_in_row == 0
    Moody.mood = "raise"
    assert judged_times(1).verdict == "review"


def test_a_rule_stays_in_shadow_though_it_works_again() -> None:
    judged_times(rule_faults.MOST_IN_ROW)
    Moody.mood = "flag"
    record = judged_times(1)
    flag = record.flags.get()
    assert (record.verdict, record.score) == ("allow", 0)
    assert (flag.code, flag.weight, flag.shadow, flag.counted) == ("moody", 90, True, False)


def test_a_person_re_arms_a_rule_in_the_admin(admin_client: Client) -> None:
    judged_times(rule_faults.MOST_IN_ROW)
    Moody.mood = "flag"
    assert "moody" in admin_client.get(FAULTS).content.decode()
    chosen = {"action": "rearm", "_selected_action": [str(RuleFault.objects.get().pk)]}
    page = admin_client.post(FAULTS, chosen, follow=True).content.decode()
    assert "1 rule counts again." in page
    assert judged_times(1).verdict == "deny"


def test_the_permission_to_view_does_not_allow_to_re_arm(
    client: Client, django_user_model: Any
) -> None:
    user = django_user_model.objects.create_user("looker", password="x", is_staff=True)
    user.user_permissions.add(permission("view_rulefault"))
    client.force_login(user)
    fault = RuleFault.objects.create(code="moody", errors_in_row=20)
    client.post(FAULTS, {"action": "rearm", "_selected_action": [str(fault.pk)]})
    fault.refresh_from_db()
    assert fault.errors_in_row == 20


def permission(codename: str) -> Any:
    return Permission.objects.get(codename=codename)


def test_a_rule_in_shadow_by_the_settings_is_stored_and_changes_nothing() -> None:
    Moody.mood = "flag"
    with asking(RULES=[{"NAME": f"{HERE}.Moody", "shadow": True}]):
        record = judged_times(1)
    flag = record.flags.get()
    assert (record.verdict, record.score) == ("allow", 0)
    assert (flag.shadow, flag.counted) == (True, False)


def test_a_rule_in_shadow_by_the_settings_holds_nobody_when_it_raises() -> None:
    with asking(RULES=[{"NAME": f"{HERE}.Moody", "shadow": True}]):
        record = judged_times(1)
    assert (record.verdict, record.raised_rules) == ("allow", ["moody"])
    assert not RuleFault.objects.exists()


def test_no_fault_is_told_with_the_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="number_insight"):
        judged_times(rule_faults.MOST_IN_ROW)
    assert caplog.records
    assert NUMBER[1:] not in caplog.text


def test_a_fault_tells_the_class_and_the_place_of_its_error_and_no_number() -> None:
    judged_times(1)
    fault = RuleFault.objects.get()
    assert fault.error.startswith("ZeroDivisionError in ")
    assert f"{__file__}:" in fault.error
    assert NUMBER[3:] not in fault.error


def test_the_page_of_a_fault_leads_to_its_newest_records(admin_client: Client) -> None:
    record = judged_times(1)
    Moody.mood = "flag"
    other = judged_times(1)
    page = reverse("admin:number_insight_rulefault_change", args=[RuleFault.objects.get().pk])
    told = admin_client.get(page).content.decode()
    urls = [
        reverse("admin:number_insight_numberinsightrecord_change", args=[one.pk])
        for one in (record, other)
    ]
    assert [url in told for url in urls] == [True, False]
    assert "ZeroDivisionError" in told
    assert "ZeroDivisionError" in admin_client.get(FAULTS).content.decode()


def test_health_names_the_rules_that_fail(admin_client: Client) -> None:
    page = reverse("admin:number_insight_health")
    assert "none has failed" in admin_client.get(page).content.decode()
    judged_times(1)
    found = health.examine()
    assert found.failing_rules == {"moody": False}
    assert any("Rule moody raises errors" in notice for notice in found.notices)
    told = admin_client.get(page).content.decode()
    assert "Moody: errors" in told
    assert f'href="{FAULTS}"' in told
    judged_times(rule_faults.MOST_IN_ROW - 1)
    assert any("Rule moody raised so many" in problem for problem in health.examine().problems)
