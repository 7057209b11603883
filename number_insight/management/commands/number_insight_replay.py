"""Judge stored records under other rules; nothing is bought."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from number_insight.exceptions import ReplayFailed
from number_insight.management.dates import moment
from number_insight.management.options import wrong_option
from number_insight.management.progress import Progress
from number_insight.replay import quality, rulesets, run, stored
from number_insight.replay.report import Tally
from number_insight.rules.scoring import SEVERITY


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
        parser.add_argument("--from-key", type=int, metavar="KEY", help="only this key and later")
        parser.add_argument("--to-key", type=int, metavar="KEY", help="only up to this key")
        parser.add_argument(
            "--jobs", type=int, default=1, metavar="N", help="processes that share the work"
        )

    def handle(self, **options: Any) -> None:
        if options["quality"] and (options["apply"] or options["rules"]):
            raise wrong_option("--quality judges nothing: leave --apply and --rules out.")
        if options["limit"] is not None and options["limit"] < 1:
            raise wrong_option("--limit needs a positive number.")
        self._check_jobs(options["jobs"])
        rows = _rows(options)
        if options["quality"]:
            found = quality.measured(rows)
            self._show(options, found.as_json(), found.lines())
            return
        tally = self._replay(options, rows)
        self._show(options, tally.as_json(), _lines(tally, applied=options["apply"]))

    def _replay(self, options: dict[str, Any], rows: Any) -> Tally:
        text, jobs, apply = _text(options["rules"]), options["jobs"], options["apply"]
        try:
            rule_set = rulesets.chosen(text)
        except ImproperlyConfigured as error:
            raise CommandError(f"The rules cannot be used. {error}") from error
        if jobs > 1:
            parts = run.share(text, rows, jobs=jobs, apply=apply)
        else:
            parts = run.replay(rule_set, rows, apply=apply)
        tally = Tally()
        try:
            with Progress(self.stderr, rows.count()) as progress:
                for part in parts:
                    tally.add(part)
                    progress.advance(part.records)
        except ReplayFailed as error:
            raise CommandError(f"{error}: run it again; what was written is kept.") from error
        return tally

    def _check_jobs(self, jobs: int) -> None:
        if jobs < 1:
            raise wrong_option("--jobs needs a positive number.")
        why_alone = run.why_alone()
        if jobs > 1 and why_alone:
            raise CommandError(f"--jobs has to be 1 here: {why_alone}.")

    def _show(self, options: dict[str, Any], document: Any, lines: Iterator[str]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self.stdout.write("\n".join(lines))


def _rows(options: dict[str, Any]) -> QuerySet[Any]:
    """Return the records that the options name."""
    since, until = moment(options["since"]), moment(options["until"])
    rows = stored.settled(since, until, first=options["from_key"], last=options["to_key"])
    return rows if options["limit"] is None else stored.head(rows, options["limit"])


def _text(path: str | None) -> str | None:
    """Return the text of the file at `path`, or None without one."""
    try:
        return None if path is None else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({type(error).__name__}).") from error


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
