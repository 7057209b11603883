"""Settings of the example: all from the environment, with defaults that need nothing installed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from number_insight.rules import STANDARD
from project.environment import broker_options, database, flag, text

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var")))
"""Where the database and the queue are, unless they are servers."""
VAR_DIR.mkdir(parents=True, exist_ok=True)

# Good enough for a machine that only you can reach; a public site sets SECRET_KEY and DEBUG=no.
SECRET_KEY = text("SECRET_KEY", "insecure-and-known-to-everybody-who-read-this-file")
DEBUG = flag("DEBUG", True)
ALLOWED_HOSTS = text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

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
    "django.middleware.locale.LocaleMiddleware",
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
SQLITE_URL = f"sqlite:///{quote(str(VAR_DIR / 'db.sqlite3'))}"
DATABASES = {"default": database(text("DATABASE_URL", SQLITE_URL))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = text("TIME_ZONE", "Europe/Stockholm")
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"

REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# "070-174 06 05" is read as a number of this country; "+46 70 174 06 05" needs none.
PHONENUMBER_DEFAULT_REGION = "SE"

SANDBOX_URL = text("SANDBOX_URL", "http://127.0.0.1:8017")
"""Where ``manage.py number_insight_sandbox`` answers."""

DELIVERED = ["DE", "DK", "FI", "FR", "GB", "NL", "NO", "SE", "US"]
"""The countries that coffee is sent to."""

BLOCK_RULE = "number_insight.rules.source.BlockBurst"

NUMBER_INSIGHT = {
    "PROVIDERS": {
        "default": {
            "BACKEND": "number_insight.providers.vonage.NumberInsight",
            "OPTIONS": {
                "api_key": text("NUMBER_INSIGHT_KEY", "example"),
                "api_secret": text("NUMBER_INSIGHT_SECRET", "example"),
                # Leave it out, and the real service is asked, for real money.
                "base_url": text("NUMBER_INSIGHT_URL", f"{SANDBOX_URL}/ni"),
                "timeout": float(text("NUMBER_INSIGHT_TIMEOUT", "20")),
            },
        },
    },
    # "async" lets the provider post its answer to SITE_URL/number-insight/callback/...
    "DELIVERY": text("NUMBER_INSIGHT_DELIVERY", "sync"),
    "CALLBACK_BASE_URL": text("SITE_URL", "http://127.0.0.1:8000"),
    # One proxy stands before this site and writes X-Forwarded-For: the demo plays it. Without
    # a proxy this must be 0, or visitors choose their own address.
    "CLIENT_IP": {"PROXY_COUNT": int(text("PROXY_COUNT", "1"))},
    # All numbers of the sandbox lie in one block of 100, which would look like one buyer's: so
    # nothing looks at blocks here. A real site leaves RULES and LIMITS out.
    "RULES": [rule for rule in STANDARD if rule["NAME"] != BLOCK_RULE],
    "EXTRA_RULES": [
        {"NAME": "shop.rules.NoDelivery", "OPTIONS": {"countries": DELIVERED}},
        # Being tried: it is shown in the admin, and changes no verdict.
        {"NAME": "shop.rules.EasyNumber", "shadow": True},
    ],
    # No campus sits behind one address here, so many signups from one weigh more than usual.
    "WEIGHTS": {"ip_volume": 40},
    # "enforce" lets the forms refuse what is denied already.
    "ENFORCEMENT": text("NUMBER_INSIGHT_ENFORCEMENT", "observe"),
    # With a callable the IP is compared here, and not sent to the provider.
    "IP_COUNTRY": text("NUMBER_INSIGHT_IP_COUNTRY", "") or None,
    "LIMITS": {"ip": "20/day", "network": "100/day", "block": "200/day", "number": "5/day"},
    "BUDGET": {"day": text("NUMBER_INSIGHT_BUDGET", "10.00")},
}

CELERY_BROKER_URL = text("BROKER_URL", "filequeue://")
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL, VAR_DIR / "queue")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
# The safety net: brings on its way whatever the queue has lost.
CELERY_BEAT_SCHEDULE = {
    "number-insight-sweep": {"task": "number_insight.sweep", "schedule": 30.0},
}
