"""Signatures of the provider and of the sandbox, against the vendor's published vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from number_insight.providers.signing import METHODS, sign
from number_insight.sandbox.credentials import signatures

PUBLISHED = {
    "message-timestamp": "2013-11-21 15:27:30",
    "messageId": "020000001B0FE827",
    "msisdn": "14843472194",
    "text": "Test again",
    "timestamp": "1385047698",
    "to": "13239877404",
    "type": "text",
}
EXAMPLE = {
    "api_key": "n3xm0rocks",
    "number": "447700900000",
    "callback": "https://example.com/hook?a=1&b=2",
    "timestamp": "1540924779",
}
EXAMPLE_SECRET = "71efab63122f1d179f51c46bac838fb5"


Sign = Callable[[dict[str, str], str, str], str]


@pytest.fixture(params=["provider", "sandbox"])
def signer(request: pytest.FixtureRequest) -> Sign:
    """Each of the two functions that sign, which share no code."""
    if request.param == "provider":
        return sign
    return lambda params, secret, method: signatures(params, secret)[method]


@pytest.mark.parametrize(
    ("method", "sig"),
    [
        ("md5hash", "d2e7b1dc968737c5998ad624e02f90b7"),
        ("md5", "ddebd46008c2d4e93cce578a332a52d5"),
        ("sha1", "27d0d05c2876c7cb1720dbcdba4d492e1e55c09a"),
        ("sha256", "ddb8397c2b90aac7f3882d306475c9a5058c92322eef43c92b298b6e0fc0d330"),
    ],
)
def test_the_published_vectors_are_met(signer: Sign, method: str, sig: str) -> None:
    assert signer(PUBLISHED, "my_secret_key_for_testing", method) == sig


@pytest.mark.parametrize(
    ("method", "sig"),
    [
        ("md5hash", "c1b105d98bf4ebeefb3c176286a43fa8"),
        ("md5", "b933a97ec451571e7ad30ebd97153671"),
        ("sha1", "22cc1301ce252253e601297d382bfed14bcf841f"),
        ("sha256", "ba6d43dbe3498c4db7278691b229d3d296d300209a4a24f4e00e91b216e43227"),
        ("sha512", "a84d048002cb29a4f8ca0312ea060cdb74581d0fbf8300a8"),
    ],
)
def test_a_url_with_ampersands_signs_as_in_the_worked_example(
    signer: Sign, method: str, sig: str
) -> None:
    assert signer(EXAMPLE, EXAMPLE_SECRET, method).startswith(sig)


@pytest.mark.parametrize("method", METHODS)
def test_an_earlier_signature_and_the_order_do_not_matter(method: str) -> None:
    shuffled = {"sig": "0000", **dict(reversed(EXAMPLE.items()))}
    assert sign(shuffled, EXAMPLE_SECRET, method) == sign(EXAMPLE, EXAMPLE_SECRET, method)


def test_every_method_signs_in_its_own_way() -> None:
    assert len({sign(EXAMPLE, EXAMPLE_SECRET, method) for method in METHODS}) == len(METHODS)


def test_another_method_is_refused() -> None:
    with pytest.raises(ValueError, match="no signature method"):
        sign(EXAMPLE, EXAMPLE_SECRET, "rot13")
