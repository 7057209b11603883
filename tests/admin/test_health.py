"""The controls of the health page: the kill switch, and circuits that are closed by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.lookups import circuits, switches
from number_insight.models import Circuit, Switch
from tests.admin.builders import EVIL, HEALTH, make_lookup, make_staff, messages_of

pytestmark = pytest.mark.django_db

TURN = reverse("admin:number_insight_switch_turn")


def _open(**fields: Any) -> Circuit:
    until = timezone.now() + timedelta(minutes=10)
    defaults = {"reason": "The key is wrong.", "openings": 1, "failures": 1, "open_until": until}
    return Circuit.objects.create(provider="default", **{**defaults, **fields})


def _probe(circuit: Circuit) -> str:
    return reverse("admin:number_insight_circuit_probe", args=[circuit.pk])


@pytest.fixture
def operator(client: Client) -> User:
    user = make_staff("olga", "view_switch", "change_switch", "change_circuit")
    client.force_login(user)
    return user


def test_switching_off_keeps_who_when_and_why(client: Client, operator: User) -> None:
    response = client.post(TURN, {"turn": "off", "reason": " The bill explodes. "})
    assert response["Location"] == HEALTH
    assert messages_of(response) == ["Lookups are switched off. Nothing is bought."]
    assert not switches.lookups_are_on()
    switch = Switch.objects.get()
    assert (switch.changed_by, switch.reason) == (operator, "The bill explodes.")
    page = client.get(HEALTH).content.decode()
    assert "by olga, " in page
    assert "The bill explodes." in page


def test_switching_on_needs_no_reason(client: Client, operator: User) -> None:
    switches.turn_lookups(False, reason="The bill explodes.")
    response = client.post(TURN, {"turn": "on"})
    assert messages_of(response) == ["Lookups are switched on."]
    assert switches.lookups_are_on()
    assert Switch.objects.get().reason == ""


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_switching_off_needs_a_reason(client: Client, operator: User, reason: str) -> None:
    response = client.post(TURN, {"turn": "off", "reason": reason})
    assert 'class="errorlist"' in response.content.decode()
    assert switches.lookups_are_on()
    assert not LogEntry.objects.exists()


def test_the_second_of_two_operators_does_not_overwrite_the_reason(
    client: Client, operator: User
) -> None:
    first = make_staff("grace")
    switches.turn_lookups(False, user=first, reason="Fraud.")
    response = client.post(TURN, {"turn": "off", "reason": "Just in case."})
    assert messages_of(response) == [
        "Somebody else has switched lookups off already; their reason stands."
    ]
    switch = Switch.objects.get()
    assert (switch.changed_by, switch.reason) == (first, "Fraud.")
    assert not LogEntry.objects.exists()


def test_each_turn_of_the_switch_is_in_its_history(client: Client, operator: User) -> None:
    client.post(TURN, {"turn": "off", "reason": "Fraud."})
    client.post(TURN, {"turn": "on", "reason": "It was not."})
    messages = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert messages == ["Switched off. Fraud.", "Switched on. It was not."]
    history = reverse("admin:number_insight_switch_history", args=[Switch.objects.get().pk])
    assert history in client.get(HEALTH).content.decode()
    assert "Switched off. Fraud." in client.get(history).content.decode()


def test_the_switch_cannot_undo_the_settings_and_says_so(
    client: Client, operator: User, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {"ENABLED": False}
    switches.turn_lookups(False)
    response = client.post(TURN, {"turn": "on"})
    assert messages_of(response) == ["The switch is on, but the settings keep lookups off."]
    assert "this switch cannot turn them on" in client.get(HEALTH).content.decode()


def test_a_circuit_is_closed_by_hand_so_that_the_next_lookup_is_the_probe(
    client: Client, operator: User
) -> None:
    circuit = _open()
    assert _probe(circuit) in client.get(HEALTH).content.decode()
    assert circuits.open_circuit("default", "advanced") is not None
    response = client.post(_probe(circuit))
    assert response["Location"] == HEALTH
    assert messages_of(response)[0].startswith("The next lookup asks default again")
    assert "with the next lookup" in client.get(HEALTH).content.decode()
    assert circuits.open_circuit("default", "advanced") is None  # the probe
    assert circuits.open_circuit("default", "advanced") is not None  # and nobody besides it
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr) == (operator, "default")


def test_lookups_that_the_pause_has_delayed_are_due_at_once(client: Client, operator: User) -> None:
    later = timezone.now() + timedelta(minutes=10)
    circuit = _open(level="advanced", open_until=later)
    put_off = {"state": "queued", "next_try_at": later, "error": circuit.reason}
    waiting, busy = make_lookup(**put_off), make_lookup(**{**put_off, "error": "Busy."})
    other = make_lookup(**put_off, level="basic")
    client.post(_probe(circuit))
    for lookup in (waiting, busy, other):
        lookup.refresh_from_db()
    assert waiting.next_try_at <= timezone.now()
    assert (busy.next_try_at, other.next_try_at) == (later, later)


@pytest.mark.parametrize("until", [None, timezone.now() - timedelta(minutes=1)])
def test_a_pause_that_is_over_is_left_alone(client: Client, operator: User, until: Any) -> None:
    circuit = _open(open_until=until)
    assert messages_of(client.post(_probe(circuit))) == [
        "There was nothing to do: that pause is over."
    ]
    circuit.refresh_from_db()
    assert circuit.open_until == until
    assert not LogEntry.objects.exists()


def test_the_permission_to_view_does_not_allow_to_switch(client: Client) -> None:
    client.force_login(make_staff("v", "view_switch"))
    circuit = _open()
    page = client.get(HEALTH).content.decode()
    assert TURN not in page
    assert _probe(circuit) not in page
    assert client.post(TURN, {"turn": "off", "reason": "x"}).status_code == 403
    assert client.post(_probe(circuit)).status_code == 403
    assert switches.lookups_are_on()
    assert circuits.open_circuit("default", "basic") is not None


@pytest.mark.parametrize(
    ("codename", "may_turn", "may_probe"),
    [("change_switch", True, False), ("change_circuit", False, True)],
)
def test_each_control_has_its_own_permission(
    client: Client, codename: str, may_turn: bool, may_probe: bool
) -> None:
    client.force_login(make_staff("o", codename))
    circuit = _open()
    page = client.get(HEALTH).content.decode()
    assert (TURN in page, _probe(circuit) in page) == (may_turn, may_probe)
    turned = client.post(TURN, {"turn": "off", "reason": "x"})
    assert (turned.status_code, client.post(_probe(circuit)).status_code) == (
        302 if may_turn else 403,
        302 if may_probe else 403,
    )


def test_users_without_a_permission_for_the_page_do_not_see_it(client: Client) -> None:
    client.force_login(make_staff("r", "view_numberinsightrecord"))
    assert client.get(HEALTH).status_code == 403


@pytest.mark.parametrize("turn", ["", "sideways"])
def test_a_turn_that_does_not_exist_does_nothing(client: Client, operator: User, turn: str) -> None:
    assert client.post(TURN, {"turn": turn, "reason": "x"})["Location"] == HEALTH
    assert not Switch.objects.exists()


def test_a_circuit_that_does_not_exist_does_nothing(client: Client, operator: User) -> None:
    for key in (1, 10**30):
        url = reverse("admin:number_insight_circuit_probe", args=[key])
        assert client.post(url)["Location"] == HEALTH


def test_reasons_are_escaped(client: Client, operator: User) -> None:
    circuit = _open(reason=EVIL)
    client.post(TURN, {"turn": "off", "reason": EVIL})
    page = client.get(HEALTH).content.decode()
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x") == 2
    client.post(_probe(circuit))
    assert "<img src=x" not in client.get(HEALTH).content.decode()
