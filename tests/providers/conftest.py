"""One sandbox for all that only ask it, and one that speaks TLS."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from django.core.cache import cache

from number_insight.providers import transport
from number_insight.sandbox.server import Sandbox
from tests.support import certificates, keys

pytest.register_assert_rewrite("tests.providers.contract")


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Let no test find the token of another one."""
    cache.clear()


@pytest.fixture(scope="session")
def service() -> Iterator[Sandbox]:
    """A sandbox that nobody may change: a rich account, any key and secret."""
    with Sandbox(balance="100000", callback_delay=60) as running:
        yield running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> certificates.Certificate:
    """The certificate of the sandbox that speaks TLS."""
    return certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def encrypted(certificate: certificates.Certificate) -> Iterator[Sandbox]:
    """A sandbox that speaks TLS, and knows the key of our application."""
    tls = (certificate.cert, certificate.key)
    with Sandbox(balance="100000", tls=tls, public_key=keys.public_key()) as running:
        yield running


@pytest.fixture
def trusted(
    encrypted: Sandbox, certificate: certificates.Certificate, monkeypatch: pytest.MonkeyPatch
) -> Sandbox:
    """The same while its certificate is trusted."""
    trusting = partial(transport.send, ca_file=str(certificate.cert))
    monkeypatch.setattr(transport, "send", trusting)
    return encrypted
