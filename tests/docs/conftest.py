"""The reader's project, made once a run, and a copy of it for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.project import Project, answers, build_wheel, follow, make_python
from tests.support.waiting import PATIENCE, until

# Without a database's settings there is no app to compare the pages with.
NEEDS_NO_APP = ("architecture_page", "checks_page", "providers_page", "quickstart", "rules_page")
NEEDS_NO_APP += ("move_page", "sandbox_page", "twilio_page")
collect_ignore = [
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if settings.DATABASE == "none" and path.stem.removeprefix("test_") not in NEEDS_NO_APP
]

SANDBOX = "python manage.py number_insight_sandbox"


@pytest.fixture(scope="session")
def wheel_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python in whose environment the wheel is installed."""
    directory = tmp_path_factory.mktemp("wheel")
    return make_python(directory / "venv", build_wheel(directory))


@pytest.fixture(scope="session")
def make_project(
    wheel_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[bool], Project]:
    """Return the project that follows from the quickstart, with integer or with UUID keys."""

    @cache
    def make(uuid_keys: bool) -> Project:
        made = Project(tmp_path_factory.mktemp("shop"), wheel_python)
        follow(made, uuid_keys=uuid_keys)
        return made

    return make


@pytest.fixture
def shop(make_project: Callable[[bool], Project], tmp_path: Path) -> Project:
    """A copy of the quickstart's project, to be changed by one test."""
    return copied(make_project(False), tmp_path)


@pytest.fixture(params=[False, True], ids=["integer-keys", "uuid-keys"])
def either_shop(
    request: pytest.FixtureRequest, make_project: Callable[[bool], Project], tmp_path: Path
) -> Project:
    """A copy of the quickstart's project, with either kind of keys."""
    return copied(make_project(request.param), tmp_path)


def copied(project: Project, directory: Path) -> Project:
    shutil.copytree(project.directory, directory / "shop")
    return Project(directory / "shop", project.python, project.ports)


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[None]:
    """The sandbox of the page, as its project starts it."""
    name = next(name for name in ("shop", "either_shop") if name in request.fixturenames)
    project: Project = request.getfixturevalue(name)
    with project.running(SANDBOX):
        assert until(lambda: answers(project.address("8017", "/")), PATIENCE)
        yield
