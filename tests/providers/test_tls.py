"""A call trusts a certificate of the host, in date, by a known authority, and no other."""

from __future__ import annotations

import os
import shutil
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from requests import utils

from number_insight.exceptions import NotSent
from number_insight.providers import transport, trust
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


def test_calls_share_a_context_and_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificates.make(tmp_path)
    read: list[str] = []

    load = ssl.SSLContext.load_verify_locations

    def load_and_note(context: ssl.SSLContext, cafile: str) -> None:
        read.append(cafile)
        load(context, cafile)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load_and_note)
    with Stub(says(200, {"status": 0}), tls=certificate.server_context) as stub:

        def call(_nth: int) -> int:
            request = Form({}).to(stub.url)
            return transport.send(request, timeout=5, ca_file=str(certificate.cert)).status

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(call, range(12))) == [200] * 12
    assert (stub.connections, len(stub.requests)) == (12, 12)
    assert read == [str(certificate.cert)]


def test_a_renewed_bundle_is_trusted_without_a_restart(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    for directory in ("before", "after"):
        (tmp_path / directory).mkdir()
        certificate = certificates.make(tmp_path / directory)
        shutil.copy(certificate.cert, bundle)
        with Stub(says(200, {"status": 0}), tls=certificate.server_context) as stub:
            answer = transport.send(Form({}).to(stub.url), timeout=5, ca_file=str(bundle))
        assert answer.status == 200


def test_a_forked_process_makes_a_context_of_its_own() -> None:
    assert trust.context() is trust.context()
    inherited = trust.context()
    child = os.fork()
    if not child:
        os._exit(trust.context() is inherited)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert trust.context() is inherited


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_nothing_is_sent_under_a_bundle_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    certificate, bundle = certificates.make(tmp_path), tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setattr(utils, "DEFAULT_CA_BUNDLE_PATH", str(bundle))
    stub = Stub(says(200, {}), tls=certificate.server_context)
    with stub, pytest.raises(NotSent, match="bundle of trusted certificates cannot be read"):
        transport.send(Form({}).to(stub.url), timeout=5)
    assert stub.connections == 0
