"""Links lead to a page and a place that are there; nothing is fetched."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

import pytest

from tests.support.pages import DOCS, ROOT, pages, read

PAGES = [*pages(), "SECURITY.md", "CONTRIBUTING.md", "docs/llms.txt"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)
LABEL = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)


def links(page: str) -> list[str]:
    """Return the targets of the links on a page, without those in blocks of code."""
    return LINK.findall(BLOCK.sub("", read(page)))


def slug(heading: str) -> str:
    """Return the anchor that GitHub and MyST give to a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


@cache
def anchors(page: str) -> frozenset[str]:
    """Return every place on a page to which a link may lead."""
    text = BLOCK.sub("", read(page))
    return frozenset({*map(slug, HEADING.findall(text)), *LABEL.findall(text)})


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_place(page: str):
    for link in links(page):
        path, _, anchor = link.partition("#")
        if urlsplit(link).scheme:
            assert urlsplit(link).scheme == "https", link
            assert urlsplit(link).netloc, link
            continue
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(str(target.relative_to(ROOT))), link


def test_a_page_has_no_place_twice():
    for page in pages():
        if page != "CHANGELOG.md":  # it has the same headings under each version
            places = [slug(found) for found in HEADING.findall(BLOCK.sub("", read(page)))]
            assert len(places) == len(set(places)), page


def test_the_index_for_models_has_every_page_once_with_its_title_and_a_line():
    told = re.findall(r"^- \[(.+?)\]\((\w+\.md)\): .+$", read("docs/llms.txt"), re.MULTILINE)
    hidden = {"index.md", "changelog.md"}
    names = {path.name for path in DOCS.glob("*.md")} - hidden
    titles = {name: title(f"docs/{name}") for name in names}
    assert {page: name for name, page in told} == titles
    assert len(told) == len(titles)


def title(page: str) -> str:
    """Return the heading of a page."""
    (first, *_) = re.findall(r"^# (.+)$", read(page), flags=re.MULTILINE)
    return str(first)


def test_the_names_of_tests_on_the_page_on_security_are_those_of_tests():
    defined = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(re.findall(r"`(test_\w+)`", read("docs/security.md"))) <= defined
