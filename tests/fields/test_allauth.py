"""Our form field serves as the phone field of django-allauth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from number_insight.formfields import ScreenedPhoneNumberField
from tests.support.shop import ShopProject
from tests.support.stage import CLEAN

SETTINGS = """
INSTALLED_APPS = [
    "django.contrib.sessions", "django.contrib.messages", *INSTALLED_APPS, "allauth",
    "allauth.account",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "number_insight.middleware.ScreeningMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
}]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_USER_MODEL = "shop.User"
ROOT_URLCONF = "shop.urls"
ACCOUNT_ADAPTER = "shop.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*", "email"]
ACCOUNT_PHONE_VERIFICATION_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION = "none"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
"""
MODELS = """
from django.contrib.auth.models import AbstractUser
from django.db import models
from number_insight.modelfields import ScreenedPhoneNumberField


class User(AbstractUser):
    phone = ScreenedPhoneNumberField(blank=True)
    phone_verified = models.BooleanField(default=False)
"""
ADAPTER = """
from allauth.account.adapter import DefaultAccountAdapter
from number_insight.formfields import ScreenedPhoneNumberField

from shop.models import User

sent = []


class Adapter(DefaultAccountAdapter):
    def phone_form_field(self, **kwargs):
        return ScreenedPhoneNumberField(region="SE", **kwargs)

    def set_phone(self, user, phone, verified):
        user.phone, user.phone_verified = phone, verified
        user.save(update_fields=["phone", "phone_verified"])

    def get_phone(self, user):
        return (str(user.phone), user.phone_verified) if user.phone else None

    def set_phone_verified(self, user, phone):
        self.set_phone(user, phone, True)

    def get_user_by_phone(self, phone):
        return User.objects.filter(phone=phone).first()

    def send_verification_code_sms(self, user, phone, code, **kwargs):
        sent.append((phone, code))

    def send_unknown_account_sms(self, phone, **kwargs):
        sent.append((phone, "unknown"))

    def send_account_already_exists_sms(self, phone, **kwargs):
        sent.append((phone, "exists"))
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("accounts/", include("allauth.urls"))]
"""
SIGN_UP = """
from django.test import Client
from number_insight.models import NumberInsightRecord as Record
from shop.adapter import sent
from shop.models import User

call_command("migrate", run_syncdb=True, verbosity=0)


def post(path, **fields):
    client = Client()
    answer = client.post(f"/accounts/{path}/", fields)
    assert answer.status_code == 302, (path, answer.status_code, answer.content.decode())
    assert client.get(answer.url).status_code == 200
    return client


client = post("signup", phone="070-174 06 05")
user = User.objects.get()
assert user.phone == "+46701740605"
record = user.get_phone_record()
assert Record.objects.get() == record
assert (record.source, record.subject) == ("signup", user)
((phone, code),) = sent
assert phone == "+46701740605"
answer = client.post("/accounts/phone/verify/", {"code": code})
assert answer.status_code == 302
assert User.objects.get().phone_verified
sent.clear()
post("signup", phone="+46 70 174 06 05")  # one that is known
post("login/code", phone="+46 70 174 06 05")
post("login/code", phone="+46 70 174 06 11")  # one that is not
assert [sent[0][1], sent[2][1]] == ["exists", "unknown"], sent
assert User.objects.count() == 1
print("all is well")
"""


@pytest.mark.once
def test_a_signup_by_phone_is_screened_once_and_a_known_phone_is_no_fault(tmp_path: Path) -> None:
    shop = ShopProject(tmp_path, SETTINGS, models=MODELS, adapter=ADAPTER, urls=URLS)
    assert shop.run(SIGN_UP).endswith("all is well\n")


def test_its_value_is_text_that_knows_what_a_parsed_number_knows() -> None:
    value = ScreenedPhoneNumberField(queue=False).to_python("+46 70 174 06 05")
    assert json.loads(json.dumps({"phone": value})) == {"phone": CLEAN}
    assert (value.lower(), str(value), f"{value}") == (CLEAN,) * 3
    assert (value.as_international, value.country_code) == ("+46 70 174 06 05", 46)
    assert value.is_valid()
    assert not hasattr(value, "no_such_thing")
