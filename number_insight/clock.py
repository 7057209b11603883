"""The clock: moments and days of ``TIME_ZONE``, whatever zone a request has activated.

With ``USE_TZ = False`` Django's datetimes are naive times of ``TIME_ZONE``. Here all are aware, but
for what a column stores.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from datetime import timezone as fixed
from typing import Any

from django.conf import settings
from django.db.models import functions
from django.utils import timezone

UTC = fixed.utc


def now() -> datetime:
    """Return the present moment, aware."""
    return timezone.now() if settings.USE_TZ else datetime.now(tz=UTC)


def local(moment: datetime | None = None) -> datetime:
    """Return `moment`, by default the present one, as a time of ``TIME_ZONE``."""
    zone = timezone.get_default_timezone()
    moment = now() if moment is None else moment
    if timezone.is_naive(moment):
        return timezone.make_aware(moment, zone)
    return timezone.localtime(moment, zone)


def today() -> date:
    """Return the day that it is in ``TIME_ZONE``; money and limits are counted by it."""
    return local().date()


def midnight(day: date) -> datetime:
    """Return the moment at which `day` begins."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def stored(moment: datetime) -> datetime:
    """Return an aware `moment` as a column takes it."""
    if settings.USE_TZ:
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())


class Now(functions.Now):
    """The database's present moment, in the zone in which Django stores moments there.

    Django's own is UTC on SQLite even if moments are stored in ``TIME_ZONE``, and the server's
    time on MySQL even if they are stored in UTC.
    """

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        zone = "" if settings.USE_TZ else ", 'localtime'"  # Django tells the process TIME_ZONE
        template = f"STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW'{zone})"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "UTC_TIMESTAMP(6)"
        if not settings.USE_TZ:  # Django tells the server no zone, so TIME_ZONE is reckoned here
            offset = local().utcoffset() or timedelta(0)
            template += f" + INTERVAL {int(offset.total_seconds())} SECOND"
        return self.as_sql(compiler, connection, template=template, **context)
