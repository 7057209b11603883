"""Look one number up, and print the answer and its verdict."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from number_insight import loading, numbers
from number_insight.addresses import public_ip
from number_insight.conf import app_settings
from number_insight.exceptions import NumberInsightError
from number_insight.insight import LEVELS, Insight
from number_insight.lookups import switches
from number_insight.management.options import require_provider, wrong_option
from number_insight.rules.scoring import Flag, Judgement
from number_insight.screening.inquiry import Inquiry, Result, inquire


class Command(BaseCommand):
    """Look one number up at a provider, and judge the answer."""

    help = (
        "Asks about one number and prints insight, flags and verdict. It asks afresh, and what it "
        "costs is booked, but no record is made without --record. The exit status is 0 only with "
        "an answer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="as it is typed, for example +46701740605")
        parser.add_argument(
            "--level", choices=LEVELS, help="the highest that the provider has, by default"
        )
        parser.add_argument("--country", help="alpha-2 country of a national number")
        parser.add_argument("--ip", help="the visitor's IP, for the IP match")
        parser.add_argument("--cnam", action="store_true", help="ask for the US caller name")
        parser.add_argument("--provider", default=loading.DEFAULT_PROVIDER)
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        parser.add_argument("--record", action="store_true", help="keep the result as a record")

    def handle(self, **options: Any) -> None:
        obstacle = switches.obstacle()
        if obstacle:
            raise CommandError(obstacle)
        require_provider(options["provider"])
        try:
            inquiry = self._inquiry(options)
            result = inquire(inquiry, record=options["record"])
        except (NumberInsightError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(_document(result), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(_table(result))

    def _inquiry(self, options: dict[str, Any]) -> Inquiry:
        region = options["country"] or app_settings.default_region
        if region and region.upper() not in numbers.REGIONS:
            raise wrong_option(f"There is no country {region!r}; write its two letters: GB.")
        ip = public_ip(options["ip"])
        if options["ip"] and ip is None:
            raise wrong_option(f"{options['ip']!r} is not a public IP address.")
        return Inquiry(
            number=numbers.normalise(options["number"], region and region.upper()),
            level=options["level"] or _highest_level(options["provider"]),
            ip=ip,
            cnam=options["cnam"],
            provider=options["provider"],
        )


def _highest_level(provider: str) -> str:
    return max(loading.provider(provider).levels, key=LEVELS.index)


def _document(result: Result) -> dict[str, Any]:
    judgement = result.judgement
    return {
        "number": result.insight.number,
        "insight": result.insight.as_json(),
        "flags": [_flag(flag) for flag in judgement.flags],
        "score": judgement.score,
        "verdict": judgement.verdict,
        "not_evaluable": list(judgement.not_evaluable),
        "record": result.record_id,
    }


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "code": flag.code,
        "weight": flag.weight,
        "counted": flag.counted,
        "group": flag.group,
        "text": _text(flag),
    }


def _text(flag: Flag) -> str:
    return gettext(flag.message) % dict(flag.params) if flag.message else flag.code


def _table(result: Result) -> str:
    rows = [*_insight_rows(result.insight), *_judgement_rows(result.judgement)]
    if result.record_id is not None:
        rows.append(("record", str(result.record_id)))
    width = max(len(name) for name, _value in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _insight_rows(insight: Insight) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    for name, value in insight.as_json().items():
        if isinstance(value, dict):
            known = {k: v for k, v in value.items() if v not in (None, "unknown")}
            value = ", ".join(f"{k}: {v}" for k, v in known.items()) or None
        if value not in (None, "", "unknown"):
            facts.append((name.replace("_", " "), str(value)))
    return facts


def _judgement_rows(judgement: Judgement) -> list[tuple[str, str]]:
    flags = [("flag", f"{f.weight:+d} {f.code}: {_text(f)}") for f in judgement.flags]
    return [*flags, ("score", str(judgement.score)), ("verdict", judgement.verdict)]
