"""Exports of the list and of the overview: on the filters, streamed, masked, and no formulas."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.admin import exports
from number_insight.lookups import budget
from number_insight.models import NumberInsightRecord
from number_insight.overview import keeping
from tests.admin.builders import LIST, add_flag, make_record, make_staff

pytestmark = pytest.mark.django_db

OVERVIEW = reverse("admin:number_insight_overview")
NUMBER, IP = "+46701740605", "81.2.69.142"


def _text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    assert response.streaming
    body: Iterable[bytes] = response.streaming_content
    return b"".join(body).decode()


def _csv(client: Client, query: str = "", url: str = f"{LIST}export/csv/") -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(_text(client, url + query), newline="")))


def _json(
    client: Client, query: str = "", url: str = f"{LIST}export/json/"
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_text(client, url + query))
    return found


def _full() -> User:
    return make_staff("full", "view_numberinsightrecord", "view_full_number")


def test_both_forms_tell_the_same_of_each_record(client: Client) -> None:
    client.force_login(_full())
    record = make_record(NUMBER, ip_address=IP, score=30, carrier_name='Tele "2", AB')
    add_flag(record)
    add_flag(record, "outweighed", counted=False)
    make_record("+46701740606", verdict="allow")
    rows, cells = _json(client), _csv(client)
    assert [row["id"] for row in rows] == [int(row["id"]) for row in cells]
    assert rows[1] | {"created_at": ""} == {
        **dict.fromkeys(("field", "subject_type", "subject_id", "ip_country"), ""),
        **dict.fromkeys(("decision", "decided_by", "decision_reason"), ""),
        **{"id": record.pk, "created_at": "", "source": "signup", "number": NUMBER},
        **{"ip_address": IP, "country": "SE", "line_type": "mobile", "lane": "risk"},
        **{"carrier_name": 'Tele "2", AB', "state": "screened", "basis": "answer"},
        **{"verdict": "review", "score": 30, "flags": ["virtual"], "decided_at": None},
        "reason_code": "",
    }
    assert cells[1]["number"] == f"'{NUMBER}"
    assert cells[1]["carrier_name"] == 'Tele "2", AB'
    assert cells[1]["flags"] == "virtual"


@pytest.mark.parametrize("query", ["?verdict=deny", "?flag=virtual", "?q=%2B46701740612"])
def test_the_filters_and_the_search_of_the_list_hold(query: str, client: Client) -> None:
    client.force_login(_full())
    make_record(NUMBER, verdict="allow")
    wanted = make_record("+46701740612", verdict="deny")
    add_flag(wanted)
    assert [row["id"] for row in _json(client, query)] == [wanted.pk]
    page = client.get(LIST + query).content.decode()
    for form in ("csv", "json"):
        assert f'<a href="{LIST}export/{form}/{query}">' in page


@pytest.mark.parametrize("url", [f"{LIST}export/csv/", f"{LIST}export/json/"])
def test_without_the_permission_numbers_and_ips_are_masked(url: str, client: Client) -> None:
    make_record(NUMBER, ip_address=IP)
    make_record(NUMBER, ip_address="2a02:db8:1:2:3:4:5:6")
    make_record("", number_hash="f" * 64, number_masked="+46 70 *** ** 99")
    client.force_login(make_staff("masked", "view_numberinsightrecord"))
    text = _text(client, url)
    assert "+46 70 *** ** 05" in text
    assert "+46 70 *** ** 99" in text
    for secret in ("70174", "1740605", "69.142", "2:3:4:5:6"):
        assert secret not in text
    client.force_login(_full())
    assert NUMBER in _text(client, url)


@pytest.mark.parametrize("url", [f"{LIST}export/csv/", f"{OVERVIEW}csv/"])
def test_who_may_not_view_records_exports_none(url: str, client: Client) -> None:
    make_record()
    client.force_login(make_staff("nobody", "view_spending", "view_full_number"))
    assert client.get(url).status_code == 403


@pytest.mark.parametrize("url", [f"{LIST}export/xls/", f"{OVERVIEW}xls/"])
def test_another_form_is_not_found(url: str, admin_client: Client) -> None:
    assert admin_client.get(url).status_code == 404


def test_a_filter_that_is_none_leads_back_to_the_list(admin_client: Client) -> None:
    response = admin_client.get(f"{LIST}export/csv/?number__gt=1&id=x")
    assert response.status_code in (302, 400)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        *((text, f"'{text}") for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1")),
        *((text, f"'{text}") for text in (" =1", "＝1", "＋1", "－1", "＠1")),
        *((text, text) for text in ("", "a=1", "1-1", "Tele=2", "'=1")),
        *(((None, "")), (-10, "'-10"), (7, "7"), (["a", "b"], "a b"), (["=a"], "'=a")),
    ],
)
def test_no_cell_begins_like_a_formula(value: Any, cell: str) -> None:
    assert exports.safe_cell(value) == cell


def test_what_strangers_typed_is_no_formula_in_any_cell(client: Client) -> None:
    client.force_login(_full())
    evil = '=HYPERLINK("http://evil")'
    make_record(
        "=1+1", carrier_name=evil, decision="refused", decision_reason=f"\t{evil}", score=-5
    )
    rows = csv.reader(StringIO(_text(client, f"{LIST}export/csv/"), newline=""))
    for row in rows:
        assert not [cell for cell in row if cell.startswith(exports.FORMULA_SIGNS)]


def test_records_are_fetched_in_blocks_with_their_flags(
    client: Client, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("number_insight.admin.record_export.BLOCK", 10)
    monkeypatch.setattr(exports, "LINES", 7)
    client.force_login(_full())
    for _ in range(30):
        add_flag(make_record())
    with django_assert_max_num_queries(16):
        assert len(_json(client)) == 30


def test_none_at_all_is_an_empty_file(client: Client) -> None:
    client.force_login(_full())
    assert _json(client) == []
    assert _csv(client) == []


def test_the_file_has_a_name_and_is_kept_by_no_cache(client: Client) -> None:
    client.force_login(_full())
    response = client.get(f"{LIST}export/csv/")
    today = f"{timezone.now():%Y-%m-%d}"
    expected = f'attachment; filename="number-insight-records-{today}.csv"'
    assert response["Content-Disposition"] == expected
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]


def test_the_overview_exports_its_tallies_and_money_only_to_those_who_may_see_it(
    client: Client,
) -> None:
    budget.book(Decimal("1.50"), "EUR")
    old = make_record(ip_country="NL")
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(days=40))
    make_record(ip_country="NL")
    keeping.keep()
    url = f"{OVERVIEW}json/"
    client.force_login(make_staff("reviewer", "view_numberinsightrecord"))
    rows = _json(client, "?days=30", url)
    assert [(row["kind"], row["name"], row["detail"], row["count"]) for row in rows] == [
        ("place", "SE", "NL", 1),
        ("signup", "review", "", 1),
    ]
    assert len(_json(client, "?days=90", url)) == 4
    client.force_login(make_staff("boss", "view_numberinsightrecord", "view_spending"))
    money = {row["name"]: row for row in _json(client, "?days=7", url) if row["kind"] == "money"}
    assert (Decimal(money["spent"]["amount"]), money["spent"]["currency"]) == (
        Decimal("1.5"),
        "EUR",
    )
    assert len(_csv(client, "?days=7", f"{OVERVIEW}csv/")) == len(_json(client, "?days=7", url))
    assert old.pk
