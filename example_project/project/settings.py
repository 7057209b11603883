"""Settings of the example project. The sandbox stands in for the provider, so nothing is paid."""

from __future__ import annotations

import os
from pathlib import Path

from number_insight.rules import STANDARD

BASE_DIR = Path(__file__).resolve().parent.parent

# For a machine that only you can reach; a public site sets all three.
SECRET_KEY = os.environ.get("SECRET_KEY", "insecure-and-known-to-everybody-who-read-this-file")
DEBUG = True
ALLOWED_HOSTS: list[str] = []

INSTALLED_APPS = [
    "shop",
    "number_insight",
    "phonenumber_field",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "number_insight.middleware.ScreeningMiddleware",  # tells fields the visitor's IP
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
            ],
        },
    },
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
ASGI_APPLICATION = "project.asgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        # Site and worker write at the same time: WAL lets readers go on meanwhile, and
        # IMMEDIATE makes a writer wait for the other instead of failing half-way.
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    },
}
if "POSTGRES_HOST" in os.environ:  # as in compose.yaml
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["POSTGRES_HOST"],
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": os.environ.get("POSTGRES_PASSWORD", ""),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

TIME_ZONE = "Europe/Stockholm"
STATIC_URL = "static/"

REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# "070-174 06 05" is read as a number of this country; "+46 70 174 06 05" needs none.
PHONENUMBER_DEFAULT_REGION = "SE"

# Where ``manage.py number_insight_sandbox`` answers.
SANDBOX_URL = "http://127.0.0.1:8017"

# The vendors that may be asked; without its "base_url" the real service is, for real money.
VENDORS = {
    "number_insight": {
        "BACKEND": "number_insight.providers.vonage.NumberInsight",
        "OPTIONS": {
            "api_key": os.environ.get("VONAGE_API_KEY", "example"),
            "api_secret": os.environ.get("VONAGE_API_SECRET", "example"),
            "base_url": f"{SANDBOX_URL}/ni",
        },
    },
    "identity": {
        "BACKEND": "number_insight.providers.identity.IdentityInsights",
        "OPTIONS": {
            "application_id": os.environ.get("VONAGE_APPLICATION_ID", "example"),
            "private_key": os.environ.get("VONAGE_PRIVATE_KEY", ""),
            "base_url": SANDBOX_URL,
        },
    },
    "twilio": {
        "BACKEND": "number_insight.providers.twilio.Lookup",
        "OPTIONS": {
            "api_key": os.environ.get("TWILIO_API_KEY", "example"),
            "api_secret": os.environ.get("TWILIO_API_SECRET", "example"),
            "base_url": SANDBOX_URL,
        },
    },
}

NUMBER_INSIGHT = {
    # The one setting by which the site changes its vendor.
    "PROVIDERS": {"default": VENDORS[os.environ.get("VENDOR", "number_insight")]},
    # All numbers of the sandbox lie in one block of 100, as if one buyer had them: so nothing
    # looks at blocks here. A real site leaves RULES out.
    "RULES": [rule for rule in STANDARD if not rule["NAME"].endswith(".BlockBurst")],
    "EXTRA_RULES": [
        {
            "NAME": "shop.rules.NoDelivery",
            "OPTIONS": {"countries": ["DE", "DK", "FI", "FR", "GB", "NL", "NO", "SE", "US"]},
        },
        # Being tried: it is shown in the admin, and changes no verdict.
        {"NAME": "shop.rules.EasyNumber", "shadow": True},
    ],
    # No campus sits behind one address here, so many signups from one weigh more than usual.
    "WEIGHTS": {"ip_volume": 40},
    "BUDGET": {"day": "10.00"},
    # Reviewers see who it is, and find people by name or e-mail.
    "SUBJECT_SUMMARY": "shop.reviewers.describe",
    "SUBJECT_SEARCH": {"shop.Customer": ["name", "email"], "shop.Subscriber": ["email"]},
}

CELERY_BROKER_URL = os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0")
# A broker that hangs is given up after a second.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1}
CELERY_TASK_IGNORE_RESULT = True
# The safety net: brings on its way whatever the queue has lost.
CELERY_BEAT_SCHEDULE = {
    "number-insight-sweep": {"task": "number_insight.sweep", "schedule": 60.0},
}
