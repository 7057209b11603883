"""Publishing a table: never one that was taken beside other load, nor a part as the whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks import load, page

MEASURED_ON = "Measured on "

Row = Mapping[str, Any]


def publish(rows: Sequence[Row], machine: str, *, whole: bool = True) -> str:
    """Write the table into docs/; return the reason if it may not be published, else "".

    Some lines replace those of the published table, if it was measured on the same machine.
    """
    disturbed = [row["name"] for row in rows if is_disturbed(row)]
    if disturbed:
        least = f"{load.LEAST_IDLE:.0%}"
        return f"other load left less than {least} of the machine to {', '.join(disturbed)}."
    if whole:
        page.publish(rows, machine)
        return ""
    if f"{MEASURED_ON}{machine}.\n" not in page.PAGE.read_text():
        return "the published table was measured on another machine, or with other versions."
    page.publish(merged(json.loads(page.TABLE.read_text()), rows), machine)
    return ""


def is_disturbed(row: Row) -> bool:
    """Return whether something else used the machine, before the row or beside it."""
    return bool(row["idle"]) and min(row["idle"]) < load.LEAST_IDLE


def merged(published: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Return the published lines, each replaced by its new measurement if there is one."""
    new = {row["name"]: row for row in rows}
    return [new.get(row["name"], row) for row in published]
