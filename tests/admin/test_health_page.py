"""The health page, and the notice above the records."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from number_insight.insight import Insight
from number_insight.lookups import budget, switches
from number_insight.models import Circuit, Heartbeat, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from number_insight.screening import sweeps
from tests.admin.builders import (
    DESK,
    HEALTH,
    LIST,
    make_lookup,
    make_record,
    make_staff,
    page_of,
    queries_of,
    shown_numbers,
)
from tests.models import Customer
from tests.support.stage import celery_with, fake, two_currencies, vonage

pytestmark = pytest.mark.django_db


def _text(client: Client, url: str = HEALTH) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return re.sub(r"(\s|<[^>]*>)+", " ", response.content.decode())


def _notice(client: Client, url: str = LIST) -> str:
    found = re.search(r'ni-notice">(.*?)</p>', client.get(url).content.decode())
    return found[1] if found else ""


def _open_circuit(**fields: Any) -> Circuit:
    until = timezone.now() + timedelta(minutes=10)
    return Circuit.objects.create(provider="default", open_until=until, **fields)


def _spend(amount: str) -> None:
    budget.book(Decimal(amount), "EUR")


def test_the_index_leads_to_the_page_by_its_name(admin_client: Client) -> None:
    changelist = reverse("admin:number_insight_switch_changelist")
    assert f'href="{changelist}"' in admin_client.get("/admin/").content.decode()
    assert "Health and controls" in _text(admin_client, "/admin/")
    assert admin_client.get(changelist)["Location"] == HEALTH
    switches.turn_lookups(True)
    assert (
        admin_client.get(reverse("admin:number_insight_switch_change", args=[1]))["Location"]
        == HEALTH
    )


def test_a_sweep_that_never_ran_is_a_clear_warning(admin_client: Client) -> None:
    assert "Sweep has never run Put number_insight.sweep into the beat" in _text(admin_client)
    sweeps.sweep()
    assert re.search(r"Sweep ran \d+ ms ago Unfinished", _text(admin_client))
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=2))
    assert re.search(r"Sweep ran 2.hours ago It should run every minute", _text(admin_client))


def test_the_review_queue_and_its_age_are_shown_with_a_link(
    admin_client: Client, client: Client
) -> None:
    assert "Review queue empty Broker" in _text(admin_client)
    customer = Customer(pk=1, phone="+46701740605")
    make_record(subject=customer)
    assert re.search(r"Review queue 1, waiting for \d+ ms", _text(admin_client))
    make_record(subject=customer)
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=5))
    text = _text(admin_client).replace("\xa0", " ")
    assert "Review queue 2, the oldest waiting for 5 hours Show them" in text
    assert "It should be decided within 4 hours (REVIEW_TARGET)." in text
    assert f'href="{DESK}"' in admin_client.get(HEALTH).content.decode()
    client.force_login(make_staff("operator", "view_switch"))
    assert "?queue=" not in client.get(HEALTH).content.decode()


def test_the_age_of_the_oldest_unfinished_record_is_shown(admin_client: Client) -> None:
    assert "Unfinished records none" in _text(admin_client)
    make_record(state="queued")
    assert re.search(r"Unfinished records 1, waiting for \d+ ms Review queue", _text(admin_client))
    make_record(state="waiting")
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=3))
    expected = r"Unfinished records 2, the oldest waiting for 3.hours Is a worker running"
    assert re.search(expected, _text(admin_client))


def test_uncertain_lookups_are_shown_with_their_money_and_a_link_to_them(
    admin_client: Client,
) -> None:
    make_lookup(state="uncertain", reserved=Decimal("0.03"))
    make_lookup("+46701740699", state="uncertain")
    make_lookup("+46701740698", state="calling", reserved=Decimal("0.03"))
    page = admin_client.get(HEALTH).content.decode()
    assert "1, 0.03 EUR held" in page
    url = reverse("admin:number_insight_lookup_changelist") + "?state=held"
    assert f'href="{url}"' in page
    assert shown_numbers(admin_client.get(url)) == ["+46701740605"]


def test_users_who_may_not_view_lookups_have_no_link_to_them(client: Client) -> None:
    client.force_login(make_staff("o", "change_switch"))
    make_lookup(state="uncertain", reserved=Decimal("0.03"))
    page = client.get(HEALTH).content.decode()
    assert "0.03 EUR held" in page
    assert "?state=held" not in page


def test_an_open_circuit_is_shown_with_its_reason_and_its_end(admin_client: Client) -> None:
    assert "All providers are asked as usual." in _text(admin_client)
    _open_circuit(level="advanced", reason="The key is wrong.")
    Circuit.objects.create(provider="spare", failures=2)  # closed
    text = _text(admin_client)
    assert "default (level advanced) The key is wrong." in text
    assert "spare" not in text


def test_money_is_shown_against_its_budget(admin_client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = fake(BUDGET={"day": "2", "month": None})
    _spend("0.50")
    budget.reserve([Decimal("0.25")], "EUR")
    page = admin_client.get(HEALTH).content.decode()
    assert '<meter min="0" max="100" high="80" optimum="0" value="37"' in page
    assert page.count("<meter") == 1
    text = _text(admin_client)
    assert "Today 0.50 EUR 0.25 EUR 2.00 EUR 37 % gone" in text
    assert "This month 0.50 EUR 0.25 EUR no limit There is nothing to measure it by" in text


def test_two_currencies_are_shown_each_by_itself(admin_client: Client) -> None:
    make_lookup(state="uncertain", reserved=Decimal("0.03"))
    make_lookup("+46701740699", state="uncertain", reserved=Decimal("0.25"), currency="USD")
    with two_currencies({"EUR": {"day": "2"}, "USD": {"day": "3"}}):
        budget.book(Decimal("0.50"), "EUR")
        budget.book(Decimal("3"), "USD")
        text = _text(admin_client)
        assert "0.03 EUR + 0.25 USD held" in text
        assert "Today 0.50 EUR 0.00 EUR 2.00 EUR 25 % gone" in text
        assert "Today 3.00 USD 0.00 USD 3.00 USD spent" in text
        assert "Today&#x27;s budget is spent (USD)." in _notice(admin_client)


@pytest.mark.parametrize(("amount", "text"), [("1.9999", "99 % gone"), ("2", "spent")])
def test_a_budget_is_only_spent_when_it_is(
    admin_client: Client, settings: Any, amount: str, text: str
) -> None:
    settings.NUMBER_INSIGHT = fake(BUDGET={"month": "2"})
    _spend(amount)
    assert f"2.00 EUR {text} " in _text(admin_client)


def test_a_budget_of_nothing_is_spent(admin_client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = fake(BUDGET={"day": "0"})
    assert 'value="100"' in admin_client.get(HEALTH).content.decode()


def test_a_site_without_a_broker_is_told_that_the_sweep_does_the_work(
    admin_client: Client, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = fake(RING_TIMEOUT=timedelta(0))
    with celery_with(broker_url=None):
        assert "Broker none is configured The sweep does the work" in _text(admin_client)


def test_the_page_asks_for_no_broker_where_celery_does_not_ring(
    admin_client: Client, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = fake(DOORBELL=None)
    assert "Broker none is configured The sweep does the work" in _text(admin_client)
    settings.NUMBER_INSIGHT = fake(DOORBELL="tasks")
    assert "Broker" not in _text(admin_client)


def test_a_broker_that_cannot_be_reached_is_shown(admin_client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = fake(RING_TIMEOUT=timedelta(0))
    assert "Broker not reachable (TimeoutError) Signups go on" in _text(admin_client)


def test_records_are_shown_without_a_notice_while_all_is_well(admin_client: Client) -> None:
    sweeps.sweep()
    assert _notice(admin_client) == ""
    assert _notice(admin_client, page_of(make_record())) == ""


def test_the_notice_tells_the_reviewer_everything_in_one_line(
    client: Client, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = fake(BUDGET={"day": "2", "month": "2"})
    client.force_login(make_staff("r", "view_numberinsightrecord"))
    switches.turn_lookups(False)
    open_circuit = _open_circuit(reason="The account is empty; top it up.")
    until = date_format(open_circuit.open_until, "DATETIME_FORMAT")
    over = {"level": "advanced", "open_until": timezone.now()}
    Circuit.objects.create(provider="default", **over)
    _spend("2")
    expected = (
        "The sweep has never run, so signups may be left waiting. Lookups are switched off. "
        f"default is not asked until {until}: The account is empty; top it up. "
        "default (level advanced) is asked again with the next lookup: no reason is known. "
        "Today&#x27;s budget is spent (EUR). This month&#x27;s budget is spent (EUR)."
    )
    assert _notice(client) == expected
    assert _notice(client, page_of(make_record())) == expected


def test_a_paused_provider_is_called_by_its_service_and_the_reason_is_translated(
    admin_client: Client, sandbox: Sandbox
) -> None:
    reason = "There was no answer in the time allowed (3 s)."
    circuit = _open_circuit(level="advanced", reason=reason)
    with override_settings(NUMBER_INSIGHT=vonage(sandbox)):
        told = _notice(admin_client)
        german = admin_client.get(LIST, headers={"accept-language": "de"}).content.decode()
        assert "Vonage Number Insight (level advanced) There was" in _text(admin_client)
    until = date_format(circuit.open_until, "DATETIME_FORMAT")
    assert f"Vonage Number Insight (level advanced) is not asked until {until}: {reason}" in told
    assert reason not in german
    assert "(3 s)" in german


def test_a_missing_approval_is_noticed_and_on_the_page_from_the_first_answer_on(
    admin_client: Client,
) -> None:
    missing = {"sim_swap": "not_authorized", "risk": "not_authorized", "ported": "failed"}
    make_lookup(insight=Insight())
    assert "approval" not in _notice(admin_client)
    make_lookup(insight=Insight(missing=missing))
    told = "The account at default has no approval for: risk, sim_swap."
    assert told in _notice(admin_client)
    assert "no approval for: risk, sim_swap" in admin_client.get(HEALTH).content.decode()


def test_the_notice_links_to_the_page_for_users_who_may_view_it(admin_client: Client) -> None:
    assert f'<a href="{HEALTH}">Health and controls</a>' in _notice(admin_client)


def test_lookups_that_the_settings_keep_off_are_noticed(
    admin_client: Client, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = fake(ENABLED=False)
    assert "Lookups are switched off." in _notice(admin_client)


def test_a_broken_budget_leaves_the_records_readable(admin_client: Client, settings: Any) -> None:
    settings.NUMBER_INSIGHT = fake(BUDGET={"day": "ten"})
    assert "never run" in _notice(admin_client)


def test_the_notice_takes_one_query_and_one_more_for_all_open_circuits(
    admin_client: Client,
) -> None:
    urls = (LIST, page_of(make_record()))
    calm = [len(queries_of(admin_client, url)) for url in urls]
    switches.turn_lookups(False)
    for level in ("", "basic", "standard", "advanced"):
        _open_circuit(level=level)
    _spend("20")
    for url, count in zip(urls, calm, strict=True):
        made = queries_of(admin_client, url)
        assert len(made) == count + 1
        assert sum("heartbeat" in sql for sql in made) == 1
