"""XML answers: another order, the same insight, and nothing that XML can do besides."""

from __future__ import annotations

from decimal import Decimal

import pytest

from number_insight.exceptions import BadCallback, Busy, Uncertain
from number_insight.insight import Caller, Carrier, IPMatch, RealTime, Roaming
from number_insight.providers.wire import read_acknowledgement, read_answer, read_callback

FULL = b"""<?xml version="1.0" encoding="UTF-8"?>
<lookup>
  <error code="0">Success</error>
  <request_id>3e6e31a4-1f62-4f43-a6b5-0b6b0c6a9d11</request_id>
  <international_format_number>14155550105</international_format_number>
  <local_number country_code="US" country_code_iso3="USA" country_name="United States"
      country_prefix="1">
      (415) 555-0105
  </local_number>
  <request_price>0.04000000</request_price>
  <remaining_balance>9.96</remaining_balance>
  <current_carrier network_code="310999" name="Example Mobile US" country="US"
      network_type="mobile"></current_carrier>
  <original_carrier network_code="US-FIXED" name="Example First US" country="US"
      network_type="landline"/>
  <ported>ported</ported>
  <valid_number>inferred</valid_number>
  <reachable>unknown</reachable>
  <roaming status="roaming" roaming_country_code="CA" roaming_network_code="302999"
      roaming_network_name="Example Mobile CA"/>
  <ip address="123.0.0.255" ip_match_level="mismatch" ip_country="CA" ip_city="Ottawa"/>
  <ip_warnings>unknown</ip_warnings>
  <lookup_outcome code="1">Partial success - some fields populated</lookup_outcome>
  <cnam caller-type="consumer" caller-name="Robin Example" first-name="Robin"
      last-name="Example" subscription-type="postpaid"/>
  <caller_name>Robin Example</caller_name>
  <firs_name>Robin</firs_name>
  <last_name>Example</last_name>
  <caller_type>consumer</caller_type>
  <real_time_data><active_status>true</active_status><handset_status>On</handset_status>
  </real_time_data>
</lookup>"""


def test_a_full_answer_is_told_in_our_words() -> None:
    insight = read_answer(FULL, format="xml")
    assert (insight.status, insight.status_text, insight.outcome) == (0, "Success", 1)
    assert insight.request_id == "3e6e31a4-1f62-4f43-a6b5-0b6b0c6a9d11"
    assert (insight.number, insight.national_format) == ("+14155550105", "(415) 555-0105")
    assert (insight.country, insight.country_iso3, insight.country_prefix) == ("US", "USA", "1")
    assert insight.country_name == "United States"
    assert insight.current_carrier == Carrier(
        network_code="310999", name="Example Mobile US", country="US", network_type="mobile"
    )
    assert insight.original_carrier is not None
    assert insight.original_carrier.network_code == "US-FIXED"
    assert (insight.ported, insight.valid_number) == ("ported", "inferred")
    assert insight.roaming == Roaming(
        status="roaming", country="CA", network_code="302999", network_name="Example Mobile CA"
    )
    assert insight.ip == IPMatch(
        address="123.0.0.255", match="mismatch", country="CA", city="Ottawa"
    )
    assert insight.caller == Caller(
        name="Robin Example",
        first_name="Robin",
        last_name="Example",
        type="consumer",
        subscription_type="postpaid",
    )
    assert insight.real_time == RealTime(active=True, handset="on")
    assert (insight.price, insight.balance) == (Decimal("0.04"), Decimal("9.96"))


def test_a_basic_answer_has_another_root_and_no_declaration() -> None:
    body = b"""<format><error code="0">Success</error>
    <international_format_number>447700900000</international_format_number>
    <local_number country_code="GB">07700 900000</local_number></format>"""
    insight = read_answer(body, format="xml")
    assert (insight.number, insight.country) == ("+447700900000", "GB")


@pytest.mark.parametrize("element", ["firs_name", "first_name"])
def test_the_first_name_has_two_spellings(element: str) -> None:
    body = f'<lookup><error code="0"/><{element}>Robin</{element}></lookup>'.encode()
    assert read_answer(body, format="xml").caller == Caller(first_name="Robin")


@pytest.mark.parametrize("element", ["cnam", "caller_identity"])
def test_the_caller_has_two_names(element: str) -> None:
    body = f'<lookup><error code="0"/><{element} caller-name="Robin"/></lookup>'.encode()
    assert read_answer(body, format="xml").caller == Caller(name="Robin")


def test_an_unknown_roaming_is_told_as_such() -> None:
    body = b'<lookup><error code="0">Success</error><roaming status="unknown"/></lookup>'
    assert read_answer(body, format="xml").roaming == Roaming()


@pytest.mark.parametrize(
    ("element", "name", "expected"),
    [
        ('<ported lang="en">ported</ported>', "ported", "ported"),
        ("<reachable>absent<!-- just now --></reachable>", "reachable", "absent"),
        ("<reachable><word>absent</word></reachable>", "reachable", "absent"),
        ("<valid_number>not_<b/>valid</valid_number>", "valid_number", "not_valid"),
        ('<request_id type="uuid">9d1a</request_id>', "request_id", "9d1a"),
        (
            '<international_format_number kind="e164">14155550105</international_format_number>',
            "number",
            "+14155550105",
        ),
        ('<roaming lang="en">not_roaming</roaming>', "roaming", Roaming(status="not_roaming")),
        ("<roaming><status>roaming</status></roaming>", "roaming", Roaming(status="roaming")),
        ('<ip kind="v4">123.0.0.255</ip>', "ip", IPMatch(address="123.0.0.255")),
        (
            '<current_carrier network_type="mobile">Example</current_carrier>',
            "current_carrier",
            Carrier(name="Example", network_type="mobile"),
        ),
        (
            "<local_number><country_code>GB</country_code>07700 900000</local_number>",
            "national_format",
            "07700 900000",
        ),
        ("<cnam><firs_name>Robin</firs_name></cnam>", "caller", Caller(first_name="Robin")),
        ('<x:ported xmlns:x="urn:x">ported</x:ported>', "ported", "ported"),
    ],
)
def test_neither_attributes_nor_children_hide_a_text(
    element: str, name: str, expected: object
) -> None:
    body = f'<lookup><error code="0">Success</error>{element}</lookup>'.encode()
    assert getattr(read_answer(body, format="xml"), name) == expected


@pytest.mark.parametrize(
    "error", ["<error><code>0</code></error>", '<status x="y">0</status>', "<status>0<a/></status>"]
)
def test_the_status_is_found_wherever_it_is_written(error: str) -> None:
    body = f"<lookup>{error}<ported>ported</ported></lookup>".encode()
    assert read_answer(body, format="xml").status == 0


@pytest.mark.parametrize(
    "twins",
    [
        "<status>0</status><status>9</status>",
        '<error code="0"/><status>9</status>',
        "<status>0</status><x:status xmlns:x='urn:x'>9</x:status>",
        "<status>0</status><ported>ported</ported><ported>not_ported</ported>",
        '<status>0</status><roaming status="roaming"><status>not_roaming</status></roaming>',
        "<status>0</status><request_id>a</request_id><requestId>b</requestId>",
    ],
)
def test_an_element_that_comes_with_two_values_is_no_answer(twins: str) -> None:
    with pytest.raises(Uncertain):
        read_answer(f"<lookup>{twins}</lookup>".encode(), format="xml")
    with pytest.raises(BadCallback):
        read_callback(f"<lookup>{twins}</lookup>".encode())


def test_a_national_number_says_nothing_of_the_status() -> None:
    body = (
        b'<lookup><local_number status="0" country_code="GB">07700 900000</local_number></lookup>'
    )
    with pytest.raises(Uncertain):
        read_answer(body, format="xml")


def test_an_acknowledgement_is_written_in_camel_case() -> None:
    body = b"""<lookup><requestId>9d1a</requestId><number>447700900000</number>
    <remainingBalance>9.96</remainingBalance><requestPrice>0.04000000</requestPrice>
    <status>0</status></lookup>"""
    promise = read_acknowledgement(body, format="xml")
    assert promise.request_id == "9d1a"
    assert (promise.price, promise.balance) == (Decimal("0.04"), Decimal("9.96"))


def test_a_refused_acknowledgement_is_a_refusal() -> None:
    body = b"<lookup><errorText>Back off</errorText><status>1</status></lookup>"
    with pytest.raises(Busy):
        read_acknowledgement(body, format="xml")


BOMB = (
    b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    b'<lookup><error code="0">&b;</error></lookup>'
)
OUTSIDE = (
    b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b'<lookup><error code="0">&x;</error></lookup>'
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        OUTSIDE,
        b"<!DOCTYPE lookup><lookup><error code='0'/></lookup>",
        b"<lookup><error code='0'>",
        b"<html><body>Bad gateway</body></html>",
        b"<other><error code='0'/></other>",
        b"<lookup/>",
        b"",
        b'<?xml version="1.0" encoding="no-such"?><lookup><error code="0"/></lookup>',
        b'{"status": 0}',
    ],
    ids=range(10),
)
def test_what_is_no_plain_answer_is_uncertain(body: bytes) -> None:
    with pytest.raises(Uncertain):
        read_answer(body, format="xml")
