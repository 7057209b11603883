"""A real Celery worker that can be told where to die: ``celery -A tests.chaos.worker worker``.

``NI_CHAOS_CRASH`` names the point, ``NI_CHAOS_ONCE`` a file that is made by the first death, so
that there is one alone; ``NI_CHAOS_CELERY`` is JSON laid over Celery's settings.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from celery.signals import worker_init

from tests.celery import app

POINTS = {
    "before_claim": ("number_insight.lookups.claims", "take", "before"),
    "inside_claim_transaction": ("number_insight.lookups.claims", "take", "after"),
    "after_claim": ("number_insight.lookups.calls", "call", "before"),
    "after_call_before_save": ("number_insight.lookups.calls", "call", "after"),
    "inside_save_transaction": ("number_insight.verdicts.recording", "judge", "after"),
    "after_save_before_ack": ("number_insight.screening.worker", "screen", "after"),
}
"""Point -> module, function, and on which side of it the process ends."""

app.conf.update(json.loads(os.environ.get("NI_CHAOS_CELERY", "{}")))


def arm(point: str) -> None:
    """Let this process, and those it forks, die at `point`."""
    module, name, side = POINTS[point]
    place = importlib.import_module(module)
    setattr(place, name, partial(_deadly, getattr(place, name), side))


def _deadly(work: Callable[..., Any], side: str, *args: Any, **kwargs: Any) -> Any:
    if side == "before":
        die()
    answer = work(*args, **kwargs)
    die()
    return answer


def die() -> None:
    """End the process as SIGKILL would, unless another one has done so already."""
    with suppress(FileExistsError):
        os.close(os.open(os.environ["NI_CHAOS_ONCE"], os.O_CREAT | os.O_EXCL))
        os._exit(9)


@worker_init.connect
def _arm_worker(**_kwargs: Any) -> None:
    point = os.environ.get("NI_CHAOS_CRASH")
    if point:
        arm(point)
