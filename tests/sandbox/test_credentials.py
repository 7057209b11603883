"""Who may ask, and who may not."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from number_insight.sandbox.credentials import signatures, signing_string
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN

EXAMPLE = {
    "api_key": "n3xm0rocks",
    "number": "447700900000",
    "callback": "https://example.com/hook?a=1&b=2",
    "timestamp": "1540924779",
}
EXAMPLE_SECRET = "71efab63122f1d179f51c46bac838fb5"

PUBLISHED = {
    "message-timestamp": "2013-11-21 15:27:30",
    "messageId": "020000001B0FE827",
    "msisdn": "14843472194",
    "text": "Test again",
    "timestamp": "1385047698",
    "to": "13239877404",
    "type": "text",
}


def status(sandbox: Sandbox, auth: tuple[str, str] | None = None, **params: str) -> Any:
    response = requests.post(
        f"{sandbox.direct_url}/basic/json",
        data={"number": CLEAN, **params},
        auth=auth,
        timeout=5,
    )
    assert response.status_code == 200
    return response.json()["status"]


@pytest.fixture
def guarded() -> Any:
    with Sandbox(
        credentials={"key": ("old", "new"), "other": "secret"}, signature_secret="signing"
    ) as sandbox:
        yield sandbox


def test_any_key_and_secret_will_do_unless_told_which(sandbox: Sandbox) -> None:
    assert status(sandbox, ("any", "thing")) == 0
    assert status(sandbox, api_key="any", api_secret="thing") == 0
    assert status(sandbox) == 4
    assert status(sandbox, ("any", "")) == 4
    assert status(sandbox, api_key="any") == 4


def test_both_secrets_of_a_rotation_are_good(guarded: Sandbox) -> None:
    assert status(guarded, ("key", "old")) == 0
    assert status(guarded, ("key", "new")) == 0
    assert status(guarded, ("other", "secret")) == 0
    assert status(guarded, ("key", "secret")) == 4
    assert status(guarded, ("nobody", "old")) == 4


def test_the_header_is_what_counts_where_there_is_one(guarded: Sandbox) -> None:
    assert status(guarded, ("key", "bad"), api_key="key", api_secret="new") == 4


def test_a_refusal_holds_nothing_but_status_and_text(guarded: Sandbox) -> None:
    body = requests.get(f"{guarded.direct_url}/standard/json", timeout=5).json()
    assert body == {"status": 4, "status_message": "Invalid credentials"}


def test_the_worked_example_is_signed_as_published() -> None:
    assert signing_string(EXAMPLE) == (
        "&api_key=n3xm0rocks&callback=https://example.com/hook?a_1_b_2"
        "&number=447700900000&timestamp=1540924779"
    )
    found = signatures(EXAMPLE, EXAMPLE_SECRET)
    assert found["md5hash"] == "c1b105d98bf4ebeefb3c176286a43fa8"
    assert found["md5"] == "b933a97ec451571e7ad30ebd97153671"
    assert found["sha1"] == "22cc1301ce252253e601297d382bfed14bcf841f"
    assert found["sha256"] == "ba6d43dbe3498c4db7278691b229d3d296d300209a4a24f4e00e91b216e43227"
    assert found["sha512"].startswith("a84d048002cb29a4f8ca0312ea060cdb74581d0fbf8300a8")


def test_the_vendors_own_vectors_are_signed_as_published() -> None:
    found = signatures(PUBLISHED, "my_secret_key_for_testing")
    assert found["md5hash"] == "d2e7b1dc968737c5998ad624e02f90b7"
    assert found["md5"] == "ddebd46008c2d4e93cce578a332a52d5"
    assert found["sha1"] == "27d0d05c2876c7cb1720dbcdba4d492e1e55c09a"
    assert found["sha256"] == "ddb8397c2b90aac7f3882d306475c9a5058c92322eef43c92b298b6e0fc0d330"


def signed(method: str, secret: str = "signing", **changes: str) -> dict[str, str]:
    params = {"number": CLEAN, "api_key": "key", "timestamp": str(int(time.time()))} | changes
    return {**params, "sig": signatures(params, secret)[method]}


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
def test_a_signature_of_each_method_is_good_in_either_case(guarded: Sandbox, method: str) -> None:
    params = signed(method)
    assert status(guarded, **params) == 0
    assert status(guarded, **{**params, "sig": params["sig"].upper()}) == 0


def test_a_signature_is_bad_if_anything_about_it_is(guarded: Sandbox) -> None:
    assert status(guarded, **signed("sha256", secret="other")) == 4
    assert status(guarded, **{**signed("sha256"), "number": "+46701740611"}) == 4
    assert status(guarded, **signed("sha256", api_key="nobody")) == 4
    assert status(guarded, **signed("sha256", timestamp=str(int(time.time()) - 400))) == 4
    assert status(guarded, **signed("sha256", timestamp="now")) == 4
    assert status(guarded, **{**signed("sha256"), "sig": "ö"}) == 4
