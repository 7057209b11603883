"""The example's compose file and Dockerfile name what exists; no container runtime is needed."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery
from django.core.management import get_commands

from tests.support.pages import ROOT, read

pytestmark = pytest.mark.once

EXAMPLE = ROOT / "example_project"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(read("example_project/compose.yaml"))[
    "services"
]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
DOCKERFILE = read("example_project/Dockerfile")
VARIABLE = re.compile(r'os\.environ(?:\.get\(|\[)"(\w+)"|"(\w+)" in os\.environ')


def variables() -> set[str]:
    """Return the environment variables that the example's settings read."""
    found = VARIABLE.findall(read("example_project/project/settings.py"))
    return {name for pair in found for name in pair if name}


def check_command(words: list[str]) -> None:
    if words[0] == "celery":
        assert words[1:3] == ["-A", "project"]
        command = celery.get_command(None, words[3])  # type: ignore[arg-type]
        assert command is not None
        known = {name for option in command.params for name in option.opts}
        assert {word for word in words[4:] if word.startswith("--")} <= known
    else:
        assert words[:2] == ["python", "manage.py"]
        assert words[2] in get_commands()


def test_the_services_are_those_of_a_site() -> None:
    assert set(SERVICES) >= {"web", "worker", "beat", "database", "redis", "sandbox", "migrate"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    check_command(shlex.split(SERVICES[name]["command"]))


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_variables_that_the_settings_read(name: str) -> None:
    assert set(SERVICES[name].get("environment", {})) <= variables()


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_built_of_the_dockerfile(name: str) -> None:
    build = SERVICES[name]["build"]
    context = (EXAMPLE / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).samefile(EXAMPLE / "Dockerfile")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_services_that_exist(name: str) -> None:
    needed = SERVICES[name].get("depends_on", {})
    assert set(needed) <= set(SERVICES)
    for other, given in needed.items():
        if given["condition"] == "service_healthy":
            assert SERVICES[other]["healthcheck"]["test"]


def test_addresses_name_services() -> None:
    environment = SERVICES["web"]["environment"]
    assert environment["POSTGRES_HOST"] in SERVICES
    assert re.fullmatch(r"redis://(\w+):6379/0", environment["BROKER_URL"])[1] in SERVICES  # type: ignore[index]
    database = SERVICES["database"]["environment"]
    assert database["POSTGRES_PASSWORD"] == environment["POSTGRES_PASSWORD"]
    settings = read("example_project/project/settings.py")
    for key, name in (("NAME", "POSTGRES_DB"), ("USER", "POSTGRES_USER")):
        assert f'"{key}": "{database[name]}"' in settings


def test_the_dockerfile_copies_what_exists_and_ends_in_a_command() -> None:
    for line in re.findall(r"^COPY (?:--\S+ )?(.+) \S+$", DOCKERFILE, flags=re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists()
    (words,) = re.findall(r"^CMD (\[.+\])$", DOCKERFILE, flags=re.MULTILINE)
    check_command(yaml.safe_load(words))
    (extras,) = re.findall(r'"\.\[(.+)\]"', DOCKERFILE)
    for extra in extras.split(","):
        assert re.search(rf"^{extra} = \[", read("pyproject.toml"), flags=re.MULTILINE)
