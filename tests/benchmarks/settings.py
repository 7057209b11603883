"""The host project's settings as a project that cares for speed would have them."""

from __future__ import annotations

import copy
import os
from typing import Any

from requests import utils

from tests import settings as base
from tests.settings import *  # noqa: F403

DATABASES: dict[str, dict[str, Any]] = copy.deepcopy(base.DATABASES)
DATABASES["default"]["CONN_MAX_AGE"] = None
if base.DATABASE == "sqlite":
    DATABASES["default"]["NAME"] = os.environ["NI_BENCH_SQLITE"]

INSTALLED_APPS = [*base.INSTALLED_APPS, "tests.benchmarks"]
ROOT_URLCONF = "tests.benchmarks.urls"
WSGI_APPLICATION = None
# The screening middleware is laid around our own pages alone, so that its time counts as ours.
MIDDLEWARE = [
    "tests.benchmarks.pages.count_queries",
    *(path for path in base.MIDDLEWARE if not path.startswith("number_insight.")),
]
PHONENUMBER_DEFAULT_REGION = "SE"

CELERY_BROKER_URL = os.environ.get("NI_BENCH_BROKER_URL", base.CELERY_BROKER_URL)
CELERY_TASK_ROUTES = ("tests.benchmarks.routing.route",)
CELERY_DB_REUSE_MAX = int(os.environ.get("NI_BENCH_DB_REUSE_MAX", "10000"))

if "NI_TEST_NUMBER_INSIGHT" not in os.environ:
    NUMBER_INSIGHT = {**base.NUMBER_INSIGHT, "BUDGET": {"day": None}, "LIMITS": {}}

if (
    "NI_BENCH_CA_FILE" in os.environ
):  # a bundle as large as the usual one, which trusts our provider
    utils.DEFAULT_CA_BUNDLE_PATH = os.environ["NI_BENCH_CA_FILE"]  # type: ignore[attr-defined]
