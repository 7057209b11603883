"""Keeping: what is written on a record of an insight and of its flags."""

from __future__ import annotations

from collections.abc import Iterable

from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN, Insight
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import Basis
from number_insight.rules.base import gettext_noop
from number_insight.rules.live import without_live
from number_insight.rules.scoring import Flag

COUNTRY_MESSAGE = gettext_noop("Numbers of %(country)s are not looked up in this project.")


def write_facts(record: NumberInsightRecord, insight: Insight) -> None:
    """Put what `insight` tells into the columns of `record`, without saving it."""
    carrier, original = insight.current_carrier, insight.original_carrier
    record.line_type, record.ported = insight.line_type, insight.ported
    record.valid_number, record.reachable = insight.valid_number, insight.reachable
    record.country = insight.country or ""
    record.carrier_name = (carrier and carrier.name or "")[:200]
    record.carrier_country = (carrier and carrier.country) or ""
    record.original_carrier_name = (original and original.name or "")[:200]
    record.roaming_status = insight.roaming.status
    record.roaming_country = insight.roaming.country or ""
    record.ip_match, record.ip_country = insight.ip.match, insight.ip.country or ""
    record.caller_name = (insight.caller and insight.caller.name or "")[:200]
    record.caller_type = insight.caller.type if insight.caller else UNKNOWN


def extra_flags(record: NumberInsightRecord, basis: str) -> Iterable[Flag]:
    """Yield the flags that no rule has found."""
    if basis == Basis.COUNTRY:
        country = record.country or "?"
        yield Flag(
            code="country_not_screened",
            weight=0,
            message=COUNTRY_MESSAGE,
            params={"country": country},
        )


def write_flags(found: Iterable[tuple[NumberInsightRecord, Iterable[Flag]]]) -> None:
    """Write the flags of each record, as far as they may be kept."""
    rows = [row_of(record.pk, flag) for record, flags in found for flag in kept(flags)]
    if rows:
        RiskFlag.objects.bulk_create(rows)


def kept(flags: Iterable[Flag]) -> Iterable[Flag]:
    """Return what is kept of `flags`."""
    return flags if app_settings.STORE_LIVE else without_live(flags)


def row_of(record_id: int, flag: Flag) -> RiskFlag:
    """Return `flag` as a row, which is not saved yet."""
    return RiskFlag(
        record_id=record_id,
        code=flag.code[:50],
        group=flag.group[:50],
        weight=flag.weight,
        counted=flag.counted,
        shadow=flag.shadow,
        message=flag.message[:300],
        evidence=dict(flag.params),
    )
