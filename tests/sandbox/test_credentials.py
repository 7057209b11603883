"""The sandbox accepts good credentials in each form, and refuses all others."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from number_insight.sandbox.credentials import signatures
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, call


def status(sandbox: Sandbox, auth: tuple[str, str] | None = None, **params: str) -> Any:
    response = call(sandbox, "basic/json", auth=auth, data={"number": CLEAN, **params})
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
