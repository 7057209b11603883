"""Processes: another process of this project, in which Django is set up first.

A process that is spawned imports what it is to call. Models cannot be imported before the set-up,
so what is to be called comes pickled, and this module knows no models.
"""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import django


def start(work: Callable[..., object], *arguments: Any) -> tuple[BaseProcess, Connection]:
    """Call `work` with a pipe and `arguments` in a new process; return that, and the pipe's end."""
    context = multiprocessing.get_context("spawn")  # a fork would share our connections
    ear, mouth = context.Pipe(duplex=False)
    packed = pickle.dumps(partial(work, *arguments))
    process = context.Process(target=_begin, args=(packed, mouth), daemon=True)
    process.start()
    mouth.close()
    return process, ear


def _begin(packed: bytes, mouth: Connection) -> None:
    django.setup()
    with mouth:
        pickle.loads(packed)(mouth)  # noqa: S301  what the process before us has packed
