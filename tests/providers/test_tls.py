"""A call trusts a certificate of the host, in date, by a known authority, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from number_insight.exceptions import NotSent
from number_insight.providers import transport
from number_insight.providers.http import Form
from tests.support import certificates
from tests.support.stubs import Stub, says


def test_a_trusted_certificate_is_accepted(tmp_path: Path) -> None:
    certificate = certificates.make(tmp_path)
    with Stub(says(200, {"status": 0}), tls=certificate.server_context) as stub:
        answer = transport.send(Form({}).to(stub.url), timeout=5, ca_file=str(certificate.cert))
    assert answer.status == 200
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("days", "name", "is_known"),
    [(1, "localhost", False), (-1, "localhost", True), (1, "other.example", True)],
    ids=["of nobody known", "expired", "of another host"],
)
def test_no_byte_is_sent_under_a_bad_certificate(
    tmp_path: Path, days: int, name: str, is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificates.make(tmp_path, days=days, name=name)
    trusted = str(certificate.cert) if is_known else None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.cert))
    stub = Stub(says(200, {}), tls=certificate.server_context)
    with stub, pytest.raises(NotSent, match="certificate"):
        transport.send(Form({}).to(stub.url), timeout=5, ca_file=trusted)
    assert (stub.requests, stub.connections) == ([], 1)


def test_a_host_that_speaks_no_tls_is_told_nothing() -> None:
    with Stub(says(200, {})) as stub, pytest.raises(NotSent):
        transport.send(Form({}).to(stub.url.replace("http:", "https:")), timeout=1)
    assert stub.requests == []
