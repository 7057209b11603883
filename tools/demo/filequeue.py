"""A Celery broker in a folder, so that the demo needs no server."""

from __future__ import annotations

import contextlib
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


def options(folder: Path) -> dict[str, Any]:
    """Return Celery's transport options for a queue in `folder`."""
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.1,
    }


class Channel(filesystem.Channel):
    """Kombu's channel in a folder, but each file is there all at once.

    Kombu writes into the file that another process is waiting for, and a worker that reads a
    file half written stops. A renamed file is never half written.
    """

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        table = Path(self.control_folder) / f"{exchange}.exchange"
        if not table.exists():
            part = table.with_name(f"{uuid.uuid4()}.part")
            part.write_text("[]", encoding="utf-8")
            with contextlib.suppress(FileExistsError):  # another process was first
                table.hardlink_to(part)
            part.unlink()
        super()._queue_bind(exchange, *args)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        path = Path(self.data_folder_out) / name
        part = path.with_name(f"{uuid.uuid4()}.part")  # kombu 5.5 reads any "….queue.msg…"
        part.write_text(dumps(payload), encoding="utf-8")
        part.rename(path)


class Transport(filesystem.Transport):
    """Kombu's transport in a folder, with our channel."""

    Channel = Channel
