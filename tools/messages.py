"""The catalogues of number_insight/locale: extract the texts of the package, then compile them.

Run by `make messages`. What is written depends on the texts alone: no dates, no line numbers, no
guesses, so that a catalogue changes only where a text does.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.core.management.commands import makemessages

PACKAGE = Path(__file__).parents[1] / "number_insight"
LANGUAGES = ("ar", "de", "es", "fr")
MEANING = "Meaning:2"
"""The sentences of the providers' statuses are marked by their place."""
PROGRAMS = ("xgettext", "msgmerge", "msgattrib", "msguniq", "msgfmt")


class _MakeMessages(makemessages.Command):
    """Django's own command; a new text stays empty rather than taking that of a similar one."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
    xgettext_options = [*makemessages.Command.xgettext_options, f"--keyword={MEANING}"]


def find_missing_programs() -> list[str]:
    """Return the programs of GNU gettext that are not on PATH."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def extract(package: Path, languages: tuple[str, ...] = LANGUAGES) -> None:
    """Bring each catalogue below `package` up to date with the texts in its modules."""
    with _working_in(package):
        call_command(_MakeMessages(), verbosity=0, **_options(languages))
    for language in languages:
        _drop_date(catalogue(package, language))


def compile_catalogues(package: Path, languages: tuple[str, ...] = LANGUAGES) -> None:
    """Write each catalogue's .mo file, the one that Django reads."""
    with _working_in(package):
        call_command("compilemessages", verbosity=0, locale=list(languages))


def catalogue(package: Path, language: str) -> Path:
    """Return the path of a language's .po file."""
    return package / "locale" / language / "LC_MESSAGES" / "django.po"


def main() -> int:
    """Extract and compile, or say which programs are missing."""
    if missing := find_missing_programs():
        print(f"GNU gettext is not here ({', '.join(missing)}): install the package gettext.")
        return 1
    django.setup()
    extract(PACKAGE)
    compile_catalogues(PACKAGE)
    return 0


def _options(languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "locale": list(languages),
        "add_location": "file",
        "no_wrap": True,
        "no_obsolete": True,
    }


def _drop_date(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith('"POT-Creation-Date:')]
    path.write_text("".join(kept), encoding="utf-8")


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    sys.exit(main())
