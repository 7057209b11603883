"""Judge stored records under other rules; nothing is bought."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from number_insight import crew
from number_insight.exceptions import ReplayFailed
from number_insight.management.progress import Progress
from number_insight.replay import quality, rulesets, stored
from number_insight.replay.run import Tally
from number_insight.verdict import SEVERITY


class Command(BaseCommand):
    """Judge stored records under the rules of a file, or of the settings."""

    help = (
        "Judges what is stored under other rules and shows what would change; nothing is bought "
        "and nobody is told. --apply writes the new verdicts, never over a person's decision."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rules", metavar="FILE", help="JSON in the shape of RULES")
        parser.add_argument("--apply", action="store_true", help="write the new verdicts")
        parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
        parser.add_argument(
            "--quality", action="store_true", help="how right each rule was, as people have said"
        )
        parser.add_argument("--since", metavar="DATE", help="only records made from then on")
        parser.add_argument("--until", metavar="DATE", help="only records made before then")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N records")
        parser.add_argument(
            "--jobs",
            type=int,
            metavar="N",
            help="processes that share the work; by itself up to 4, where there are many records",
        )

    def handle(self, **options: Any) -> None:
        if options["quality"] and (options["apply"] or options["rules"]):
            raise CommandError("--quality judges nothing: leave --apply and --rules out.")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit needs a positive number.")
        self._check_jobs(options["jobs"])
        rows = stored.settled(_when(options["since"]), _when(options["until"]))
        if options["quality"]:
            found = quality.measured(rows, limit=options["limit"])
            self._show(options, found.as_json(), found.lines())
            return
        tally = self._replay(options, rows)
        self._show(options, tally.as_json(), _lines(tally, applied=options["apply"]))

    def _replay(self, options: dict[str, Any], rows: Any) -> Tally:
        tally, limit = Tally(), options["limit"]
        try:
            rule_set = _rule_set(options["rules"])
        except ImproperlyConfigured as error:
            raise CommandError(f"The rules cannot be used. {error}") from error
        total = rows.count()
        total = total if limit is None else min(total, limit)
        apply = options["apply"]
        jobs = options["jobs"] or crew.size(total, apply=apply)
        work = crew.share(rule_set, rows, tally, jobs=jobs, apply=apply, limit=limit)
        try:
            with Progress(self.stderr, total) as progress:
                for count in work:
                    progress.advance(count)
        except ReplayFailed as error:
            raise CommandError(f"{error}: run it again; what was written is kept.") from error
        return tally

    def _check_jobs(self, jobs: int | None) -> None:
        if jobs is not None and jobs < 1:
            raise CommandError("--jobs needs a positive number.")
        why_alone = crew.why_alone()
        if jobs is not None and jobs > 1 and why_alone:
            raise CommandError(f"--jobs has to be 1 here: {why_alone}.")

    def _show(self, options: dict[str, Any], document: Any, lines: Iterator[str]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self.stdout.write("\n".join(lines))


def _rule_set(path: str | None) -> rulesets.RuleSet:
    if path is None:
        return rulesets.active()
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({type(error).__name__}).") from error
    return rulesets.read(text)


def _when(text: str | None) -> datetime | None:
    """Return the time that `text` means, in the project's time zone; a day begins at midnight."""
    if text is None:
        return None
    try:
        day, moment = parse_date(text), parse_datetime(text)
    except ValueError as error:
        raise CommandError(f"There is no such time as {text}.") from error
    moment = datetime.combine(day, time()) if day else moment
    if moment is None:
        raise CommandError(f"{text!r} is no time; write 2027-01-31 or 2027-01-31T12:00.")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _lines(tally: Tally, *, applied: bool) -> Iterator[str]:
    yield f"{tally.records} records, of which {tally.changed} change their verdict."
    if tally.cannot_tell:
        reasons = ", ".join(f"{code} {n}" for code, n in tally.reasons.most_common())
        yield f"{tally.cannot_tell} cannot be told and are left alone, because of: {reasons}."
    if applied:
        yield f"{tally.written} records were written."
    yield from _matrix(tally)
    if tally.most_affected:
        yield "\nMost affected"
        yield from (f"  {told}" for _change, _pk, told in sorted(tally.most_affected)[::-1])
    yield from _fired(tally)


def _matrix(tally: Tally) -> Iterator[str]:
    words = sorted({word for pair in tally.matrix for word in pair}, key=_severity)
    if not words:
        return
    yield "\nVerdict" + " " * 6 + "".join(f"{'-> ' + word:>12}" for word in words)
    for before in words:
        cells = "".join(f"{tally.matrix[before, now]:>12}" for now in words)
        yield f"  {before:<11}{cells}"


def _severity(word: str) -> int:
    return SEVERITY.get(word, -1)


def _fired(tally: Tally) -> Iterator[str]:
    codes = sorted({*tally.fired_before, *tally.fired_now})
    if not codes:
        return
    yield f"\n{'Rule':<26}{'fired':>9}{'fires now':>12}"
    for code in sorted(codes, key=lambda code: -tally.fired_now[code]):
        yield f"  {code:<24}{tally.fired_before[code]:>9}{tally.fired_now[code]:>12}"
