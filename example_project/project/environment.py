"""What the settings read from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


def text(name: str, default: str) -> str:
    """Return the variable `name`; an empty one counts as unset."""
    return os.environ.get(name) or default


def flag(name: str, default: bool) -> bool:
    """Return whether the variable `name` says yes."""
    return text(name, "yes" if default else "no").lower() in ("1", "true", "yes", "on")


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for ``sqlite:///path`` or ``postgresql://user:secret@host/name``."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path[1:]))
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
        }
    raise ValueError(f"DATABASE_URL begins with sqlite:// or postgresql://, not {parts.scheme!r}.")


def _sqlite(path: str) -> dict[str, Any]:
    # A site and its workers write at the same time: WAL lets readers go on meanwhile, and
    # IMMEDIATE makes writers queue at the door instead of failing half-way.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }


def broker_options(url: str, folder: Path) -> dict[str, Any]:
    """Return Celery's transport options for the broker at `url`."""
    if not url.startswith(("filequeue:", "filesystem:")):
        # Without these a broker that accepts connections and says nothing is waited for.
        return {"socket_timeout": 1, "socket_connect_timeout": 1}
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.1,
    }
