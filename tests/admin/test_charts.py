"""The charts of the overview are drawn alike in every language, and within their bounds."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.test import Client

from number_insight.admin import charts
from number_insight.admin.charts import Series
from number_insight.admin.overview.figure import nice
from number_insight.overview import keeping
from tests.admin.test_overview import OVERVIEW, SVG, _record


@pytest.mark.django_db
def test_a_number_is_drawn_alike_in_every_language(admin_client: Client) -> None:
    _record(2, verdict="deny")
    keeping.keep()
    plots = [
        SVG.findall(admin_client.get(OVERVIEW, headers={"accept-language": code}).content.decode())
        for code in ("en", "de")
    ]
    shapes = [re.findall(r'(?:x|y|width|height)="[^"]*"', " ".join(found)) for found in plots]
    assert shapes[0] == shapes[1] != []


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (3, 3), (7, 8), (11, 20), (41, 50), (0.3, 0.3), (99, 100)]
)
def test_the_top_of_a_plot_is_the_next_round_number(value: float, top: float) -> None:
    assert nice(value) == pytest.approx(top)


def test_a_line_breaks_where_there_is_no_value() -> None:
    line = Series(name="allow", label="", values=[1, 0.5, float("nan"), 0])
    plot = charts.columns([], ["a", "b", "c", "d"], top=1, line=line)
    lines = [it.get("points") for it in ElementTree.fromstring(plot).iter("polyline")]
    assert lines == ["5,0 15,50", "35,100 35,100"]


def test_a_cap_beyond_the_top_is_not_drawn() -> None:
    plot = charts.columns([], ["a"], top=10, caps=[5, 11])
    (cap,) = ElementTree.fromstring(plot).iter("line")
    assert cap.get("y1") == cap.get("y2") == "50"


def test_a_title_is_escaped() -> None:
    assert "<b>" not in charts.bar([("deny", 1)], top=1, title="<b>")
    assert "<b>" not in charts.heat_map(["<b>"], ["<b>"], [[1]])
