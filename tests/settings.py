"""The host project's settings.

`NI_TEST_DATABASE` chooses among postgresql (the default), sqlite, mariadb, and none (then there is
no app either: for what knows no Django). Ports and paths come from the environment, where
`tests.conftest` writes them; worker processes inherit them.
"""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

DATABASE = os.environ.get("NI_TEST_DATABASE", "postgresql")
DATABASE_NAME = os.environ.get("NI_TEST_DATABASE_NAME", "")
"""Set for subprocesses of a test, which share the test's own database."""

_POSTGRESQL: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": os.environ.get("NI_TEST_POSTGRESQL_HOST", "127.0.0.1"),
    "PORT": os.environ.get("NI_TEST_POSTGRESQL_PORT", ""),
    "USER": "postgres",
    "NAME": DATABASE_NAME or "postgres",
    "TEST": {"NAME": "number_insight"},
}
_SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATABASE_NAME or ":memory:",
    "OPTIONS": {
        "init_command": "PRAGMA journal_mode=WAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    },
    "TEST": {"NAME": os.environ.get("NI_TEST_SQLITE")},  # a file, so that threads share it
}
# The server's own collation, as most projects have it: it ignores case and accents.
_MARIADB: dict[str, Any] = {
    "ENGINE": "django.db.backends.mysql",
    "HOST": "127.0.0.1",
    "PORT": os.environ.get("NI_TEST_MARIADB_PORT", ""),
    "USER": "root",
    "NAME": DATABASE_NAME or "mysql",
    "OPTIONS": {"charset": "utf8mb4"},
    "TEST": {"NAME": "number_insight", "CHARSET": "utf8mb4"},
}
_DATABASES = {"postgresql": _POSTGRESQL, "sqlite": _SQLITE, "mariadb": _MARIADB, "none": {}}
DATABASES: dict[str, dict[str, Any]] = {"default": _DATABASES[DATABASE]}

if DATABASE == "mariadb":
    # mysqlclient has no wheels for Linux; this driver in pure Python installs everywhere.
    importlib.import_module("pymysql").install_as_MySQLdb()

SECRET_KEY = "of-the-tests-alone"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    *("django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes"),
    *("django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles"),
    *("rest_framework", "phonenumber_field", "number_insight", "tests"),
]

if DATABASE == "none":
    INSTALLED_APPS = []

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "number_insight.middleware.ScreeningMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

PROVIDER = os.environ.get("NI_TEST_PROVIDER", "number_insight")
"""The vendor in whose words the fake provider answers: number_insight, or identity."""
FAKE = {
    "number_insight": "number_insight.providers.fake.Fake",
    "identity": "tests.support.identity.FakeIdentity",
}[PROVIDER]

NUMBER_INSIGHT = {"PROVIDERS": {"default": {"BACKEND": FAKE}}}
if "NI_TEST_NUMBER_INSIGHT" in os.environ:  # JSON, for the subprocesses of a test
    NUMBER_INSIGHT = json.loads(os.environ["NI_TEST_NUMBER_INSIGHT"])

# Port 1 refuses at once: what rings without a broker learns it quickly.
CELERY_BROKER_URL = os.environ.get("NI_TEST_REDIS_URL", "redis://127.0.0.1:1/0")
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_IGNORE_RESULT = True
