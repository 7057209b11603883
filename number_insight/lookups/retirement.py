"""Retirement: the day on which a vendor switches a provider off, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ImproperlyConfigured

from number_insight import clock, loading
from number_insight.conf import app_settings
from number_insight.wording import gettext_noop, with_detail

NOTICE = timedelta(days=90)
"""The time before a retirement in which the admin and the health command tell of it."""
CALLBACK_GRACE = timedelta(hours=24)
"""The time after a retirement in which posted answers are taken, since their sender retries."""


MOVE = "Move to another provider; docs/move.md shows how."
"""The remedy."""
SWITCHED_OFF = gettext_noop("The provider was switched off by its vendor.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """The announced end of the provider `name`; the vendor's day is read in ``TIME_ZONE``."""

    name: str
    on: date

    @property
    def is_over(self) -> bool:
        """Whether the day has come, so that the provider is not asked any more."""
        return clock.today() >= self.on

    @property
    def sentence(self) -> str:
        """The event, with its day."""
        tense = "was" if self.is_over else "is"
        return f"Provider {self.name!r} {tense} switched off by its vendor on {self.on}."

    def is_within(self, notice: timedelta) -> bool:
        """Return whether the day is at most `notice` away, or past."""
        return self.on - clock.today() <= notice


def of(name: str) -> Retirement | None:
    """Return the retirement of the provider `name`, or None if none is announced."""
    try:
        day = loading.provider(name).retires_on
    except ImproperlyConfigured:  # reported by the checks
        return None
    return None if day is None else Retirement(name=name, on=day)


def reason(name: str) -> str:
    """Return a sentence on why a retired provider is not asked; empty for another one."""
    retirement = of(name)
    if retirement is None or not retirement.is_over:
        return ""
    return with_detail(SWITCHED_OFF, f"{name}, {retirement.on}")


def announced() -> Iterator[Retirement]:
    """Yield the retirements of the configured providers that are past, or near."""
    for name in app_settings.PROVIDERS:
        retirement = of(name)
        if retirement and retirement.is_within(NOTICE):
            yield retirement


def ends_callbacks(name: str) -> bool:
    """Return whether posted answers of the provider `name` are not taken any more."""
    retirement = of(name)
    if retirement is None:
        return False
    return clock.local() >= clock.midnight(retirement.on) + CALLBACK_GRACE
