"""A typed project that uses the app has no errors of types, and keeps those that it makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shop import ROOT, ShopProject

pytestmark = pytest.mark.once

CONFIGURATION = """
[mypy]
plugins = mypy_django_plugin.main, number_insight.mypy_plugin
strict = True
[mypy.plugins.django-stubs]
django_settings_module = settings
[mypy-phonenumber_field.*]
ignore_missing_imports = True
"""
MODELS = """
from __future__ import annotations

from django.db import models
from number_insight import modelfields
from number_insight.modelfields import ScreenedPhoneNumberField


class Contact(models.Model):
    backup = modelfields.ScreenedPhoneNumberField(null=True, blank=True)

    class Meta:
        abstract = True


class Customer(Contact):
    name = models.CharField(max_length=100)
    phone = ScreenedPhoneNumberField(blank=True)

    def verdict(self) -> str | None:
        record = self.get_phone_record()
        return None if record is None else record.verdict


class Company(Customer):
    vat = models.CharField(max_length=20)
"""
RIGHT = """
from __future__ import annotations

from number_insight.models import NumberInsightRecord
from number_insight.screening import aattach, ascreen, attach, screen
from phonenumber_field.phonenumber import PhoneNumber

from shop.models import Company, Customer


def change(customer: Customer, number: PhoneNumber) -> str | None:
    customer.phone = "+46701740605"
    customer.phone = number
    customer.backup = None
    customer.save()
    made = Customer.objects.create(name="Ada", phone="+46701740605")
    Customer(name="Ben", phone=made.phone)
    Customer.objects.filter(phone="+46701740605", backup=number).exists()
    print(customer.phone.as_international)
    record = customer.get_phone_record() or customer.get_backup_record()
    return None if record is None else record.verdict


def inherited(company: Company) -> NumberInsightRecord | None:
    return company.get_phone_record()


async def sign_up(customer: Customer) -> NumberInsightRecord | None:
    record = await ascreen("+46701740605", subject=customer, level="standard", country="SE")
    attach(customer, record=screen("+46701740605", ip="8.8.8.8"))
    return await aattach(customer, record=record)
"""
WRONG = """
from __future__ import annotations

from number_insight.screening import ascreen

from shop.models import Customer


async def change(customer: Customer) -> None:
    customer.get_phone_record().verdict
    customer.get_name_record()
    await ascreen("+46701740605", levle="standard")
    await ascreen(46701740605)
"""


def checked(directory: Path) -> str:
    """Return what mypy says of the project's app."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--no-incremental", "shop"],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "MYPYPATH": str(directory), "PATH": ""},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_a_typed_project_has_no_errors_but_its_own(tmp_path: Path) -> None:
    shop = ShopProject(tmp_path, models=MODELS, right=RIGHT, wrong=WRONG)
    shop.write("mypy.ini", CONFIGURATION)
    lines = [line for line in checked(tmp_path).splitlines() if ": error:" in line]
    assert [line.split("  ")[0].split(": error: ")[0] for line in lines] == [
        f"shop/wrong.py:{number}" for number in (10, 11, 12, 13)
    ], lines
