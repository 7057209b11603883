"""``manage.py number_insight_sandbox``: serve the sandbox."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from number_insight.sandbox.options import CannotServe, add_options, serve


class Command(BaseCommand):
    """Serve a local sandbox until interrupted."""

    help = "Serves a local sandbox that answers as Number Insight does, direct and at KPN."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            serve(options, self._write)
        except CannotServe as exc:
            raise CommandError(str(exc)) from exc

    def _write(self, text: str) -> None:
        self.stdout.write(text, ending="")
        self.stdout.flush()
