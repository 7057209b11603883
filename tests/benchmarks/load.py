"""The load of the machine: CPU time of processes with their children, and that of everybody else.

It reads ``/proc``, so it takes Linux.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds in a unit of ``/proc``."""
LEAST_IDLE = 0.9
"""The share of the machine that has to be left to a row, by all but the benchmarks themselves."""
GLANCE = 1.0
"""Seconds for which the machine is watched before a row."""


PR_SET_CHILD_SUBREAPER = 36
KTHREADD = 2
"""The parent of the kernel's threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The CPU seconds since the start: of the whole machine, left by processes, and our own."""

    total: float
    left: float
    ours: float


def adopt_orphans() -> None:
    """Let descendants whose parent ends become children of this process, so that they count."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read() -> Reading:
    """Return the present reading of ``/proc``.

    The kernel's own work (threads that write to the disk, interrupts of the network) counts as
    left: it is done for whoever uses the machine, and other load shows in its processes.
    """
    ours, kernel = seconds_of(os.getpid()), seconds_of(KTHREADD)
    # user nice system idle iowait irq softirq steal; the guests' are in user and nice already.
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    ticks = [int(word) * TICK for word in words]
    return Reading(total=sum(ticks), left=sum(ticks[3:7]) + kernel, ours=ours)


def idle_share(since: Reading, *, now: Reading | None = None) -> float:
    """Return the share of the machine that nobody but ourselves has used since a reading.

    Our own processes count as idle, for a row is there to use the machine. So do their ended
    children, whose time is with their parents. The steal of other guests on the hardware does not.
    """
    now = now or read()
    total = now.total - since.total
    left = now.left - since.left + now.ours - since.ours
    return max(0.0, min(left / total, 1.0)) if total > 0 else 1.0


def glance(seconds: float = GLANCE) -> float:
    """Return the idle share of the next `seconds`."""
    since = read()
    time.sleep(seconds)
    return idle_share(since)


def await_quiet(patience: float) -> float:
    """Return the idle share as soon as it is enough, or the last one when `patience` is over."""
    end = time.monotonic() + patience
    while (share := glance()) < LEAST_IDLE and time.monotonic() < end:
        pass
    return share


def seconds_of(pid: int) -> float:
    """Return the CPU seconds of a process and its descendants, ended ones included."""
    times, parents = _processes()
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in parents.items():
        children[parent].append(child)
    found, left = 0.0, [pid]
    while left:
        one = left.pop()
        found += times.get(one, 0.0)
        left += children[one]
    return found


def _processes() -> tuple[dict[int, float], dict[int, int]]:
    """Return CPU seconds, with those of the ended children, and the parent of each process."""
    times, parents = {}, {}
    for pid, words in _stats():
        parents[pid] = int(words[1])
        times[pid] = sum(int(word) for word in words[11:15]) * TICK
    return times, parents


def _stats() -> Iterator[tuple[int, list[str]]]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError):
                text = Path(f"/proc/{name}/stat").read_text()
                yield int(name), text.rpartition(")")[2].split()
