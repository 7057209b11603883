"""Records follow a field or a model that a plain migration of the project renames."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
CLEAN = "+46701740605"

SETTINGS = """
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth", "number_insight", "shop",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
NUMBER_INSIGHT = {"PROVIDERS": {"default": {"BACKEND": "number_insight.providers.fake.Fake"}}}
CELERY_BROKER_URL = "memory://"
"""
MODELS = """
from django.db import models
from number_insight.modelfields import ScreenedPhoneNumberField


class {model}(models.Model):
    {field} = ScreenedPhoneNumberField()
    other = ScreenedPhoneNumberField(blank=True)
"""
INITIAL = """
import number_insight.modelfields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Customer", [
            ("id", models.BigAutoField(primary_key=True)),
            ("phone", number_insight.modelfields.ScreenedPhoneNumberField()),
            ("other", number_insight.modelfields.ScreenedPhoneNumberField(blank=True)),
        ]),
        migrations.CreateModel("Customers", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""
RENAMING = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [{operations}]
"""
FIELD = 'migrations.RenameField("customer", "phone", "mobile")'
MODEL = 'migrations.RenameModel("Customer", "Buyer")'
NESTED = f"migrations.SeparateDatabaseAndState([{FIELD}], [{FIELD}])"
SIGN_UP = f"""
shop.{{model}}.objects.create({{field}}="{CLEAN}")
NumberInsightRecord.objects.create(number="{CLEAN}", field="shop.Customers.phone")
"""


class Shop:
    """A project in a directory of its own, whose models change from step to step."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "settings.py").write_text(SETTINGS)
        (directory / "shop" / "migrations").mkdir(parents=True)
        for package in ("shop", "shop/migrations"):
            (directory / package / "__init__.py").write_text("")
        self.migration("0001_initial", INITIAL)
        self.model("Customer", "phone")

    def migration(self, name: str, text: str) -> None:
        (self.directory / "shop" / "migrations" / f"{name}.py").write_text(text)

    def model(self, model: str, field: str) -> None:
        (self.directory / "shop" / "models.py").write_text(MODELS.format(model=model, field=field))

    def run(self, code: str) -> str:
        """Run `code` in the project; return what it prints."""
        script = """
            import django
            django.setup()
            from django.core.management import call_command
            from number_insight.models import NumberInsightRecord
            from shop import models as shop
            """
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": os.pathsep.join((str(self.directory), str(ROOT))),
        }
        done = subprocess.run(
            [sys.executable, "-c", dedent(script) + dedent(code)],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    found = Shop(tmp_path)
    found.run(
        'call_command("migrate", verbosity=0)\n' + SIGN_UP.format(model="Customer", field="phone")
    )
    return found


def state_of(shop: Shop, model: str, field: str) -> list[str]:
    """Return what is found of the customer after the migrations."""
    code = f"""
        found = shop.{model}.objects.get()
        record = found.get_{field}_record()
        print(record.field, record.subject == found)
        call_command("number_insight_backfill", "shop.{model}.{field}", "--dry-run")
        print(NumberInsightRecord.objects.exclude(subject_type=None).count())
        print(NumberInsightRecord.objects.get(subject_type=None).field)
        """
    return shop.run(code).splitlines()


@pytest.mark.parametrize(
    ("operations", "model", "field"),
    [
        (FIELD, "Customer", "mobile"),
        (f"{MODEL}, {FIELD.replace('customer', 'BUYER')}", "Buyer", "mobile"),
        (NESTED, "Customer", "mobile"),
    ],
)
def test_records_are_found_after_a_rename_and_after_its_reversal(
    shop: Shop, operations: str, model: str, field: str
) -> None:
    shop.migration("0002_rename", RENAMING.format(operations=operations))
    shop.model(model, field)
    shop.run('call_command("migrate", verbosity=0)')
    label, missing, count, other = state_of(shop, model, field)
    assert label == f"shop.{model}.{field} True"
    assert missing.startswith(f"0 of the rows of shop.{model}.{field} have no record.")
    assert (count, other) == ("1", "shop.Customers.phone")
    shop.run('call_command("migrate", "shop", "0001", verbosity=0)')
    shop.model("Customer", "phone")
    assert state_of(shop, "Customer", "phone")[0] == "shop.Customer.phone True"


def test_renames_of_a_project_that_has_no_records_yet_do_no_harm(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.migration("0002_rename", RENAMING.format(operations=f"{FIELD}, {MODEL}"))
    shop.model("Buyer", "mobile")
    shop.run('call_command("migrate", "shop", verbosity=0)')
    shop.run('call_command("migrate", verbosity=0)\ncall_command("migrate", "shop", "zero")')
