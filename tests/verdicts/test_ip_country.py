"""The country of an IP, by a local database: MaxMind's, or the registries' tables."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geoip2 import GeoIP2Exception
from django.db import connection
from django.test import override_settings
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from number_insight.ip_country import bundled, maxmind
from number_insight.screening import refusal
from number_insight.verdicts import context
from tests.support.records import NUMBER, codes_of
from tests.support.stage import asking, screened

MAXMIND = "number_insight.ip_country.maxmind.country"
BUNDLED = "number_insight.ip_country.bundled.country"


@pytest.fixture
def database(tmp_path: Path) -> Any:
    """A country database that knows two networks."""
    writer = MMDBWriter(ip_version=6, database_type="GeoLite2-Country", ipv4_compatible=True)
    for network, code in {"8.8.8.0/24": "FR", "2001:4860::/32": "SE"}.items():
        writer.insert_network(IPSet([network]), {"country": {"iso_code": code}})
    writer.to_db_file(str(tmp_path / "GeoLite2-Country.mmdb"))
    with override_settings(GEOIP_PATH=tmp_path):
        yield


@pytest.mark.parametrize(
    ("ip", "country"),
    [("8.8.8.8", "FR"), ("2001:4860::1", "SE"), ("8.8.4.4", None), ("2a00::1", None)],
)
def test_maxminds_database_is_read(database: Any, ip: str, country: str | None) -> None:
    assert maxmind.country(ip) == country


def test_without_a_database_it_says_so(tmp_path: Path) -> None:
    with override_settings(GEOIP_PATH=tmp_path), pytest.raises(GeoIP2Exception):
        maxmind.country("8.8.8.8")


def test_the_bundled_tables_know_the_world() -> None:
    assert bundled.country("8.8.8.8") == "US"
    assert bundled.country("2001:4860:4860::8888") == "US"
    assert bundled.country("193.0.6.139") == "NL"
    assert bundled.country("192.168.0.1") is None


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "country"), [(MAXMIND, "FR"), (BUNDLED, "US")])
def test_it_makes_the_match_and_the_ip_stays_here(database: Any, path: str, country: str) -> None:
    with asking(IP_COUNTRY=path):
        record = screened(NUMBER, ip="8.8.8.8")
        assert record.lookup is None or record.lookup.ip_address is None
    assert (record.ip_country, record.ip_match) == (country, "mismatch")
    assert codes_of(record) == {"ip_mismatch"}


@pytest.mark.parametrize("path", [MAXMIND, "number_insight.ip_country.nowhere.country"])
def test_a_database_that_is_missing_costs_no_verdict(
    path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        asking(IP_COUNTRY=path),
        override_settings(GEOIP_PATH=tmp_path),
        caplog.at_level(logging.ERROR),
    ):
        assert context.local_ip_country("8.8.8.8") is None
    assert "the country is unknown" in caplog.text
    assert "8.8.8.8" not in caplog.text


def told(value: object) -> Any:
    """Return settings whose ``IP_COUNTRY`` tells `value`, or raises it."""

    def find(ip: str) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    return {"IP_COUNTRY": find}


NO_COUNTRIES = [
    "EU",
    "A1",
    "T1",
    "XX",
    "UK",
    "AP",
    "unknown",
    "USA",
    "",
    46,
    4.6,
    True,
    b"GB",
    ["GB"],
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("value", [*NO_COUNTRIES, LookupError("none")], ids=repr)
def test_what_is_no_country_is_unknown_and_breaks_no_screening(value: object) -> None:
    record = screened(NUMBER, ip="8.8.8.8", under=asking(**told(value)))
    assert (record.state, record.verdict, record.lane) == ("screened", "allow", "risk")
    assert (record.ip_country, record.ip_match) == ("", "unknown")
    assert codes_of(record) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["FR", "fr", " fr\n"])
def test_a_country_is_one_in_any_case(value: str) -> None:
    with asking(**told(value)):
        assert screened(NUMBER, ip="8.8.8.8").ip_country == "FR"


def failing_query(ip: str) -> str:
    """Ask a table that is not there, as a project does that forgot to migrate."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT country FROM no_such_table")
    return "FR"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("enforcement", ["observe", "enforce"])
def test_a_failed_query_breaks_neither_the_screening_nor_the_form(enforcement: str) -> None:
    with asking(IP_COUNTRY=f"{__name__}.failing_query", ENFORCEMENT=enforcement):
        for _ in range(2):
            assert not refusal.is_denied(NUMBER)
            record = screened(NUMBER, ip="8.8.8.8")
            assert (record.state, record.verdict) == ("screened", "allow")


@pytest.mark.django_db
def test_a_callable_that_is_missing_is_one_that_does_not_know() -> None:
    record = screened(NUMBER, ip="8.8.8.8", under=asking(IP_COUNTRY=f"{__name__}.no_such_callable"))
    assert (record.state, record.ip_country) == ("screened", "")


@pytest.mark.parametrize("value", ["EU", "a long text", 46, LookupError("8.8.8.8")], ids=repr)
def test_each_kind_is_logged_once_and_without_what_it_tells(
    value: object, caplog: pytest.LogCaptureFixture
) -> None:
    with asking(**told(value)), caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert context.local_ip_country("8.8.8.8") is None
    (logged,) = caplog.messages
    assert "the country is unknown" in logged
    assert "8.8.8.8" not in logged
    assert "a long text" not in logged


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["EU", "Sweden", "UK", "??", "", "46"])
def test_a_declared_country_that_is_none_is_not_kept(country: str) -> None:
    record = screened(NUMBER, country=country, under=asking())
    assert (record.state, record.declared_country) == ("screened", "")
