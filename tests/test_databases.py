"""Models with numbers may be in a second database; what does not work is said by a check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shop import ShopProject

SETTINGS = """
DATABASES = {
    name: {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{name}.sqlite3"}
    for name in ("default", "customers")
}
DATABASE_ROUTERS = ["shop.routers.Router"]
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.contenttypes", "django.contrib.auth",
    "django.contrib.messages", "django.contrib.sessions", "django.contrib.staticfiles",
    *INSTALLED_APPS[2:],
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "number_insight.middleware.ScreeningMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
ROOT_URLCONF = "shop.urls"
STATIC_URL = "static/"
"""
MODELS = """
import uuid
from django.contrib import admin
from django.db import models
from number_insight.admin import RiskFlagsAdminMixin
from number_insight.modelfields import ScreenedPhoneNumberField


class Customer(models.Model):
    phone = ScreenedPhoneNumberField(blank=True)


class Guest(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    phone = ScreenedPhoneNumberField(blank=True)


@admin.register(Customer, Guest)
class CustomerAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    pass
"""
URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
"""
ROUTER = """
class Router:
    def db_for_read(self, model, **hints):
        return "customers" if model._meta.app_label in {labels} else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return (db == "customers") == (app_label in {labels})
"""
MIGRATE = """
for name in ("default", "customers"):
    call_command("migrate", database=name, run_syncdb=True, verbosity=0)
"""


def project(directory: Path, *labels: str) -> ShopProject:
    """Return a project whose apps with these `labels` are in the second database."""
    router = ROUTER.replace("{labels}", repr(labels))
    return ShopProject(directory, SETTINGS, models=MODELS, urls=URLS, routers=router)


WORKS = """
from django.db import transaction
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
from django.contrib.auth.models import User
from number_insight import privacy
from number_insight.models import NumberInsightRecord as Record
from number_insight.screening import sweeps
from shop.models import Customer, Guest

# A signup that is rolled back leaves no record, and one that is committed does.
try:
    with transaction.atomic(using="customers"):
        Customer.objects.create(phone="+46701740605")
        assert not Record.objects.exists()
        raise KeyError
except KeyError:
    assert not Record.objects.exists()
with transaction.atomic(using="customers"):
    ada = Customer.objects.create(phone="+46701740605")
    assert not Record.objects.exists()
ben = Customer.objects.create(phone="+46701740612")
eve = Guest.objects.create(phone="+46701740612")
ben.phone = "+46701740611"
ben.save()
assert [record.subject for record in Record.objects.order_by("pk")] == [ada, ben, eve, ben]
assert {record._state.db for record in Record.objects.all()} == {"default"}
sweeps.sweep(inline=True)
assert ada.get_phone_record().verdict == "allow"
assert eve.get_phone_record().verdict == "deny"

# The admin.
client = Client(raise_request_exception=True)
client.force_login(User.objects.create_superuser("root"))
found = {}
for kind in ("customer", "guest"):
    for risk in ("", "allow", "deny", "review", "pending", "never"):
        page = client.get(f"/admin/shop/{kind}/", {"risk": risk} if risk else {})
        assert page.status_code == 200, (risk, page.status_code)
        found[kind, risk] = [row.pk for row in page.context["cl"].result_list]
assert found["customer", "allow"] == [ada.pk], found
assert found["customer", "review"] == [ben.pk], found
assert found["customer", "deny"] == found["customer", "never"] == [], found
assert found["guest", "deny"] == [eve.pk], found
with_none = Customer.objects.bulk_create([Customer(phone="+46701740615")])[0]
page = client.get("/admin/shop/customer/", {"risk": "never"})
assert [row.pk for row in page.context["cl"].result_list] == [with_none.pk]
for path in (f"shop/customer/{ben.pk}/change/", "number_insight/numberinsightrecord/"):
    assert client.get(f"/admin/{path}").status_code == 200
for record in Record.objects.all():
    path = f"/admin/number_insight/numberinsightrecord/{record.pk}/change/"
    assert client.get(path).status_code == 200

# What is done with all of them.
call_command("number_insight_backfill", "shop.Customer.phone")
assert with_none.get_phone_record() is not None
sweeps.sweep(inline=True)
assert len(privacy.export(subject=ben)["records"]) == 2
privacy.erase(subject=ben)
ben.delete()
call_command("number_insight_purge", days=0)
subjects = [record.subject for record in Record.objects.order_by("pk")]
assert subjects == [ada, None, eve, None, with_none], subjects
print("all is well")
"""


@pytest.mark.once
def test_customers_in_a_second_database_are_screened_shown_and_erased(tmp_path: Path) -> None:
    shop = project(tmp_path, "shop")
    shop.run(MIGRATE)
    assert "E024" not in shop.run('call_command("check")', tolerant=True)
    assert shop.run(WORKS).endswith("all is well\n")


LOST = """
from django.test import Client
from django.contrib.auth.models import User
from number_insight.models import NumberInsightRecord as Record
from shop.models import Customer

customer = Customer.objects.create(phone="+46701740605")
import settings
from django.test import override_settings
with override_settings(DATABASE_ROUTERS=[]):  # now nobody knows where the customers are
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    path = f"/admin/number_insight/numberinsightrecord/{Record.objects.get().pk}/change/"
    page = client.get(path)
    assert page.status_code == 200, page.status_code
    call_command("number_insight_purge", days=0)
print("all is well")
"""


@pytest.mark.once
def test_a_subject_whose_database_nobody_names_breaks_neither_admin_nor_purge(
    tmp_path: Path,
) -> None:
    shop = project(tmp_path, "shop")
    shop.run(MIGRATE)
    assert shop.run(LOST).endswith("all is well\n")


@pytest.mark.once
@pytest.mark.parametrize(
    ("labels", "named"),
    [
        (["number_insight"], "number_insight.NumberInsightRecord is in the database 'customers'"),
        (["auth"], "auth.User is in the database 'customers'"),
        (["contenttypes"], "contenttypes.ContentType is in the database 'customers'"),
    ],
)
def test_what_cannot_work_is_said_by_the_check(
    tmp_path: Path, labels: list[str], named: str
) -> None:
    told = project(tmp_path, *labels).run('call_command("check")', tolerant=True)
    assert f"(number_insight.E024) {named}" in told


MIGRATING = """
class Router:
    def allow_migrate(self, db, app_label, **hints):
        return (db == "customers") == (app_label in {labels})
"""


@pytest.mark.once
@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["number_insight"], "number_insight.Lookup is in the database 'customers'"),
        (["auth"], "auth.User is in the database 'customers'"),
        (["shop"], ""),
    ],
)
def test_a_router_that_only_makes_the_tables_elsewhere_is_said_by_the_check(
    tmp_path: Path, labels: list[str], told: str
) -> None:
    shop = project(tmp_path)
    shop.write("shop/routers.py", MIGRATING.replace("{labels}", repr(labels)))
    printed = shop.run('call_command("check")', tolerant=True)
    assert told in printed
    assert ("number_insight.E024" in printed) is bool(told)


@pytest.mark.once
def test_tables_that_no_router_makes_anywhere_are_the_work_of_others(tmp_path: Path) -> None:
    shop = project(tmp_path)
    router = MIGRATING.replace('(db == "customers") == (app_label in {labels})', "False")
    shop.write("shop/routers.py", router)
    assert "E024" not in shop.run('call_command("check")', tolerant=True)


@pytest.mark.once
def test_a_replica_for_reading_our_tables_is_said_by_the_check(tmp_path: Path) -> None:
    shop = project(tmp_path, "number_insight")
    router = (tmp_path / "shop" / "routers.py").read_text()
    assert "db_for_write = db_for_read" in router
    shop.write("shop/routers.py", router.replace("db_for_write = db_for_read", ""))
    told = shop.run('call_command("check")', tolerant=True)
    assert "(number_insight.E024) number_insight.Lookup is in the database 'customers'" in told
