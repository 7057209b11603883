"""A case as a reviewer sees it: the same parts on the desk, on a record's page and in a panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from number_insight import loading, numbers, reviewing
from number_insight.admin import answer_rows, display, people, rights
from number_insight.admin.evidence import Evidence, ScoreBar, evidence, score_bar
from number_insight.admin.people import Person
from number_insight.admin.relatives import Relatives, relatives
from number_insight.admin.reviewing import lookup_text
from number_insight.admin.rights import Rights
from number_insight.conf import app_settings
from number_insight.insight import LEVELS, UNKNOWN
from number_insight.lookups import switches
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import ListMatch, RecordState
from number_insight.providers.base import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Another lookup that a person may buy, with its highest price, or the obstacle to it."""

    price: str = ""
    obstacle: str = ""

    @property
    def text(self) -> str:
        """The text of its button."""
        return lookup_text(self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country that something points to, and whether it is another than the number's."""

    source: str
    code: str
    differs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason as a chip, with the digit that chooses it."""

    code: str
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listable:
    """A trait of the signup that may be put on the deny list."""

    match: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The verdict on a record, its evidence, and the state that a decision rests on."""

    record: NumberInsightRecord
    verdict_badge: SafeString
    decision_badge: SafeString | str
    evidence: Evidence
    version: str
    claimant: Any

    @property
    def age(self) -> str:
        """The time since the signup."""
        return display.since(self.record.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Panel):
    """Everything that a reviewer is shown about one record."""

    person: Person
    number: SafeString
    is_masked: bool
    bar: ScoreBar
    number_facts: tuple[str, ...]
    countries: tuple[Country, ...]
    ip: str
    relatives: tuple[Relatives, ...]
    renewed: tuple[tuple[str, Any, Any], ...] = ()
    """The facts that differ since the number was looked up again: label, old, new."""
    is_late: bool = False
    """Whether it waits for longer than ``REVIEW_TARGET``."""

    @property
    def title(self) -> str:
        """The title of a page about the case; it holds no full number."""
        return f"{self.record.get_verdict_display()} · {self.record}"

    @property
    def is_under_way(self) -> bool:
        """Whether the screening, or another lookup, is not finished yet."""
        return not self.record.is_settled

    @property
    def is_form_refusal(self) -> bool:
        """Whether a form turned the number away, so that there is no signup."""
        return bool(self.record.state == RecordState.REFUSED)


def case_of(
    request: HttpRequest, site: AdminSite, record: NumberInsightRecord, granted: Rights
) -> Case:
    """Return the case of `record` for a user with the rights `granted`."""
    return Case(
        record=record,
        person=people.person(request, site, record),
        number=rights.number(record, full=granted.full),
        is_masked=bool(not granted.full and record.number and not record.number_hash),
        verdict_badge=display.verdict_badge(record),
        decision_badge=display.decision_badge(record) if record.decision else "",
        evidence=evidence(record, site, granted),
        bar=score_bar(record),
        number_facts=_number_facts(record),
        countries=_countries(record),
        ip=rights.ip_text(record, full=granted.full),
        relatives=relatives(record, site, granted),
        renewed=tuple(answer_rows.renewed(record)),
        is_late=display.is_late(record),
        version=reviewing.version(record),
        claimant=reviewing.claimant(record, request.user),
    )


def panel_of(
    request: HttpRequest, site: AdminSite, record: NumberInsightRecord, granted: Rights
) -> Panel:
    """Return the short form of the case of `record`, for the page of its subject."""
    return Panel(
        record=record,
        verdict_badge=display.verdict_badge(record),
        decision_badge=display.decision_badge(record) if record.decision else "",
        evidence=evidence(record, site, granted),
        version=reviewing.version(record),
        claimant=reviewing.claimant(record, request.user),
    )


def _number_facts(record: NumberInsightRecord) -> tuple[str, ...]:
    known = [
        display.label(record.line_type, display.LINE_TYPES),
        record.carrier_name,
        *(
            text % {"answer": display.label(value, labels)}
            for text, value, labels in (
                (_("valid: %(answer)s"), record.valid_number, display.VALID),
                (_("ported: %(answer)s"), record.ported, display.PORTED),
                (_("reachable: %(answer)s"), record.reachable, display.REACHABLE),
            )
            if value not in ("", UNKNOWN)
        ),
    ]
    if record.caller_name:
        known.append(_("caller name: %(name)s") % {"name": record.caller_name})
    return tuple(str(fact) for fact in known if fact)


def _countries(record: NumberInsightRecord) -> tuple[Country, ...]:
    """Return the countries of number, carrier, IP, phone and person, as far as they are known."""
    given = (
        (_("number"), record.country),
        (_("carrier"), record.carrier_country),
        (_("IP"), record.ip_country),
        (_("roaming in"), record.roaming_country),
        (_("given"), record.declared_country),
    )
    return tuple(
        Country(source=source, code=code, differs=_differs(code, record.country))
        for source, code in given
        if code
    )


def _differs(code: str, country: str) -> bool:
    is_other = bool(country and code != country)
    return is_other and not numbers.shares_calling_code(code, country)


def reasons() -> list[Reason]:
    """Return the reasons as chips; the first nine have a digit."""
    return [
        Reason(code=code, text=text, key=str(place) if place <= 9 else "")
        for place, (code, text) in enumerate(reviewing.reasons(), 1)
    ]


def listable(record: NumberInsightRecord, granted: Rights) -> list[Listable]:
    """Return the traits of `record` that the user may put on the deny list."""
    if not granted.list_number or record.number_hash or not record.number:
        return []
    number = rights.number_text(record, full=granted.full)
    block = record.number[:-2] if granted.full else numbers.recognisable(record.number)[:-2]
    found = [
        Listable(match=ListMatch.NUMBER, label=_("this number"), value=number),
        Listable(match=ListMatch.PREFIX, label=_("its block of 100 numbers"), value=f"{block}…"),
    ]
    if record.ip_address:
        ip = rights.ip_text(record, full=granted.full)
        found.insert(1, Listable(match=ListMatch.IP, label=_("this IP"), value=ip))
    return found


def offer(record: NumberInsightRecord, granted: Rights) -> Offer | None:
    """Return the highest price of another lookup, without judging anything; None if not allowed.

    The price is shown to those who may see costs.
    """
    if not granted.look_up:
        return None
    try:
        obstacle = _obstacle(record)
        price = Offer() if obstacle or not granted.costs else Offer(price=_highest_price(record))
    except ImproperlyConfigured:
        return Offer(obstacle=_(loading.MISFIT).removesuffix("."))
    return Offer(obstacle=obstacle) if obstacle else price


def _obstacle(record: NumberInsightRecord) -> str:
    if record.number_hash or not numbers.is_possible(record.number):
        return _("the number is not known, or impossible")
    countries = app_settings.COUNTRIES
    if countries is not None and (record.country or "") not in countries:
        return _("numbers of this country are not looked up")
    obstacle = switches.obstacle()
    return _(obstacle).removesuffix(".") if obstacle else ""


def _highest_price(record: NumberInsightRecord) -> str:
    provider = loading.provider()
    levels: Sequence[str] = [record.level] if record.level in LEVELS else provider.levels
    prices = [
        provider.price(Question(number=record.number, level=level))
        for level in levels
        if level in provider.levels
    ]
    return display.money(max(prices, default=Decimal(0)), provider.currency)
