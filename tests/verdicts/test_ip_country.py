"""The country of an IP, by a local database: MaxMind's, or the registries' tables."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geoip2 import GeoIP2Exception
from django.test import override_settings
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from number_insight.ip_country import bundled, maxmind
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
