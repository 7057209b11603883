"""Charts, drawn on the server as SVG.

They hold no text but titles and no colours but classes, so that they follow the theme, print, fit
any width, and may be mirrored where people read from right to left. Labels stand around them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

SLOT, HEIGHT = 10, 100
"""Units of a column's place, and of the height of a plot; the page stretches them."""
GAP = 1
CELL_WIDTH, CELL_HEIGHT, HEAD = 46, 26, 40
"""Units of a heat map, which is shown no larger than one pixel each."""
HEATS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one kind, a column or a bar each, in the colour of the class `name`."""

    name: str
    label: str
    values: Sequence[float]


def columns(
    stacked: Sequence[Series],
    titles: Sequence[str],
    *,
    top: float,
    line: Series | None = None,
    caps: Sequence[float] = (),
) -> SafeString:
    """Return stacked columns; `titles` has one text a column, and `top` is the highest value.

    `line` holds shares from 0 to 1, drawn over the columns, and NaN where there is none. `caps` are
    values at which a dashed line is drawn from side to side.
    """
    width = SLOT * max(len(titles), 1)
    parts = [_column(place, title, stacked, top) for place, title in enumerate(titles)]
    parts += [_cap(HEIGHT - _scaled(cap, top), width) for cap in caps if cap <= top]
    if line is not None:
        parts += [_polyline(line.name, points) for points in _runs(line.values)]
    return _svg(width, HEIGHT, parts, "ni-plot")


def _column(place: int, title: str, stacked: Sequence[Series], top: float) -> SafeString:
    parts, floor = [], float(HEIGHT)
    for series in stacked:
        height = _scaled(series.values[place], top)
        if height > 0:
            floor -= height
            parts.append(_rect(series.name, place * SLOT + GAP, floor, SLOT - 2 * GAP, height))
    target = _rect("target", place * SLOT, 0, SLOT, HEIGHT)  # the title of the whole column
    return format_html("<g><title>{}</title>{}{}</g>", title, target, _joined(parts))


def _scaled(value: float, top: float) -> float:
    return HEIGHT * min(value / top, 1) if top else 0.0


def _cap(y: float, width: float) -> SafeString:
    return format_html(
        '<line class="ni-cap" x1="0" x2="{}" y1="{}" y2="{}"/>', _n(width), _n(y), _n(y)
    )


def _runs(shares: Sequence[float]) -> Iterable[list[str]]:
    """Yield the points of each unbroken part of a line."""
    run: list[str] = []
    for place, share in enumerate(shares):
        if share != share:  # NaN
            yield run
            run = []
        else:
            run.append(f"{_n(place * SLOT + SLOT / 2)},{_n(HEIGHT * (1 - share))}")
    yield run


def _polyline(name: str, points: Sequence[str]) -> SafeString:
    if len(points) == 1:  # a line of one point is drawn as a dot
        points = [*points, points[0]]
    shown = format_html(
        '<polyline class="ni-curve ni-curve-{}" points="{}"/>', name, " ".join(points)
    )
    return shown if points else mark_safe("")


def bar(parts: Sequence[tuple[str, float]], *, top: float, title: str = "") -> SafeString:
    """Return one horizontal bar of stacked (class, value) pairs."""
    shapes, start = [], 0.0
    for name, value in parts:
        width = _scaled(value, top)
        if width > 0:
            shapes.append(_rect(name, start, 0, width, SLOT))
            start += width
    heading = format_html("<title>{}</title>", title) if title else ""
    return _svg(HEIGHT, SLOT, [heading, *shapes], "ni-barline")


def swatch(name: str) -> SafeString:
    """Return a square in the colour of the class `name`, for a legend."""
    return _svg(SLOT, SLOT, [_rect(name, 0, 0, SLOT, SLOT)], "ni-swatch")


def dash() -> SafeString:
    """Return a piece of the dashed line of a cap, for a legend."""
    return _svg(2 * SLOT, SLOT, [_cap(SLOT / 2, 2 * SLOT)], "ni-swatch ni-dash")


def heat_map(
    rows: Sequence[str], heads: Sequence[str], values: Sequence[Sequence[int]]
) -> SafeString:
    """Return a map of `values`, a line for each of `rows` with a cell for each of `heads`."""
    most = max((value for line in values for value in line), default=0)
    parts = [
        _label(HEAD + (place + 0.5) * CELL_WIDTH, 16, head) for place, head in enumerate(heads)
    ]
    for line, name in enumerate(rows):
        top = (line + 1) * CELL_HEIGHT
        parts.append(_label(HEAD / 2, top + 17, name))
        for place, value in enumerate(values[line]):
            title = f"{name} × {heads[place]}: {value}"
            parts.append(_cell(HEAD + place * CELL_WIDTH, top, value, most, title))
    width, height = HEAD + CELL_WIDTH * len(heads), CELL_HEIGHT * (len(rows) + 1)
    size = format_html(' width="{}" height="{}"', width, height)
    return _svg(width, height, parts, "ni-heat", size, ratio="xMinYMin meet")


def _cell(x: float, y: float, value: int, most: int, title: str) -> SafeString:
    heat = 0 if not value else 1 + min(int(HEATS * value / (most + 1)), HEATS - 1)
    shape = _rect(f"heat-{heat}", x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2)
    text = _label(x + CELL_WIDTH / 2, y + 17, _short(value), f"ni-on-{heat}") if value else ""
    return format_html("<g><title>{}</title>{}{}</g>", title, shape, text)


def _short(value: int) -> str:
    """Return a count in four letters at most ("12k")."""
    return str(value) if value < 10_000 else f"{value // 1000}k"


def _label(x: float, y: float, text: str, name: str = "ni-text") -> SafeString:
    return format_html('<text class="{}" x="{}" y="{}">{}</text>', name, _n(x), _n(y), text)


def _rect(name: str, x: float, y: float, width: float, height: float) -> SafeString:
    return format_html(
        '<rect class="ni-fill-{}" x="{}" y="{}" width="{}" height="{}"/>',
        name,
        *map(_n, (x, y, width, height)),
    )


def _svg(
    width: float,
    height: float,
    parts: Iterable[str],
    name: str,
    size: str = "",
    ratio: str = "none",
) -> SafeString:
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="{}"{} aria-hidden="true"'
        ' focusable="false">{}</svg>',
        name,
        _n(width),
        _n(height),
        ratio,
        size,
        _joined(parts),
    )


def _joined(parts: Iterable[str]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _n(number: float) -> str:
    """Return a number as SVG reads it in every language."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
