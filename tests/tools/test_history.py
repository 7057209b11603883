"""The demo's history fills the overview, and is nobody of its crowd."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import call_command

from number_insight.models import NumberInsightRecord
from number_insight.overview import figures
from number_insight.overview.figures import Period
from tools.demo.crowd import crowd
from tools.demo.history import DAYS, past
from tools.demo.management.commands import seed_history


def test_nobody_of_the_crowd_is_in_the_history() -> None:
    numbers = {one.number for one in past()}
    assert not [guest.who for guest in crowd() if guest.phone in numbers]


@pytest.mark.django_db
def test_the_overview_counts_every_day_of_the_history() -> None:
    call_command(seed_history.Command(), verbosity=0)
    steps = figures.signups(Period(days=30))
    assert sum((step.verdicts for step in steps), Counter()) == Counter(
        one.verdict for one in past()
    )
    assert len([step for step in steps if step.count]) == DAYS
    assert not NumberInsightRecord.objects.awaiting_review().exists()
