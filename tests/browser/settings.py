"""The test project with the example's shop in it, served under a strict policy for content."""

from __future__ import annotations

import os

from number_insight.rules import STANDARD
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as APPS
from tests.settings import MIDDLEWARE as LAYERS
from tests.settings import NUMBER_INSIGHT as SCREENING

# Playwright keeps an event loop in the thread of the tests, which Django would forbid its ORM.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

INSTALLED_APPS = ["shop", *APPS]
ROOT_URLCONF = "tests.browser.urls"
MIDDLEWARE = ["tests.browser.policy.StrictPolicy", *LAYERS]
PHONENUMBER_DEFAULT_REGION = "SE"
SANDBOX_URL = "http://127.0.0.1:8017"

NUMBER_INSIGHT = {
    **SCREENING,
    "SUBJECT_SUMMARY": "shop.reviewers.describe",
    "SUBJECT_SEARCH": {"shop.Customer": ["name", "email"]},
    "CLIENT_IP": {"PROXY_COUNT": 1},
    "LIMITS": {},
    # All personas of the sandbox lie in one block of 100 numbers.
    "RULES": [rule for rule in STANDARD if not rule["NAME"].endswith(".BlockBurst")],
}
