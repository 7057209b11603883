"""Exports as CSV, which no spreadsheet takes for formulas, and as JSON; both are streamed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, StreamingHttpResponse

FORMS = {"csv": "CSV", "json": "JSON"}
"""Form -> label."""
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The beginnings by which a spreadsheet may take a cell for a formula."""
LINES = 100
"""Lines that are sent at a time."""


class _Line:
    """The file that `csv` writes to: it hands back each line."""

    def write(self, line: str) -> str:
        return line


def streamed(
    name: str, form: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """Return a file of `rows`, of the form "csv" or "json"; raise `Http404` for another form."""
    if form not in FORMS:
        raise Http404
    parts = _csv(heads, rows) if form == "csv" else _json(heads, rows)
    response = StreamingHttpResponse(_in_blocks(parts), content_type=CONTENT_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


def _in_blocks(parts: Iterator[str]) -> Iterator[str]:
    """Yield several lines at a time, since each block costs a write to the network."""
    block: list[str] = []
    for part in parts:
        block.append(part)
        if len(block) >= LINES:
            yield "".join(block)
            block.clear()
    yield "".join(block)


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(heads)
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


def safe_cell(value: Any) -> str:
    """Return `value` as a cell that is no formula: a sign that may begin one is quoted."""
    if value is None:
        return ""
    text = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else _text(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_SIGNS) else text


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _json(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield a list of objects, one a line."""
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    opening = "["
    for row in rows:
        yield f"{opening}\n{encode(dict(zip(heads, row, strict=True)))}"
        opening = ","
    yield "[]\n" if opening == "[" else "\n]\n"
