"""The subjects of records, as far as the user may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from django.contrib.admin import AdminSite
from django.db import DatabaseError, connections, router, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from number_insight.admin import links
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import RecordState
from number_insight.models.subjects import fetch_many
from number_insight.models.summaries import Summary, summaries

_READABLE: set[tuple[str, type[Model]]] = set()
"""The databases and models that were read before, so that no savepoint is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The subject of a record: its kind for everybody, the rest by permission."""

    kind: str
    """The kind and key of the subject ("customer 48"), or a sentence without one."""
    name: str = ""
    email: str = ""
    state: str = ""
    url: str | None = None
    is_gone: bool = False

    @property
    def label(self) -> str:
        """The name, or the kind where no name may be shown."""
        return self.name or self.kind

    @property
    def link(self) -> SafeString:
        """The label as HTML, a link where there is a page."""
        text = format_html('<bdi class="ni-name" title="{}">{}</bdi>', self.label, self.label)
        return format_html('<a href="{}">{}</a>', self.url, text) if self.url else text


def person(request: HttpRequest, site: AdminSite, record: NumberInsightRecord) -> Person:
    """Return the subject of one record."""
    return people(request, site, [record])[record.pk]


def people(
    request: HttpRequest, site: AdminSite, records: Iterable[NumberInsightRecord]
) -> dict[int, Person]:
    """Return the subjects of `records` by their keys, with a query or two for each model."""
    found: dict[int, Person] = {}
    kinds: dict[int, list[NumberInsightRecord]] = {}
    for record in records:
        model = links.subject_model(record)
        if record.subject_type_id is None:
            found[record.pk] = Person(kind=_nobody(record))
        elif model is None:
            kind = _("deleted kind %(id)s") % {"id": record.subject_id}
            found[record.pk] = Person(kind=kind, is_gone=True)
        elif not links.may_view(site, request, model):
            found[record.pk] = Person(kind=_kind(model, record))
        else:
            kinds.setdefault(record.subject_type_id, []).append(record)
    for kind_id, several in kinds.items():
        found |= _shown(request, site, kind_id, several)
    return found


def _nobody(record: NumberInsightRecord) -> str:
    if record.state == RecordState.REFUSED:
        return _("turned away by the form")
    return _("no account yet")


def _shown(
    request: HttpRequest, site: AdminSite, kind: int, records: list[NumberInsightRecord]
) -> dict[int, Person]:
    model = links.subject_model(records[0])
    assert model is not None
    rows = _fetch(model, kind, [record.subject_id for record in records])
    seen = {key: row for key, row in rows.items() if links.may_view(site, request, model, row)}
    told = dict(zip(seen, summaries(list(seen.values())), strict=True))
    return {
        record.pk: _described(site, model, record, told.get(record.subject_id), rows)
        for record in records
    }


def _fetch(model: type[Model], kind: int, keys: list[str]) -> Mapping[str, Model]:
    alias = router.db_for_read(model)
    is_guarded = connections[alias].in_atomic_block and (alias, model) not in _READABLE
    try:
        # A failed query must not break the transaction of the request, if there is one.
        with transaction.atomic(using=alias) if is_guarded else nullcontext():
            found = fetch_many(kind, keys)
    except DatabaseError:  # its table is in another database, and no router says in which
        return {}
    _READABLE.add((alias, model))
    return found


def _described(
    site: AdminSite,
    model: type[Model],
    record: NumberInsightRecord,
    told: Summary | None,
    rows: Mapping[str, Model],
) -> Person:
    kind = _kind(model, record)
    if record.subject_id not in rows:
        return Person(kind=_("%(subject)s (deleted)") % {"subject": kind}, is_gone=True)
    if told is None:
        return Person(kind=kind)
    url = told.url or links.change_url(site, model, record.subject_id)
    return Person(kind=kind, name=told.name, email=told.email, state=told.state, url=url)


def _kind(model: type[Model], record: NumberInsightRecord) -> str:
    return f"{model._meta.verbose_name} {record.subject_id}"
