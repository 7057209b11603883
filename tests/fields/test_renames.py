"""Records follow a field or a model that a plain migration of the project renames."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.shop import ShopProject

CLEAN = "+46701740605"

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


PRELUDE = """
from number_insight.models import NumberInsightRecord
from shop import models as shop
"""


class Shop(ShopProject):
    """A project whose models change from step to step."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.write("shop/migrations/__init__.py", "")
        self.migration("0001_initial", INITIAL)
        self.model("Customer", "phone")

    def migration(self, name: str, text: str) -> None:
        self.write(f"shop/migrations/{name}.py", text)

    def model(self, model: str, field: str) -> None:
        self.write("shop/models.py", MODELS.format(model=model, field=field))

    def do(self, code: str) -> str:
        return self.run(PRELUDE + dedent(code))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    found = Shop(tmp_path)
    found.do(
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
    return shop.do(code).splitlines()


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
    shop.do('call_command("migrate", verbosity=0)')
    label, missing, count, other = state_of(shop, model, field)
    assert label == f"shop.{model}.{field} True"
    assert missing.startswith(f"0 of the rows of shop.{model}.{field} have no record.")
    assert (count, other) == ("1", "shop.Customers.phone")
    shop.do('call_command("migrate", "shop", "0001", verbosity=0)')
    shop.model("Customer", "phone")
    assert state_of(shop, "Customer", "phone")[0] == "shop.Customer.phone True"


def test_renames_of_a_project_that_has_no_records_yet_do_no_harm(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.migration("0002_rename", RENAMING.format(operations=f"{FIELD}, {MODEL}"))
    shop.model("Buyer", "mobile")
    shop.do('call_command("migrate", "shop", verbosity=0)')
    shop.do('call_command("migrate", verbosity=0)\ncall_command("migrate", "shop", "zero")')
