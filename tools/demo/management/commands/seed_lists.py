"""Write some entries of the allow and deny lists, to see what they do."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from number_insight.models import ListEntry

ENTRIES = (
    ("deny", "number", "+46 70 174 09 99", "Ordered three times, and never paid."),
    ("deny", "prefix", "+46 70 174 09 5", "A website lets strangers read what is sent there."),
    ("allow", "number", "+46 70 174 09 00", "The phone on our own counter."),
    ("allow", "ip", "89.160.20.250", "The office."),
)
"""None of the sandbox's personas is among them."""


class Command(BaseCommand):
    """Writes the entries; the database is a fresh one."""

    help = __doc__

    def handle(self, **_options: Any) -> None:
        for action, match, value, reason in ENTRIES:
            ListEntry.objects.create(action=action, match=match, value=value, reason=reason)
