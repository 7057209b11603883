"""The overview: its tiles and figures, for whom they are, and their cost."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight import clock
from number_insight.admin.overview.figure import Figure
from number_insight.lookups import budget
from number_insight.models import DailyTally, DecisionEvent, NumberInsightRecord
from number_insight.overview import keeping
from number_insight.overview.figures import Period
from number_insight.testing import LookupFactory
from tests.admin.builders import EVIL, add_flag, make_record, make_staff, queries_of
from tests.models import Customer
from tests.support.stage import two_currencies
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.django_db

OVERVIEW = reverse("admin:number_insight_overview")
SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)


def _record(days: int = 0, **fields: Any) -> NumberInsightRecord:
    """Return a stored record of a customer, so many days old."""
    subject = Customer(pk=1 + NumberInsightRecord.objects.count(), phone="+46701740605")
    made = make_record(**{"subject": subject, **fields})
    made.created_at = timezone.now() - timedelta(days=days)
    made.save(update_fields=["created_at"])
    return made


def _figures(client: Client, query: str = "") -> dict[str, Figure]:
    response = client.get(OVERVIEW + query)
    assert response.status_code == 200
    return {figure.name: figure for figure in response.context["figures"]}


def _tiles(client: Client) -> dict[str, Any]:
    return {tile.label: tile for tile in client.get(OVERVIEW).context["tiles"]}


def _shapes(plot: str, name: str) -> list[ElementTree.Element]:
    """Return the rectangles of a plot in the colour of the class `name`."""
    shapes = ElementTree.fromstring(plot).iter("rect")
    return [shape for shape in shapes if shape.get("class") == f"ni-fill-{name}"]


def test_the_tiles_tell_queue_age_decisions_and_money(
    admin_client: Client, admin_user: User, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "BUDGET": {"day": "2.00"}}
    _record(3)
    _record()
    now = timezone.now()
    _record(decision="refused", decided_by=admin_user, decided_at=now + timedelta(minutes=10))
    NumberInsightRecord.objects.exclude(decided_at=None).update(decided_at=now)
    budget.book(Decimal("1.50"), "EUR")
    keeping.keep()
    tiles = _tiles(admin_client)
    assert tiles["wait for a decision"].value == "2"
    oldest = tiles["the oldest waits"]
    assert oldest.value.replace("\xa0", " ") == "3 days"
    assert oldest.is_alarming
    assert oldest.detail.replace("\xa0", " ") == "overdue, target: 4 hours"
    assert tiles["decided today"].value == "1"
    money = tiles["spent and reserved today"]
    assert (money.value, money.detail, money.is_alarming) == ("1.50 EUR", "of 2.00 EUR", False)
    (filled,) = _shapes(money.plot, "spent")
    assert float(filled.get("width", 0)) == pytest.approx(75)


def test_the_queue_is_live_whether_or_not_the_sweep_has_counted(admin_client: Client) -> None:
    _record(2)
    figure = _figures(admin_client)["waiting"]
    assert [value for value, _label in figure.classes] == ["0", "0", "0", "1", "0", "0"]
    assert "Nothing has been counted yet" in admin_client.get(OVERVIEW).content.decode()
    keeping.keep()
    assert "Nothing has been counted yet" not in admin_client.get(OVERVIEW).content.decode()


def test_signups_held_are_columns_and_what_passed_is_a_line(admin_client: Client) -> None:
    for verdict, count in (("allow", 6), ("review", 3), ("deny", 1)):
        for _ in range(count):
            _record(2, verdict=verdict)
    _record(2, verdict="deny", state="refused")
    keeping.keep()
    figure = _figures(admin_client, "?days=7")["signups"]
    assert figure.summary == (
        "4 of 10 signups were held (40 %): review 3, deny 1. Turned away by the form: 1."
    )
    assert figure.plot is not None
    (review,), (deny,) = _shapes(figure.plot, "review"), _shapes(figure.plot, "deny")
    assert float(review.get("height", 0)) == pytest.approx(3 * float(deny.get("height", 0)))
    assert float(deny.get("y", 0)) == pytest.approx(0)
    line = ElementTree.fromstring(figure.plot).find("polyline")
    assert line is not None
    assert line.get("points") == "45,40 45,40"  # the fifth of seven days, at 60 per cent
    assert figure.rows[2][1:] == ["10", "0", "6", "3", "1", "1"]
    assert len(figure.rows) == 7


@pytest.mark.parametrize(("days", "columns"), [(7, 7), (30, 30), (90, 90), (365, 52)])
def test_a_range_has_a_column_for_each_day_and_a_year_one_for_each_week(
    days: int, columns: int, admin_client: Client
) -> None:
    for ago in (0, days - 1, days):  # the last one is out of the range
        _record(ago)
    keeping.keep(patience=PATIENCE)
    figure = _figures(admin_client, f"?days={days}")["signups"]
    assert figure.plot is not None
    assert len(_shapes(figure.plot, "target")) == len(figure.rows) == columns
    assert figure.summary.startswith("2 of 2 signups")
    assert f'<a href="?days={days}" aria-current="page">' in (
        admin_client.get(f"{OVERVIEW}?days={days}").content.decode()
    )


@pytest.mark.parametrize("query", ["?days=", "?days=8", "?days=x", "?days=-7", "?days=²", "?x=1"])
def test_a_range_that_is_none_is_the_usual_one(query: str, admin_client: Client) -> None:
    assert admin_client.get(OVERVIEW + query).context["period"].days == 30


def test_the_steps_of_a_period_cover_each_day_once() -> None:
    for days in (7, 30, 90, 365):
        period = Period(days=days)
        every = [period.last - timedelta(days=back) for back in range(days)]
        assert {period.start_of(day) for day in every} == set(period.starts)
        assert all(period.start_of(day) <= day for day in every)


def test_flags_are_told_with_the_share_that_people_refused(admin_client: Client) -> None:
    for index in range(8):
        decision = "refused" if index < 3 else "released" if index < 6 else ""
        add_flag(_record(decision=decision))
    for _ in range(9):
        add_flag(_record(), "premium", message="")
    add_flag(_record(), "tried", shadow=True, counted=False)
    keeping.keep()
    figures = _figures(admin_client)
    found = figures["flags"]
    assert [bar.label for bar in found.bars] == ["Premium-rate line", "Virtual line"]
    assert [(bar.value, bar.detail) for bar in found.bars] == [
        ("9", "none decided"),
        ("8", "50 % of 6 refused"),
    ]
    assert found.summary.endswith("People refuse the largest share of “Virtual line”: 50 %.")
    assert found.rows[1] == ["Virtual line", "8", "3", "3", "50 %"]
    assert [bar.label for bar in figures["shadows"].bars] == ["Tried"]
    page = admin_client.get(OVERVIEW).content.decode()
    assert "/numberinsightrecord/?flag=virtual" in page


def test_places_are_a_map_of_the_most_frequent_countries(admin_client: Client) -> None:
    for index, country in enumerate(["SE", "DE", "GB", "FR", "US", "NL", "NO"]):
        for _ in range(8 - index):
            _record(country=country, ip_country="SE")
    _record(country="SE", ip_country="")
    keeping.keep()
    figure = _figures(admin_client)["places"]
    assert figure.plot is not None
    texts = [text.text for text in ElementTree.fromstring(figure.plot).iter("text")]
    assert texts[:2] == ["SE", "?"]
    assert {"DE", "GB", "FR", "US", "…"} <= set(texts)
    assert "NO" not in texts
    assert figure.summary.startswith("Of 35 signups with both countries known, 77 % came from")
    assert ["NO", "SE", "2"] in [list(row) for row in figure.rows]


def test_lookups_are_told_with_their_latency(admin_client: Client) -> None:
    now = timezone.now()
    for _ in range(9):
        LookupFactory(called_at=now, answered_at=now + timedelta(seconds=2))
    LookupFactory(state="uncertain")
    _record()
    keeping.keep()
    figure = _figures(admin_client)["lookups"]
    assert figure.summary == (
        "10 lookups, of which 90 % were answered: half within 2.0 s, 95 % within 2.0 s."
    )
    assert [list(row) for row in figure.rows] == [
        ["default", "answered", "9", "2.0 s", "2.0 s"],
        ["default", "uncertain", "1", "–", "–"],
    ]


def test_reviewers_are_told_by_name_and_those_who_left_without(
    admin_client: Client, admin_user: User
) -> None:
    now = clock.midnight(clock.today()) + timedelta(seconds=1)
    for user in (admin_user, admin_user, None):
        _record(1, decision="refused", decided_by=user, decided_at=now)
    keeping.keep()
    figure = _figures(admin_client)["reviewers"]
    assert [row[:3] for row in figure.rows] == [
        ["admin", "2", "2"],
        ["code or a deleted user", "1", "1"],
    ]


def test_agreement_is_told_where_there_are_second_looks(
    admin_client: Client, admin_user: User, settings: Any
) -> None:
    record = _record(decision="refused", decided_by=admin_user, decided_at=timezone.now())
    keeping.keep()
    assert "Agreement" not in _figures(admin_client)["reviewers"].heads
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SECOND_LOOK": 0.02}
    DecisionEvent.objects.create(record=record, act="second_release", previous="refused")
    keeping.keep()
    figure = _figures(admin_client)["reviewers"]
    assert (figure.heads[-1], figure.rows[0][-1]) == ("Agreement", "0 %")


@pytest.mark.parametrize(("day", "is_near"), [("2.00", True), ("50.00", False)])
def test_a_budget_that_is_near_is_a_line_with_a_legend(
    day: str, is_near: bool, admin_client: Client, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "BUDGET": {"day": day}}
    budget.book(Decimal("1.50"), "EUR")
    _record()
    keeping.keep()
    figure = _figures(admin_client)["money-eur"]
    assert figure.plot is not None
    assert ("ni-cap" in figure.plot) == is_near
    assert ("budget" in [label for _swatch, label in figure.legend]) == is_near


def test_the_budget_of_the_shadow_has_tiles_of_its_own(admin_client: Client) -> None:
    shadow = {"provider": "spare", "percent": 5, "budget": {"day": "1.00", "month": "20.00"}}
    with two_currencies({"day": "10"}, SHADOW=shadow):
        _day, fits = budget.reserve([Decimal("0.25")], "USD", purse="shadow")
        assert fits == [True]
        tiles = _tiles(admin_client)
    told = {label: (tile.value, tile.detail) for label, tile in tiles.items()}
    assert told["spent and reserved today, in shadow"] == ("0.25 USD", "of 1.00 USD")
    assert told["spent and reserved in this month, in shadow"] == ("0.25 USD", "of 20.00 USD")
    assert not any("in shadow" in label for label in _tiles(admin_client))


def test_what_was_saved_stands_on_top_of_what_was_spent(admin_client: Client) -> None:
    amounts = {"spent": 100, "shadow": 20, "refunded": 30, "reused": 40, "auto": 10}
    for name, amount in amounts.items():
        figure = {"kind": "money", "name": name, "currency": "EUR", "amount": amount * 10**6}
        DailyTally.objects.create(day=clock.today(), **figure)
    money = _figures(admin_client, "?days=7")["money-eur"]
    assert money.plot is not None
    parts = [_shapes(money.plot, name) for name in ("spent", "shadow", "refund", "reused", "auto")]
    heights = [float(shape.get("height", 0)) for (shape,) in parts]
    assert heights == [50, 10, 15, 20, 5]  # of 2.00 EUR
    assert [float(shape.get("y", 0)) for (shape,) in parts] == [50, 40, 25, 5, 0]
    assert len(money.legend) == 5
    assert "saved by reuse 0.40 EUR, saved by asking less 0.10 EUR</title>" in money.plot
    assert money.rows[0][1:] == ["1.00 EUR", "0.20 EUR", "0.30 EUR", "0.40 EUR", "0.10 EUR"]


def test_money_is_for_those_who_may_see_spending(admin_client: Client, client: Client) -> None:
    budget.book(Decimal("1.50"), "EUR")
    _record()
    keeping.keep()
    assert "money-eur" in _figures(admin_client)
    client.force_login(make_staff("reviewer", "view_numberinsightrecord"))
    assert "money-eur" not in _figures(client)
    assert not re.search(r"\bEUR\b", client.get(OVERVIEW).content.decode())
    client.force_login(make_staff("boss", "view_numberinsightrecord", "view_spending"))
    assert "1.50 EUR were spent" in _figures(client)["money-eur"].summary


def test_who_may_not_view_records_sees_no_overview(client: Client) -> None:
    assert client.get(OVERVIEW).status_code == 302
    client.force_login(make_staff("reviewer", "view_spending", "view_lookup"))
    assert client.get(OVERVIEW).status_code == 403


def test_nothing_at_all_is_a_page_as_well(admin_client: Client) -> None:
    figures = _figures(admin_client)
    assert figures["waiting"].summary == "Nothing waits for a decision."
    assert figures["lookups"].summary == "Nothing was asked."
    keeping.keep()
    assert figures.keys() <= _figures(admin_client, "?days=365").keys()


def test_no_style_and_no_script_stands_in_the_page_and_the_plots_are_well_formed(
    admin_client: Client,
) -> None:
    """It has to work under ``Content-Security-Policy: default-src 'self'``."""
    add_flag(_record(country="SE", ip_country="NL"), EVIL)
    keeping.keep()
    page = admin_client.get(OVERVIEW).content.decode()
    content = page.split('id="content-main"')[1].split('id="footer"')[0]
    assert "style=" not in content
    assert "<script" not in content
    plots = SVG.findall(content)
    assert len(plots) > 8
    for plot in plots:
        ElementTree.fromstring(plot)
    assert "<img src=x" not in page
    assert content.count("<figure") == content.count("<figcaption") == content.count("</figure>")


def test_it_costs_the_same_few_queries_for_a_year_of_tallies(admin_client: Client) -> None:
    _record()
    keeping.keep()
    few = len(queries_of(admin_client, f"{OVERVIEW}?days=7"))
    _a_year_of_tallies()
    assert len(queries_of(admin_client, f"{OVERVIEW}?days=365")) <= few + 1  # names of reviewers
    assert few <= 14


def _a_year_of_tallies() -> None:
    ana = User.objects.create_user("ana")
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        *(("signup", verdict, {}) for verdict in ("allow", "review", "deny")),
        *(("flag", f"flag_{index}", {"refused": 1}) for index in range(12)),
        ("place", "", {"spread": {f"SE-{ip}": 3 for ip in ("SE", "DE", "NL", "US", "")}}),
        ("lookup", "default", {"detail": "answered", "spread": {"7": 3, "9": 1}}),
        ("money", "spent", {"currency": "EUR", "amount": 10**8}),
        ("decision", str(ana.pk), {"reviewer": ana, "spread": {"80": 5}}),
    ]
    DailyTally.objects.bulk_create(
        DailyTally(
            day=clock.today() - timedelta(days=ago), kind=kind, name=name, count=ago + 1, **more
        )
        for ago in range(1, 365)
        for kind, name, more in kinds
    )


def test_the_index_leads_to_it_for_those_who_may_see_it(client: Client) -> None:
    entry = reverse("admin:number_insight_overview_changelist")
    for codename, is_shown in (("view_numberinsightrecord", True), ("view_spending", False)):
        client.force_login(make_staff(codename, codename))
        page = client.get(reverse("admin:index")).content.decode()
        assert (f'href="{entry}"' in page) is is_shown
        assert client.get(entry)["Location"] == OVERVIEW if is_shown else True
