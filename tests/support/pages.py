"""The pages of the documentation, taken apart: blocks of code, tables, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"^(?:# |<!-- )(?P<path>[\w/.]+\.\w+)(?:, (?P<note>.*?))?(?: -->)?$")


@dataclass(frozen=True)
class Block:
    """One fenced block; its first line may say in which file it goes, and how."""

    page: str
    language: str
    text: str

    @property
    def place(self) -> re.Match[str] | None:
        return _PLACE.match(self.text.splitlines()[0])

    @property
    def path(self) -> str:
        return self.place["path"] if self.place else ""

    @property
    def note(self) -> str:
        return (self.place["note"] or "") if self.place else ""

    @property
    def commands(self) -> list[str]:
        """The commands typed in a console, a line each; continued lines are one."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line[2:] for line in lines if line.startswith("$ ")]

    def __str__(self) -> str:
        return f"{self.page}:{self.text.splitlines()[0][:40]}"


def read(page: str) -> str:
    """Return the text of a page, named as it lies in the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def pages() -> list[str]:
    """Return every page that people read, as it lies in the repository."""
    found = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks(page: str, language: str | None = None) -> list[Block]:
    """Return the blocks of a page, of one language or of all."""
    found = (Block(page, *match.groups()) for match in _BLOCK.finditer(read(page)))
    return [block for block in found if language in (None, block.language)]


def section(page: str, heading: str) -> str:
    """Return the text under a heading, up to the next one of its own or a higher rank."""
    text = read(page)
    bare = _BLOCK.sub(lambda found: " " * len(found[0]), text)  # a comment in code is no heading
    start = re.search(rf"^(#+) {re.escape(heading)}$", bare, flags=re.MULTILINE)
    assert start, f"{page} has no heading {heading!r}"
    end = re.compile(rf"^#{{1,{len(start[1])}}} ", re.MULTILINE).search(bare, start.end())
    return text[start.end() : end.start() if end else None]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables in a text, without their heads."""
    tables: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            tables[-1].append([cell.strip() for cell in cells])
        elif tables[-1]:
            tables.append([])
    return [row for table in tables for row in table[2:]]


def quoted(text: str) -> list[str]:
    """Return the texts between backquotes, outside of blocks."""
    return re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))


def named(text: str) -> list[str]:
    """Return the names in the first column of the tables in a text."""
    return [name for row in rows(text) for name in quoted(row[0])]
