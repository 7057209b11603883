"""The front page and the changelog are true."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from django.test import override_settings

import number_insight
from number_insight.checks.plugins import NOTICE
from number_insight.checks.settings import check_settings
from number_insight.defaults import DEFAULTS
from number_insight.providers.vonage import NumberInsight
from tests.support.pages import DOCS, ROOT, blocks, pages, quoted, read, rows, section

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")


def links() -> list[tuple[str, str]]:
    """Return every page with each target of its links, images among them."""
    return [(page, target) for page in pages() for target in LINK.findall(read(page))]


@pytest.mark.parametrize(("page", "target"), links())
def test_a_link_leads_somewhere(page: str, target: str):
    assert ((ROOT / page).parent / target).exists()


def test_every_page_is_linked_from_the_front():
    linked = {target for page, target in links() if page == "README.md"}
    hidden = {"docs/index.md", "docs/changelog.md"}
    assert {f"docs/{path.name}" for path in DOCS.glob("*.md")} - hidden <= linked


def test_every_page_is_in_a_contents_list():
    listed = re.findall(r"^\w+$", read("docs/index.md"), flags=re.MULTILINE)
    assert sorted(listed) == sorted({path.stem for path in DOCS.glob("*.md")} - {"index"})


def test_the_commands_to_see_it_are_targets_of_make():
    targets = re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE)
    typed = [line for block in blocks("README.md", "console") for line in block.commands]
    made = [line.split()[1] for line in typed if line.startswith("make")]
    assert made == ["demo", "test"]
    assert set(made) <= set(targets)


def test_the_versions_are_those_that_tox_runs():
    head = ["3.10", "3.11", "3.12", "3.13"]
    told = {
        f"py{python}-django{row[0].removeprefix('Django ')}".replace(".", "")
        for row in rows(section("README.md", "Supported versions"))
        if row[0].startswith("Django")
        for python, said in zip(head, row[1:], strict=True)
        if said == "yes"
    }
    assert told == set(environments())


def test_the_matrix_is_that_of_tox():
    head = ["310", "311", "312", "313"]
    suffix = {"SQLite": "", "PostgreSQL": "-postgresql", "MariaDB": "-mariadb"}
    suffix["lowest versions"] = "-lowest"
    told = {
        f"py{python}-{row[0].lower().replace(' ', '').replace('.', '')}{suffix[what]}"
        for row in rows(section("docs/upgrading.md", "The matrix"))
        if row[0].startswith("Django")
        for python, cell in zip(head, row[1:], strict=False)
        for what in re.split("[,;] ", cell)
        if what != "–"
    }
    alone = re.findall(r"^ +(py\d+-django\d+-\w+)$", read("tox.ini"), re.MULTILINE)
    assert told == {*environments(), *alone}
    tried = {row[0].strip("`") for row in rows(section("docs/upgrading.md", "The matrix"))}
    assert {name for name in tried if name.startswith("py")} <= told


def test_the_workflow_runs_every_environment_of_tox_under_its_python():
    steps = re.findall(
        r'python: "3\.(\d+)", tox: (py3(\d+)-\S+) }', read(".github/workflows/ci.yml")
    )
    alone = re.findall(r"^ +(py\d+-django\d+-\w+)$", read("tox.ini"), re.MULTILINE)
    assert {name for _, name, _ in steps} == {*environments(), *alone}
    assert [python for python, _, _ in steps] == [told for _, _, told in steps]


@pytest.mark.parametrize("name", ["ci", "publish"])
def test_the_workflows_pin_each_action_to_a_commit(name):
    actions = re.findall(r"uses: (.+)", read(f".github/workflows/{name}.yml"))

    assert actions
    assert [one for one in actions if not re.fullmatch(r"\S+@[0-9a-f]{40} # v[\d.]+", one)] == []


def test_the_workflows_call_targets_that_there_are():
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    for name in ("ci", "publish"):
        for line in re.findall(r"run: make (.+)", read(f".github/workflows/{name}.yml")):
            assert {word for word in line.split() if "=" not in word} <= targets


def test_the_lowest_versions_are_those_that_may_be_installed():
    listed = re.search(r"^dependencies = \[$(.*?)^\]$", read("pyproject.toml"), re.M | re.DOTALL)
    assert listed
    lowest = [line.replace(">=", "==") for line in re.findall(r'^ +"(.+?)"', listed[1], re.M)]
    assert read("tests/lowest.txt").splitlines()[1:] == lowest


def environments() -> list[str]:
    lines = re.findall(r"^ +py\{(.*?)\}-django\{?([\d,]+)\}?$", read("tox.ini"), re.MULTILINE)
    return [
        f"py{python}-django{django}"
        for pythons, djangos in lines
        for python, django in product(pythons.split(","), djangos.split(","))
    ]


def test_the_settings_to_install_it_are_accepted():
    (block,) = (block for block in blocks("README.md", "python") if "MIDDLEWARE" in block.text)
    names: dict[str, list[str]] = {"INSTALLED_APPS": [], "MIDDLEWARE": []}
    exec(block.text, {}, names)
    with override_settings(NUMBER_INSIGHT=names["NUMBER_INSIGHT"]):
        assert check_settings() == []


def test_the_prices_and_the_budget_are_what_is_reserved():
    text = section("README.md", "What it costs")
    prices = NumberInsight.default_prices
    amounts = {Decimal(amount) for amount in re.findall(r"(\d+\.\d+) EUR", text)}
    told = {prices["standard"], prices["advanced"], DEFAULTS["BUDGET"]["day"]}
    assert {Decimal(amount) for amount in told} <= amounts


def test_the_day_of_the_switching_off_is_the_providers():
    text = section("README.md", "Vonage switches Number Insight off")
    assert str(NumberInsight.retires_on) in text
    assert f"From {NOTICE.days} days" in text.replace("\n", " ")


def test_the_changelog_begins_with_what_is_not_released_and_then_tells_of_this_version():
    first, second, *_ = re.findall(r"^## (.+)$", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert first == "Unreleased"
    version, _dash, day = second.partition(" - ")
    assert version == number_insight.__version__
    assert date.fromisoformat(day)


def test_a_change_is_one_sentence():
    bullets = re.findall(r"^- (.*(?:\n  .*)*)", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert bullets
    for bullet in bullets:
        assert re.fullmatch(r"[^.]*(?:\.\w[^.]*)*\.", re.sub(r"`[^`]*`", "it", bullet)), bullet


def test_settings_that_the_changelog_names_exist():
    names = {name.split(" ")[0] for name in quoted(read("CHANGELOG.md")) if name.isupper()}
    assert names <= set(DEFAULTS)


@pytest.mark.parametrize("page", pages())
def test_every_link_has_words_where_nobody_fills_them_in(page: str):
    assert re.findall(r"\[\s*\]\([^)]*\)", read(page)) == []


def test_it_is_installed_from_its_source_or_as_a_release():
    (name,) = re.findall(r'^\[project\]\nname = "(.+)"$', read("pyproject.toml"), re.MULTILINE)
    source, release = (f'python -m pip install "{what}[redis]"' for what in (".", name))
    for page in ("README.md", "docs/quickstart.md"):
        typed = [line for block in blocks(page, "console") for line in block.commands]
        assert next(line for line in typed if " pip " in line) == source
        assert f"`{release}`" in read(page) or release in typed


def test_the_front_page_is_in_the_order_in_which_it_is_read():
    order = ["Install it", "Five lines", "What it costs", "Supported versions"]
    order += ["See it at work", "What it promises", "Vonage switches Number Insight off"]
    order += ["Documentation", "Contributing", "Licence"]
    assert re.findall(r"^## (.+)$", read("README.md"), flags=re.MULTILINE) == order
