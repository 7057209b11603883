"""The daily tally agrees with the rows it was counted from, and its spreads can be added."""

from __future__ import annotations

import random
import statistics
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Count, Sum
from django.utils import timezone

from number_insight import clock, reviewing
from number_insight.lookups import budget
from number_insight.models import DailyTally, Lookup, NumberInsightRecord, RiskFlag, Spending
from number_insight.overview import figures, keeping, spread
from number_insight.overview.figures import Period
from number_insight.screening import planning
from number_insight.testing import LookupFactory, RiskFlagFactory
from tests.overview.days import days_ago, moved, record, tally
from tests.support.stage import two_currencies

pytestmark = pytest.mark.django_db


def test_a_day_is_counted_by_verdict_and_decision_with_refusals_in_the_form_apart() -> None:
    record(verdict="review", decision="refused")
    record(verdict="review", decision="released")
    record(verdict="review")
    record(verdict="deny")
    record()
    record(verdict="deny", state="refused")
    keeping.keep()
    assert tally("signup") == {
        ("allow", ""): (1, 0, 0),
        ("deny", ""): (1, 0, 0),
        ("review", ""): (3, 1, 1),
    }
    assert tally("form") == {("deny", ""): (1, 0, 0)}
    assert DailyTally.objects.get(day=clock.today(), kind="day").count == 6


def test_flags_that_count_and_flags_on_trial_are_apart_and_a_record_counts_once() -> None:
    first, second = record(verdict="review", decision="refused"), record(verdict="review")
    for flag in ({}, {"weight": 5}, {"counted": False}):  # two that count are one record's
        RiskFlagFactory(record=first, **flag)
    RiskFlagFactory(record=second)
    RiskFlagFactory(record=second, code="tried", counted=False, shadow=True)
    RiskFlagFactory(record=record(state="refused"))
    keeping.keep()
    assert tally("flag") == {("virtual", ""): (2, 1, 0)}
    assert tally("shadow") == {("tried", ""): (1, 0, 0)}


def test_places_tell_the_country_of_the_number_and_that_of_the_ip() -> None:
    for ip_country in ("SE", "NL", "NL", ""):
        record(ip_country=ip_country)
    record(ip_country="US", state="refused")
    keeping.keep()
    assert figures.places(Period(days=1)) == {("SE", "SE"): 1, ("SE", "NL"): 2, ("SE", ""): 1}


def test_lookups_are_counted_by_provider_and_state_with_the_time_to_their_answers() -> None:
    now = timezone.now()
    for tenths in range(1, 101):
        made = LookupFactory(called_at=now, answered_at=now + timedelta(seconds=tenths / 10))
        moved(made, now)
    moved(LookupFactory(provider="other", state="failed"), now)
    record()
    keeping.keep()
    answered, failed = figures.lookups(Period(days=1))
    assert (answered.provider, answered.state, answered.count) == ("default", "answered", 100)
    assert (failed.provider, failed.state, failed.count) == ("other", "failed", 1)
    for share, exact in ((0.5, 5.0), (0.95, 9.5)):
        found = answered.quantile(share)
        assert found is not None
        assert found.total_seconds() == pytest.approx(exact, rel=0.03)
    assert failed.quantile(0.5) is None


def test_money_is_what_was_booked_refunded_and_saved(settings: Any) -> None:
    backend = "number_insight.providers.fake.Fake"
    options = {"prices": {"advanced": "0.04"}}
    settings.NUMBER_INSIGHT = {"PROVIDERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    budget.book(Decimal("0.06"), "EUR")
    dear = LookupFactory(price=Decimal("0.03"), refund=Decimal("0.01"))
    record(lookup=dear, cost=Decimal("0.02"))
    record(lookup=dear, cost=Decimal(0), basis="reused")
    record(basis="free")
    record(basis="no_answer", state="failed", verdict="review")  # lacked an answer: saved nothing
    keeping.keep()
    ((currency, (step,)),) = figures.money(Period(days=1)).items()
    assert currency == "EUR"
    assert step.amounts == {
        "spent": Decimal("0.06"),
        "refunded": Decimal("0.01"),
        "reused": Decimal("0.02"),
        "auto": Decimal("0.08"),  # 3 × 0.04 less the 0.02 that were paid and the 0.02 reused
    }
    saved = sum(planning.saved(made) for made in NumberInsightRecord.objects.all())
    assert saved == step.of("reused") + step.of("auto")


def test_two_currencies_are_never_added() -> None:
    with two_currencies({"day": "10"}):
        budget.book(Decimal("0.06"), "EUR")
        budget.book(Decimal("0.07"), "USD")
        foreign = LookupFactory(price=Decimal("0.05"), currency="USD", refund=Decimal("0.01"))
        record(lookup=foreign, cost=Decimal("0.04"))
        record(lookup=foreign, cost=Decimal(0), basis="reused")
        keeping.keep()
        found = figures.money(Period(days=1))
        told = {currency: step.amounts for currency, (step,) in found.items()}
        saved = sum(planning.saved(made) for made in NumberInsightRecord.objects.all())
    assert told["USD"] == {
        "spent": Decimal("0.07"),
        "refunded": Decimal("0.01"),
        "reused": Decimal("0.04"),
    }
    assert told["EUR"].pop("spent") == Decimal("0.06")
    assert told["EUR"].get("auto", 0) == saved


def test_decisions_are_counted_by_reviewer_with_the_median_of_the_wait() -> None:
    ana = User.objects.create_user("ana")
    now = clock.midnight(clock.today()) + timedelta(minutes=1)
    for hours in (1, 2, 40):
        made = record(verdict="review", decision="refused", decided_by=ana, decided_at=now)
        moved(made, now - timedelta(hours=hours))
    record(verdict="deny", decision="released", decided_at=now)
    keeping.keep()
    found = {one.reviewer: one for one in figures.reviewers(Period(days=1))}
    assert (found[ana.pk].count, found[ana.pk].refused, found[None].released) == (3, 3, 1)
    median = found[ana.pk].median
    assert median is not None
    assert median.total_seconds() == pytest.approx(7200, rel=0.03)


def test_second_looks_are_counted_by_the_first_reviewer(settings: Any) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SECOND_LOOK": 1}
    ana, ben = User.objects.create_user("ana"), User.objects.create_user("ben")
    for agrees in (True, True, False):
        made = record(verdict="review")
        assert reviewing.refuse(made, user=ana, reason="no")
        assert reviewing.second_word(made, user=ben, refuse=agrees)
    keeping.keep()
    (found,) = figures.reviewers(Period(days=1))
    assert (found.reviewer, found.count, found.agreed, found.disagreed) == (ana.pk, 3, 2, 1)
    assert found.agreement == pytest.approx(2 / 3)


def test_a_reviewer_is_erased_with_the_user() -> None:
    ana = User.objects.create_user("ana")
    record(verdict="review", decision="refused", decided_by=ana, decided_at=timezone.now())
    keeping.keep()
    assert DailyTally.objects.filter(reviewer=ana).count() == 1
    ana.delete()
    assert not DailyTally.objects.filter(kind="decision").exists()
    keeping.keep()
    assert [row.name for row in DailyTally.objects.filter(kind="decision")] == [""]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_is_one_of_the_projects_time_zone(zone: str, settings: Any) -> None:
    settings.TIME_ZONE = zone
    start = clock.midnight(days_ago(1))
    moved(record(), start - timedelta(seconds=1))
    moved(record(), start)
    moved(record(), clock.midnight(clock.today()) - timedelta(seconds=1))
    keeping.keep()
    assert tally("signup", day=days_ago(2)) == {("allow", ""): (1, 0, 0)}
    assert tally("signup", day=days_ago(1)) == {("allow", ""): (2, 0, 0)}
    assert tally("signup") == {}


def test_every_figure_agrees_with_a_direct_query() -> None:
    """Five weeks of many kinds of records, added up by the tally and by the database."""
    _signups_of_many_kinds()
    keeping.keep()
    period = Period(days=30)
    rows = NumberInsightRecord.objects.filter(created_at__gte=clock.midnight(period.first))
    steps, signups = figures.signups(period), rows.exclude(state="refused")
    for verdict in ("allow", "review", "deny"):
        told = sum(step.verdicts[verdict] for step in steps)
        assert told == signups.filter(verdict=verdict).count() > 0
    assert sum(step.in_form for step in steps) == rows.filter(state="refused").count() > 0
    raised = RiskFlag.objects.filter(record__in=signups, counted=True).order_by()
    for flag in figures.flags(period):
        same = raised.filter(code=flag.code).values("record")
        decided = rows.filter(pk__in=same).values_list("decision")
        counts = dict(decided.annotate(count=Count("pk")))
        assert flag.count == sum(counts.values()) > 0
        assert (flag.refused, flag.released) == (counts["refused"], counts["released"])
    pairs = signups.order_by().values_list("country", "ip_country")
    direct = {(number, ip): count for number, ip, count in pairs.annotate(count=Count("pk"))}
    assert figures.places(period) == direct
    asked = Lookup.objects.filter(created_at__gte=clock.midnight(period.first)).order_by()
    told_states = {(one.provider, one.state): one.count for one in figures.lookups(period)}
    states = asked.values_list("provider", "state").annotate(count=Count("pk"))
    assert told_states == {(provider, state): count for provider, state, count in states}
    ((_currency, amounts),) = figures.money(period).items()
    refunds = asked.aggregate(sum=Sum("refund"))["sum"]
    assert sum(step.of("refunded") for step in amounts) == refunds > 0
    booked = Spending.objects.filter(period__contains="day:").values_list("period", "spent")
    for step in amounts:
        day = f"day:{step.start:%Y-%m-%d}"
        assert step.of("spent") == dict(booked).get(day, 0) * budget.UNIT
        assert step.of("shadow") == dict(booked).get(f"shadow-{day}", 0) * budget.UNIT
    assert sum(step.of("spent") for step in amounts) > 0
    assert sum(step.of("shadow") for step in amounts) > 0
    reused = signups.filter(lookup__state__in=("answered", "partial"), basis="reused")
    unpaid = sum(made.lookup.cost for made in reused.select_related("lookup"))
    assert sum(step.of("reused") for step in amounts) == unpaid > 0


def _signups_of_many_kinds() -> None:
    now = timezone.now()
    for index in range(210):
        at = now - timedelta(hours=4 * index)
        lookup = LookupFactory(
            provider=("default", "other")[index % 2],
            state=("answered", "failed", "partial")[index % 3],
            price=Decimal("0.03"),
            refund=Decimal("0.01") if index % 7 == 0 else None,
        )
        is_reused = index % 5 == 0
        made = record(
            verdict=("allow", "review", "deny")[index % 3],
            state="refused" if index % 11 == 0 else "screened",
            decision=("", "refused", "released", "refused")[index % 4],
            country=("SE", "DE")[index % 2],
            ip_country=("SE", "NL", "")[index % 3],
            lookup=lookup,
            basis="reused" if is_reused else "answer",
            cost=Decimal(0) if is_reused else lookup.cost,
        )
        RiskFlagFactory(record=made, code=("virtual", "premium", "not_valid")[index % 3])
        RiskFlagFactory(record=made, code="tried", counted=False, shadow=True)
        moved(lookup, at)
        moved(made, at)
    for days in range(40):
        for key, spent in (("day", days * 10**6), ("shadow-day", 10**6)):
            period = f"{key}:{clock.today() - timedelta(days=days):%Y-%m-%d}"
            Spending.objects.create(period=period, currency="EUR", spent=spent)


def test_nothing_has_no_quantile() -> None:
    assert spread.quantile({}, 0.5) is None


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_quantile_is_within_three_per_cent_of_the_exact_one(share: float) -> None:
    chance = random.Random(7)
    exact = sorted(chance.lognormvariate(1, 2) for _ in range(2_000))
    halves = exact[::2], exact[1::2]
    parts = [spread.of(timedelta(seconds=seconds) for seconds in half) for half in halves]
    found = spread.quantile(spread.total(parts), share)
    assert found is not None
    expected = statistics.quantiles(exact, n=20)[round(share * 20) - 1]
    assert found.total_seconds() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("seconds", [0, -1, 1e-9])
def test_a_duration_of_nothing_is_counted(seconds: float) -> None:
    found = spread.quantile(spread.of([timedelta(seconds=seconds)]), 0.5)
    assert found is not None
    assert found.total_seconds() == pytest.approx(0.001, rel=0.03)
