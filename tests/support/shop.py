"""A small project in a directory of its own, whose code runs in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
SETTINGS = """
SECRET_KEY = "of a test alone"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ALLOWED_HOSTS = ["testserver"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "number_insight",
    "shop",
]
NUMBER_INSIGHT = {"PROVIDERS": {"default": {"BACKEND": "number_insight.providers.fake.Fake"}}}
CELERY_BROKER_URL = "memory://"
"""


class ShopProject:
    """A project with one app, "shop"."""

    def __init__(self, directory: Path, settings: str = "", **files: str) -> None:
        """Make it in `directory`, with more `settings` and the modules of its app."""
        self.directory = directory
        self.write("settings.py", SETTINGS + dedent(settings))
        self.write("shop/__init__.py", "")
        for name, text in files.items():
            self.write(f"shop/{name}.py", text)

    def write(self, path: str, text: str) -> None:
        place = self.directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text))

    def run(self, code: str, *, tolerant: bool = False) -> str:
        """Run `code` with Django set up; return what it prints, with `tolerant` its errors too."""
        script = "import django\ndjango.setup()\nfrom django.core.management import call_command\n"
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NI_TEST")},
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": os.pathsep.join((str(self.directory), str(ROOT))),
        }
        done = subprocess.run(
            [sys.executable, "-c", script + dedent(code)],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert tolerant or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + (done.stderr if tolerant else "")
