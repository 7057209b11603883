"""The provider's certificate, and a bundle of authorities that vouches for it."""

from __future__ import annotations

from pathlib import Path

import certifi

from tests.support import certificates

CERTIFICATE, KEY = "localhost.pem", "localhost.key"
"""The names of the files."""


def make(directory: Path) -> Path:
    """Make the certificate; return a bundle as large as the usual one that trusts it as well."""
    made = certificates.make(directory)
    assert (made.cert.name, made.key.name) == (CERTIFICATE, KEY)
    bundle = directory / "bundle.pem"
    bundle.write_bytes(made.cert.read_bytes() + Path(certifi.where()).read_bytes())
    return bundle
