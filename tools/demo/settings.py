"""The example's settings, with the folder and the addresses that the stage has chosen."""

from __future__ import annotations

import os
from pathlib import Path

from project import settings as example
from project.settings import *  # noqa: F403

from tools.demo import filequeue
from tools.demo.providers import CHOICES

FOLDER = Path(os.environ["DEMO_FOLDER"])

INSTALLED_APPS = [*example.INSTALLED_APPS, "tools.demo"]
DATABASES = {"default": {**example.DATABASES["default"], "NAME": FOLDER / "db.sqlite3"}}

NUMBER_INSIGHT = {
    **example.NUMBER_INSIGHT,
    **CHOICES[os.environ["DEMO_PROVIDER"]].settings(os.environ["DEMO_SANDBOX_URL"]),
    "DELIVERY": os.environ["DEMO_DELIVERY"],
    "CALLBACK_BASE_URL": os.environ["DEMO_SITE_URL"],
    # The visitors play the proxy, and say where they come from.
    "CLIENT_IP": {"PROXY_COUNT": 1},
    # All their numbers lie in one block of 100.
    "LIMITS": {"ip": "20/day", "network": "100/day", "block": "200/day", "number": "5/day"},
}

CELERY_BROKER_URL = "filesystem://"
CELERY_BROKER_TRANSPORT = "tools.demo.filequeue:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS = filequeue.options(FOLDER / "queue")
