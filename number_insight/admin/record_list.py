"""The list of records: lanes on top, filters as one bar with chips, and the people's names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from number_insight.admin import permissions, queue, searching
from number_insight.admin.base import MAX_COUNT, flags_prefetch
from number_insight.admin.filters import FlagFilter, QueueFilter, SameFilter
from number_insight.admin.people import people
from number_insight.models import NumberInsightRecord, RiskFlag

PERSON = "_number_insight_person"
"""The attribute of a listed record that holds its subject."""
MAX_COUNTED = 2000
"""The most waiting records whose flags are counted; those of a part would be a false count."""
MAX_ACROSS = 100
"""The number of records up to which all of a list may be selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A lane above the list."""

    text: Any
    count: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """An active filter, with the URL of the list without it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A filter as a select, with its choices: value, text, and whether it is chosen."""

    name: str
    title: Any
    choices: tuple[tuple[str, str, bool], ...]


class RecordChangeList(ChangeList):
    """Changelist of records that fetches all flags in one query and no unused JSON or text."""

    DEFERRED = ("not_evaluable", "raised_rules", "history", "decision_reason", "note")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(request, *args, **kwargs)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows.defer(*self.DEFERRED).prefetch_related(flags_prefetch())

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        persons = people(request, self.model_admin.admin_site, self.result_list)
        for record in self.result_list:
            setattr(record, PERSON, persons[record.pk])

    @cached_property
    def tabs(self) -> list[Tab]:
        """The lanes, after everything and all that waits."""
        found, name = queue.waiting(self.request), QueueFilter.parameter_name
        current = self.request.GET.get(name, "")
        lanes = {
            "": (_("everything"), ""),
            QueueFilter.EVERYTHING: (_("waiting"), f"{found.count:,}"),
            **{lane: (text, f"{found.by_lane[lane]:,}") for lane, text in queue.LANES.items()},
        }
        return [
            Tab(
                text=text,
                count=count,
                url=self.get_query_string({name: lane or None}, ["p"]),
                is_current=lane == current,
            )
            for lane, (text, count) in lanes.items()
        ]

    @cached_property
    def selects(self) -> list[Select]:
        """The filters that are chosen from a list."""
        return [
            _select(spec, self._flag_counts() if isinstance(spec, FlagFilter) else {})
            for spec in self.filter_specs
            if not isinstance(spec, (QueueFilter, SameFilter))
        ]

    def _flag_counts(self) -> dict[str, int]:
        """Return the flags of the records that wait, by code; nothing if they are too many."""
        if queue.waiting(self.request).count > MAX_COUNTED:
            return {}
        rows = NumberInsightRecord.objects.awaiting_review().order_by(*queue.INDEX_ORDER)
        # As a subquery they are estimated to be many more, so that all flags would be read.
        keys = list(rows.values_list("pk", flat=True)[:MAX_COUNTED])
        flags = RiskFlag.objects.filter(record__in=keys, counted=True).order_by()
        counted = flags.values_list("code").annotate(count=Count("pk"))
        return {str(code): int(count) for code, count in counted}

    @cached_property
    def chips(self) -> list[Chip]:
        """The active filters besides the lane, and the search."""
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        if self.query:
            yield Chip(text=f"“{self.query}”", url=self.get_query_string(remove=[SEARCH_VAR]))
        specs: list[Any] = self.filter_specs
        for spec in specs:
            chosen = self.request.GET.get(spec.parameter_name)
            if chosen and not isinstance(spec, QueueFilter):
                text = str(dict(spec.lookup_choices).get(chosen, chosen))
                title = text if isinstance(spec, SameFilter) else f"{spec.title}: {text}"
                url = self.get_query_string(remove=[spec.parameter_name, "p"])
                yield Chip(text=title, url=url)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The parameters that the bar's form hands on."""
        changed = {select.name for select in self.selects} | {SEARCH_VAR, "p"}
        return [(name, self.request.GET[name]) for name in self.request.GET if name not in changed]

    @property
    def count_text(self) -> str:
        """The number of results, with a plus where the counting has stopped."""
        count = f"{self.result_count:,}"
        return f"{count}+" if self.result_count >= MAX_COUNT else count

    @property
    def may_select_all(self) -> bool:
        """Whether the results are few enough to select those of the other pages too."""
        return len(self.result_list) < self.result_count <= MAX_ACROSS

    @property
    def note(self) -> str:
        """A sentence on the rows that the search has left out, above those that it has found."""
        is_found = self.query and self.result_count
        return searching.note_on(self.query, is_full=self._is_full) if is_found else ""

    @property
    def _is_full(self) -> bool:
        return permissions.can_view_full_number(self.request.user)

    @property
    def nothing(self) -> str:
        """A sentence in place of an empty list."""
        if self.result_count:
            return ""
        if self.query:
            return searching.why_nothing(self.query, is_full=self._is_full)
        if QueueFilter.parameter_name in self.request.GET and not self.chips:
            return _("Nothing waits here.")
        return _("No record fits these filters.") if self.chips else _("Nobody has signed up yet.")


def _select(spec: Any, counts: dict[str, int]) -> Select:
    chosen = spec.value()
    return Select(
        name=spec.parameter_name,
        title=spec.title,
        choices=tuple(
            (value, _counted(text, counts.get(value, 0)), value == chosen)
            for value, text in spec.lookup_choices
        ),
    )


def _counted(text: Any, count: int) -> str:
    return f"{text} ({count})" if count else str(text)
