"""The demo's lists are there to be looked at, and decide about nobody of its crowd."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from number_insight.models import ListEntry
from number_insight.providers.personas import PERSONAS
from tools.demo.crowd import crowd
from tools.demo.management.commands import seed_lists

pytestmark = pytest.mark.django_db


def test_nobody_of_the_crowd_is_listed() -> None:
    call_command(seed_lists.Command())
    values = tuple(ListEntry.objects.values_list("value", flat=True))
    assert len(values) == len(seed_lists.ENTRIES)
    assert not [persona.name for persona in PERSONAS if persona.number.startswith(values)]
    assert not [guest.who for guest in crowd() if guest.ip in values]
