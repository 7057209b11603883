"""Gathering: what the rules may know of a signup, as plain data and as it was at the time.

Only what a rule reads is asked for, and every query is bounded and served by an index.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from number_insight import listing, visitor
from number_insight.choices import Source
from number_insight.conf import app_settings
from number_insight.fingerprints import fingerprints
from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord
from number_insight.rules.base import COSTLY, Listing, Signup, place

logger = logging.getLogger("number_insight.gathering")

MOST_COUNTED = 1000
"""Counting others stops here: no rule asks for more, and a busy IP must not cost a long scan."""
FEWEST_OF_A_BURST = 10
"""Below this it is not asked how much was usual the day before."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_VISITORS = (Source.SIGNUP, Source.CHANGE, Source.API)
"""A backfill brings thousands at once, and a colleague in the admin is not the visitor."""


def signup_of(
    record: NumberInsightRecord,
    insight: Insight,
    reads: Collection[str] = COSTLY,
    past: Past | None = None,
) -> Signup:
    """Return what the rules may know of the signup behind `record`; `reads` names what is asked.

    `past` may know some of it already.
    """
    past, ip = past or Past(record, insight), visitor.public_ip(record.ip_address)
    return Signup(
        at=timezone.localtime(past.at),
        number=record.number,
        ip=ip,
        ip_country=local_ip_country(ip),
        country=record.declared_country or None,
        name=record.declared_name or None,
        **{name: getattr(past, name) for name in COSTLY.intersection(reads)},
    )


class Past:
    """What had happened when `record` was made; each property that a rule can read is a query."""

    def __init__(self, record: NumberInsightRecord, insight: Insight) -> None:
        self.record, self.insight = record, insight
        self.at = record.created_at or timezone.now()
        self.ip = visitor.public_ip(record.ip_address)

    @cached_property
    def number_seen(self) -> int:
        return self._subjects(self._same_number)

    @cached_property
    def ip_seen(self) -> int:
        return self._subjects(Q(ip_address=self.ip)) if self.ip else 0

    @cached_property
    def number_decision(self) -> str:
        decided = NumberInsightRecord.objects.filter(self._same_number, decided_at__lte=self.at)
        decided = decided.exclude(decision="").exclude(pk=self.record.pk)
        latest = decided.order_by("-decided_at", "-decision")
        return latest.values_list("decision", flat=True).first() or ""

    @cached_property
    def ip_seen_day(self) -> int:
        return self._numbers(DAY, Q(ip_address=self.ip)) if self.ip else 0

    @cached_property
    def block_seen_hour(self) -> int:
        block = self.record.number[:-2]
        numbers = [f"{block}{last:02}" for last in range(100)]
        return self._numbers(HOUR, Q(number__in=numbers))

    @cached_property
    def carrier_seen_hour(self) -> int:
        return self._in_hour(self._same_carrier)

    @cached_property
    def carrier_seen_day(self) -> int:
        return self._in_day_before(self._same_carrier, self.carrier_seen_hour)

    @cached_property
    def country_seen_hour(self) -> int:
        return self._in_hour(self._same_country)

    @cached_property
    def country_seen_day(self) -> int:
        return self._in_day_before(self._same_country, self.country_seen_hour)

    @cached_property
    def listed(self) -> tuple[Listing, ...]:
        return listing.matching(self.record.number, ip=self.ip, insight=self.insight)

    @cached_property
    def _same_number(self) -> Q:
        """What finds the records of the number, and those of them that were erased."""
        if self.record.number_hash:
            return Q(number_hash=self.record.number_hash)
        number = self.record.number
        return Q(number=number) | Q(number_hash__in=fingerprints(number))

    @property
    def _same_carrier(self) -> Q | None:
        carrier = self.insight.current_carrier
        name = (carrier.name or "")[:200] if carrier else ""
        return Q(carrier_name=name) if name else None

    @property
    def _same_country(self) -> Q | None:
        return Q(country=self.insight.country) if self.insight.country else None

    def _earlier(self, same: Q) -> QuerySet[Any]:
        rows: QuerySet[Any] = NumberInsightRecord.objects.filter(same).order_by()
        return rows if self.record.pk is None else rows.filter(pk__lt=self.record.pk)

    def _subjects(self, same: Q) -> int:
        """Count the other subjects behind `same`."""
        rows = self._earlier(same).filter(subject_type__isnull=False)
        mine = self.record
        if mine.subject_id:
            rows = rows.exclude(subject_type=mine.subject_type_id, subject_id=mine.subject_id)
        return rows.values("subject_type", "subject_id").distinct()[:MOST_COUNTED].count()

    def _visits(self, same: Q | None, *, before: timedelta, until: timedelta) -> QuerySet[Any]:
        """Return the visitors' records between two times, counted back from this signup."""
        if same is None or self.record.source not in OF_VISITORS or self.record.number_hash:
            return NumberInsightRecord.objects.none()
        rows = self._earlier(same).filter(source__in=OF_VISITORS)
        return rows.filter(created_at__gt=self.at - before, created_at__lte=self.at - until)

    def _numbers(self, span: timedelta, same: Q) -> int:
        """Count the other numbers of the last `span`; one that is tried again and again is one.

        Those that a form has refused are told apart by their fingerprints.
        """
        rows = self._visits(same, before=span, until=timedelta(0)).exclude(self._same_number)
        return rows.values("number", "number_hash").distinct()[:MOST_COUNTED].count()

    def _in_hour(self, same: Q | None) -> int:
        return self._visits(same, before=HOUR, until=timedelta(0))[:MOST_COUNTED].count()

    def _in_day_before(self, same: Q | None, in_hour: int) -> int:
        if in_hour < FEWEST_OF_A_BURST:
            return 0
        # As many as make this hour an average one are enough to know that it is no burst.
        return self._visits(same, before=DAY + HOUR, until=HOUR)[: in_hour * 24 + 24].count()


def local_ip_country(ip: str | None) -> str | None:
    """Return the country of `ip` as ``IP_COUNTRY`` knows it; its faults are logged, not raised."""
    try:
        find = app_settings.IP_COUNTRY
        return find(ip) or None if find is not None and ip else None
    except Exception as error:  # the project's own callable: its fault must not cost a verdict
        logger.error(
            "NUMBER_INSIGHT['IP_COUNTRY'] raised %s; the country is unknown.", place(error)
        )
        return None
