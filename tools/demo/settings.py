"""The example's settings, with the folder and the addresses that the stage has chosen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from project import settings as example
from project.settings import *  # noqa: F403

from number_insight.providers.personas import promises
from tools.demo import filequeue

FOLDER = Path(os.environ["DEMO_FOLDER"])
SANDBOX_URL = os.environ["DEMO_SANDBOX_URL"]

INSTALLED_APPS = [*example.INSTALLED_APPS, "tools.demo"]
DATABASES = {"default": {**example.DATABASES["default"], "NAME": FOLDER / "db.sqlite3"}}

PROVIDERS: dict[str, dict[str, Any]] = {
    promises.NUMBER_INSIGHT: {
        "BACKEND": "number_insight.providers.vonage.NumberInsight",
        "OPTIONS": {"api_key": "demo", "api_secret": "demo", "base_url": f"{SANDBOX_URL}/ni"},
    },
    promises.IDENTITY: {
        "BACKEND": "number_insight.providers.identity.IdentityInsights",
        "OPTIONS": {
            "application_id": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
            "private_key": str(FOLDER / "private.key"),
            "purpose": "FraudPreventionAndDetection",
            "base_url": SANDBOX_URL,
        },
    },
    promises.TWILIO: {
        "BACKEND": "number_insight.providers.twilio.Lookup",
        "OPTIONS": {"account_sid": "demo", "auth_token": "demo", "base_url": SANDBOX_URL},
    },
}
PROVIDER = PROVIDERS[os.environ["DEMO_PROVIDER"]]
PROVIDER["OPTIONS"]["timeout"] = 3  # the personas that never answer take all of it

NUMBER_INSIGHT = {
    **example.NUMBER_INSIGHT,
    "PROVIDERS": {"default": PROVIDER},
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
