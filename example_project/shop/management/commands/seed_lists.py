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
    """Writes what is not there yet, so it may be run again."""

    help = __doc__

    def handle(self, **_options: Any) -> None:
        for action, match, value, reason in ENTRIES:
            entry = ListEntry(action=action, match=match, value=value, reason=reason)
            entry.clean()  # brings the value into the form in which it is kept
            if not ListEntry.objects.filter(match=match, value=entry.value).exists():
                entry.save()
        self.stdout.write(f"The lists have {ListEntry.objects.count()} entries.")
