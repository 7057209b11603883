"""Export or erase the data held on one number or one subject."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models

from number_insight.exceptions import InvalidNumber
from number_insight.management.options import wrong_option
from number_insight.models.subjects import read_key
from number_insight.privacy import subject

STDOUT = "-"


class Command(BaseCommand):
    """Export or erase the data held on one number or on one subject."""

    help = (
        "Exports everything that is held on one number or on one subject as JSON, or erases it "
        "at once, as number_insight_purge would one day. A subject may be deleted already."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--number", help="as it is written anywhere, for example +46701740605")
        parser.add_argument("--model", metavar="app.Model", help="the model of the subject")
        parser.add_argument("--pk", help="the key of the subject")
        act = parser.add_mutually_exclusive_group(required=True)
        act.add_argument(
            "--export", nargs="?", const=STDOUT, metavar="FILE", help="JSON, to FILE or here"
        )
        act.add_argument("--erase", action="store_true", help="erase it, once you have confirmed")
        parser.add_argument("--yes", action="store_true", help="erase without asking")

    def handle(self, **options: Any) -> None:
        selection = _selection(options)
        try:
            if options["erase"]:
                self._erase(selection, options["yes"])
            else:
                self._export(selection, options["export"])
        except InvalidNumber as error:
            raise CommandError(str(error)) from error

    def _export(self, selection: dict[str, Any], path: str) -> None:
        document = subject.export(**selection)
        text = json.dumps(document, indent=2, ensure_ascii=False)
        if path == STDOUT:
            self.stdout.write(text)
            return
        try:
            _write(path, text)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        count = len(document["records"])
        self.stdout.write(f"{count} record{'' if count == 1 else 's'} exported to {path}.")

    def _erase(self, selection: dict[str, Any], is_confirmed: bool) -> None:
        held = subject.held(**selection)
        if not held.record_ids and not held.lookup_ids:
            self.stdout.write("Nothing is held, so nothing was erased.")
            return
        counts = f"{len(held.record_ids)} records and {len(held.lookup_ids)} lookups"
        if not is_confirmed and not _confirm(f"Erase {counts} for good? [y/N] "):
            raise CommandError("Nothing was erased; say --yes to do it without being asked.")
        pending = subject.erase(**selection).pending
        if pending:
            raise CommandError(
                f"All but {pending} of {counts} erased: they are still being screened."
            )
        self.stdout.write(f"{counts} erased.")


def _selection(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments for `privacy` that the options describe."""
    number, label, key = options["number"], options["model"], options["pk"]
    if number is not None and label is None and key is None:
        return {"number": number}
    if number is not None or label is None or key is None:
        raise wrong_option("Say either --number, or both --model and --pk.")
    return {"subject": _subject(label, key)}


def _subject(label: str, key: str) -> models.Model:
    """Return an instance with the key; its row may be deleted already."""
    try:
        model: type[models.Model] = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise wrong_option(f"There is no model {label!r}; write it as app.Model.") from error
    try:
        return model(pk=read_key(model, key))
    except ValueError as error:
        raise CommandError(str(error)) from error


def _confirm(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(question).strip().lower() in ("y", "yes")


def _write(path: str, text: str) -> None:
    """Write a new file that only its owner may read, in the place of one that is there.

    A link is not followed, and nothing but a file is replaced.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise FileExistsError(errno.EEXIST, "it is a link, a directory or a device", path)
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".")  # of mode 0600
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
