"""The direct deployment is asked as its documentation says, and as its clients do."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import requests

from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import ACCOUNT, CLEAN, ask, call


@pytest.mark.parametrize("level", ["basic", "standard", "advanced"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_level_answers_get_and_post(sandbox: Sandbox, method: str, level: str) -> None:
    where = "params" if method == "GET" else "data"
    response = call(sandbox, f"{level}/json", method=method, **{where: {"number": CLEAN}})
    body = response.json()
    assert response.status_code == 200
    assert body["status"] == 0
    assert body["international_format_number"] == "46701740605"
    assert body["national_format_number"] == "070-174 06 05"
    assert body["country_code_iso3"] == "SWE"
    assert ("current_carrier" in body) == (level != "basic")
    assert ("reachable" in body) == (level == "advanced")


@pytest.mark.parametrize("level", ["basic", "standard", "advanced"])
def test_each_level_answers_in_xml(sandbox: Sandbox, level: str) -> None:
    response = call(sandbox, f"{level}/xml", method="GET", params={"number": CLEAN})
    root = ElementTree.fromstring(response.content)
    error = root.find("error")
    assert response.headers["Content-Type"] == "text/xml"
    assert root.tag == ("format" if level == "basic" else "lookup")
    assert error is not None
    assert (error.get("code"), error.text) == ("0", "Success")


def test_the_body_wins_over_the_query(sandbox: Sandbox) -> None:
    response = call(sandbox, "basic/json?number=4412&country=SE", data={"number": "070-174 06 11"})
    assert response.json()["international_format_number"] == "46701740611"


@pytest.mark.parametrize("kind", ["application/json", "text/x-json; charset=utf-8"])
def test_a_json_body_is_read_at_a_json_route_alone(sandbox: Sandbox, kind: str) -> None:
    def status(form: str) -> str:
        response = call(
            sandbox,
            f"basic/{form}",
            auth=None,
            data=b'{"number": 46701740605, "api_key": "key", "api_secret": "secret"}',
            headers={"Content-Type": kind},
        )
        return response.text

    assert '"status": 0' in status("json")
    assert 'code="4"' in status("xml")


def test_a_broken_json_body_is_unparseable(sandbox: Sandbox) -> None:
    response = call(
        sandbox,
        "basic/json",
        auth=None,
        data=b"[1, 2",
        headers={"Content-Type": "application/json"},
    )
    assert response.json() == {"status": 999, "status_message": "Request unparseable"}


@pytest.mark.parametrize("number", ["07999999999", "4670X", "+46 70", "９９", "1" * 40])
def test_a_bad_number_is_refused_with_its_echo(sandbox: Sandbox, number: str) -> None:
    assert ask(sandbox, number) == {
        "status": 3,
        "status_message": f"Invalid request :: Not valid number format detected [ {number} ]",
    }


def test_a_number_of_another_country_than_said_is_refused(sandbox: Sandbox) -> None:
    assert ask(sandbox, country="GB")["status"] == 3
    assert ask(sandbox, country="SE")["status"] == 0


def test_a_missing_number_is_refused(sandbox: Sandbox) -> None:
    assert ask(sandbox, "")["status"] == 3
    assert "[ number ]" in ask(sandbox, "")["status_message"]


def test_unknown_parameters_are_ignored(sandbox: Sandbox) -> None:
    assert ask(sandbox, "+12015550105", cname="true")["request_price"] == "0.03000000"


def test_the_caller_name_is_told_of_us_numbers_and_refunded_for_others(sandbox: Sandbox) -> None:
    american = ask(sandbox, "+12015550105", cnam="true")
    swedish = ask(sandbox, cnam="true")
    assert american["caller_identity"]["caller_name"] == "Robin Example"
    assert "refund_price" not in american
    assert "caller_identity" not in swedish
    assert (swedish["request_price"], swedish["refund_price"]) == ("0.04000000", "0.01000000")


def test_the_handset_is_told_where_it_is_asked_for(sandbox: Sandbox) -> None:
    assert "real_time_data" not in ask(sandbox)
    asked = ask(sandbox, real_time_data="true")
    assert asked["real_time_data"] == {"active_status": "active", "handset_status": "On"}


@pytest.mark.parametrize(
    "path",
    [
        *("/ni/standard/async/json", "/ni/basic", "/ni/advanced/yaml"),
        *("/number/lookup/json", "/nowhere"),
    ],
)
def test_other_paths_are_not_found(sandbox: Sandbox, path: str) -> None:
    assert requests.get(sandbox.url + path, auth=ACCOUNT, timeout=5).status_code == 404


def test_other_methods_are_refused(sandbox: Sandbox) -> None:
    response = requests.put(f"{sandbox.direct_url}/basic/json", timeout=5)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST")


def test_more_than_a_second_bears_is_told_to_wait_and_costs_nothing() -> None:
    with Sandbox(throughput=1) as sandbox:
        assert ask(sandbox)["status"] == 0
        assert any(ask(sandbox)["status"] == 1 for _ in range(10))
        assert sandbox.ledger.entries[-1].net == 0


def test_a_body_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    response = requests.post(f"{sandbox.direct_url}/basic/json", data=b"x" * 100_000, timeout=5)
    assert response.status_code == 413


def test_the_echo_of_a_bad_number_is_xml_whatever_was_typed(sandbox: Sandbox) -> None:
    response = call(sandbox, "basic/xml", data={"number": "<46>\x00&\x1b\ufffe"})
    assert "[ <46>& ]" in str(ElementTree.fromstring(response.content).findtext("error"))
