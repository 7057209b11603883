"""Try the webhook from outside, as a provider would post to it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from number_insight.management import probes
from number_insight.management.options import wrong_option


class Command(BaseCommand):
    """Post probes to the webhook; the exit status is 1 if one of them did not arrive."""

    help = (
        "Posts probes through CALLBACK_BASE_URL to the webhook and back, and says what is in the "
        "way. Nothing is stored, and nothing is asked of a provider."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--timeout", type=float, default=10.0, metavar="SECONDS", help="for each probe (10)"
        )

    def handle(self, *, timeout: float, **_options: Any) -> None:
        if not timeout > 0:
            raise wrong_option("--timeout needs a positive number of seconds.")
        try:
            for probe, obstacle in probes.obstacles(timeout):
                if obstacle:
                    raise CommandError(f"{probe.name.capitalize()}: {obstacle}")
                self.stdout.write(f"{probe.name.capitalize()}: arrived.")
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
