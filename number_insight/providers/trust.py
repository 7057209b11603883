"""The TLS context of the calls: one for each process and bundle of authorities.

To read the bundle takes about five times the CPU of the rest of a call. Only the context is
shared; every call opens a connection of its own.
"""

from __future__ import annotations

import os
import ssl
from threading import Lock

from requests import utils
from urllib3.util.ssl_ import create_urllib3_context

_Key = tuple[str, int, int, int]

_contexts: dict[_Key, ssl.SSLContext] = {}
_lock = Lock()


class BundleUnreadable(Exception):
    """The bundle of trusted authorities cannot be read, so no host can be trusted."""


def context(ca_file: str | None = None) -> ssl.SSLContext:
    """Return the context that trusts the authorities in `ca_file`, by default those of `requests`.

    It is made again when the file changes, and in a forked process. Raise `BundleUnreadable` if
    the file cannot be read.
    """
    path = ca_file or utils.DEFAULT_CA_BUNDLE_PATH
    try:
        key = _key(path)
        with _lock:
            if key not in _contexts:
                made = _make(path)
                _contexts.clear()  # the file as it was, which nobody asks for any more
                _contexts[key] = made
            return _contexts[key]
    except (OSError, ssl.SSLError) as exc:
        why = type(exc).__name__
        raise BundleUnreadable(f"{path} cannot be read as certificates ({why}).") from exc


def _key(path: str) -> _Key:
    """Return the path of the bundle with the inode, size and time (ns) of its last change."""
    status = os.stat(path)
    return path, status.st_ino, status.st_size, status.st_mtime_ns


def _make(path: str) -> ssl.SSLContext:
    made = create_urllib3_context()  # TLS 1.2 or newer; certificate and host name are verified
    made.load_verify_locations(cafile=path)
    return made


def _forget() -> None:
    """Begin anew after a fork, in which another thread may have held the lock."""
    global _lock
    _lock = Lock()
    _contexts.clear()


os.register_at_fork(after_in_child=_forget)
