"""Each recipe for a signup package works, word by word, in a project with the real package."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.support.pages import Block, blocks, read, section
from tests.support.shop import ShopProject

pytestmark = pytest.mark.once

PAGE = "docs/signup_packages.md"

SETTINGS = """
INSTALLED_APPS = [
    "django.contrib.sessions", "django.contrib.messages", "django.contrib.sites", *INSTALLED_APPS,
]
SITE_ID = 1
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "shop.urls"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {
        "context_processors": ["django.template.context_processors.request"],
        "loaders": [("django.template.loaders.locmem.Loader", {"signup.html": "{{ form.errors }}",
            "django_registration/registration_form.html": "{{ form.errors }}",
            "django_registration/activation_email_subject.txt": "Welcome",
            "django_registration/activation_email_body.txt": "Come in",
            "registration/registration_form.html": "{{ form.errors }}",
            "registration/activation_email_subject.txt": "Welcome",
            "registration/activation_email.txt": "Come in",
        }), "django.template.loaders.app_directories.Loader"],
    },
}]
TEMPLATES[0].pop("APP_DIRS")
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
PHONENUMBER_DEFAULT_REGION = "SE"
NUMBER_INSIGHT["ENFORCEMENT"] = "enforce"
NUMBER_INSIGHT["LIMITS"] = {}
"""

DRIVER = """
from django.contrib.auth import get_user_model
from django.test import Client
from number_insight.models import ListEntry, NumberInsightRecord as Record

call_command("migrate", run_syncdb=True, verbosity=0)
ListEntry.objects.create(action="deny", match="number", value="+46701740607", reason="Fraud.")
people = get_user_model().objects
BAD = ["", " ", "abc", "+46", "1" * 2000, "\\u202e+46", "\\x00", "\\U0001f600", "+46701740605x99"]


def sign_up(phone, **more):
    told = {**FIELDS, "phone": phone, **more}
    options = {"content_type": "application/json"} if JSON else {}
    return Client(REMOTE_ADDR="8.8.8.8").post(PATH, told, **options)


for phone in BAD:
    answer = sign_up(phone)
    assert answer.status_code in REFUSED, (phone, answer.status_code, answer.content)
    assert not people.exists(), phone
assert not Record.objects.exists()
answer = sign_up("070-174 06 07")
assert answer.status_code in REFUSED, (answer.status_code, answer.content)
assert not people.exists()
assert [record.state for record in Record.objects.all()] == ["refused"]
Record.objects.all().delete()
assert sign_up("070-174 06 05", username=BAD_NAME).status_code in REFUSED
assert not Record.objects.exists(), "a bad document bought a lookup"
answer = sign_up("070-174 06 05")
assert answer.status_code in ACCEPTED, (answer.status_code, answer.content)
user, record = people.get(), Record.objects.get()
assert (record.number, record.source) == ("+46701740605", "signup"), (record.number, record.source)
assert (record.subject, record.ip_address) == (user, "8.8.8.8"), (record.subject, record.ip_address)
print("all is well")
"""

PASSWORDS = {"password1": "Kx9-long-enough", "password2": "Kx9-long-enough"}


@dataclass(frozen=True)
class Recipe:
    """The project around a recipe, and the request of a visitor's signup."""

    heading: str
    apps: tuple[str, ...] = ()
    urls: str = ""
    settings: str = ""
    path: str = "/signup/"
    fields: dict[str, str] = field(default_factory=dict)
    bad: object = ""
    json: bool = False
    accepted: tuple[int, ...] = (302,)
    refused: tuple[int, ...] = (200,)
    views: str = ""
    replaced: tuple[tuple[str, str], ...] = ()
    note: str = ""

    def __str__(self) -> str:
        return f"{self.heading} {self.path}"


ALLAUTH_SETTINGS = """
MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_EMAIL_VERIFICATION = "none"
HEADLESS_ENABLED = True
"""
ALLAUTH = Recipe(
    heading="django-allauth",
    apps=("allauth", "allauth.account"),
    settings=ALLAUTH_SETTINGS
    + 'ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]\n',
    urls='path("accounts/", include("allauth.urls"))',
    path="/accounts/signup/",
    fields={"username": "ada", **PASSWORDS},
)
HEADLESS = {
    "heading": "django-allauth",
    "apps": (*ALLAUTH.apps, "allauth.headless", "allauth.usersessions"),
    "settings": ALLAUTH.settings,
    "urls": f'{ALLAUTH.urls}, path("_allauth/", include("allauth.headless.urls"))',
    "fields": {"username": "ada", "password": "Kx9-long-enough"},
    "json": True,
    "accepted": (200,),
    "refused": (400,),
}
UUID = """
AUTH_USER_MODEL = "shop.User"
"""
UUID_MODELS = """
import uuid
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
"""

RECIPES = [
    Recipe(
        heading="Django's UserCreationForm",
        fields={"username": "ada", **PASSWORDS},
        views="""
from django.views.generic import CreateView
from shop.forms import SignupForm


class SignupView(CreateView):
    form_class, template_name, success_url = SignupForm, "signup.html", "/"
""",
        urls='path("signup/", views.SignupView.as_view())',
    ),
    ALLAUTH,
    Recipe(path="/_allauth/browser/v1/auth/signup", **HEADLESS),
    Recipe(path="/_allauth/app/v1/auth/signup", **HEADLESS),
    Recipe(
        heading="dj-rest-auth",
        apps=(
            "rest_framework",
            "rest_framework.authtoken",
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
            "dj_rest_auth",
            "dj_rest_auth.registration",
        ),
        settings=ALLAUTH.settings,
        urls='path("signup/", include("dj_rest_auth.registration.urls"))',
        fields={"username": "ada", "email": "ada@example.com", **PASSWORDS},
        json=True,
        accepted=(201, 204),
        refused=(400,),
    ),
    Recipe(
        heading="djoser",
        apps=("rest_framework", "djoser"),
        urls='path("auth/", include("djoser.urls"))',
        path="/auth/users/",
        fields={"username": "ada", "password": "Kx9-long-enough"},
        json=True,
        accepted=(201,),
        refused=(400,),
    ),
    Recipe(
        heading="django-registration",
        apps=("django_registration",),
        settings="ACCOUNT_ACTIVATION_DAYS = 7",
        urls=(
            'path("signup/", views.PhoneRegistrationView.as_view(success_url="/")), '
            'path("", include("django_registration.backends.activation.urls"))'
        ),
        fields={"username": "ada", "email": "ada@example.com", **PASSWORDS},
    ),
    Recipe(
        heading="django-registration",
        apps=("registration",),
        settings="ACCOUNT_ACTIVATION_DAYS = 7",
        urls=(
            'path("signup/", views.PhoneRegistrationView.as_view(success_url="/")), '
            'path("", include("registration.backends.default.urls"))'
        ),
        fields={"username": "ada", "email": "ada@example.com", **PASSWORDS},
        replaced=(
            (
                "django_registration.backends.activation.views",
                "registration.backends.default.views",
            ),
            ("django_registration.forms", "registration.forms"),
        ),
    ),
    *(
        Recipe(
            heading="Django Ninja",
            urls=f'path("{prefix}", {api}.urls)',
            fields={"username": "ada"},
            path=f"/{prefix}signup",
            bad=None,
            json=True,
            accepted=(200,),
            refused=(422,),
        )
        for prefix, api in (("", "api"), ("async/", "async_api"))
    ),
]


PHONE_LOGIN = "with the number as the login"
"""The note at the blocks that stand in place of the other ones under their heading."""


def of_page(recipe: Recipe) -> list[Block]:
    """Return the blocks of the page's beginning, and those of the recipe."""
    told = section(PAGE, recipe.heading)
    start = [block for block in blocks(PAGE, "python") if "MIDDLEWARE" in block.text]
    own = [block for block in blocks(PAGE, "python") if block.text in told]
    notes = (recipe.note,) if recipe.note else ("", "a part")
    return [*start, *(block for block in own if block.note in notes)]


def project(directory: Path, recipe: Recipe, more: str = "", **files: str) -> ShopProject:
    """Return a project that follows the recipe."""
    made = ShopProject(directory, **files)
    settings = SETTINGS
    for block in of_page(recipe):
        text = block.text
        for old, new in recipe.replaced:
            text = text.replace(old, new)
        if block.path == "settings.py":
            settings += text
        else:
            made.write(block.path, text)
    if recipe.views:
        made.write("shop/views.py", recipe.views)
    own = {
        "views.": "from shop import views",
        '"", api.urls': "from shop.api import api",
        "async_api.urls": "from shop.async_api import api as async_api",
    }
    imports = "".join(line for word, line in own.items() if word in recipe.urls)
    made.write(
        "shop/urls.py",
        f"from django.urls import include, path\n{imports}\nurlpatterns = [{recipe.urls}]\n",
    )
    apps = f"INSTALLED_APPS += {list(recipe.apps)!r}\n"
    path = made.directory / "settings.py"
    path.write_text(path.read_text() + settings + apps + recipe.settings + more)
    return made


def driver(recipe: Recipe) -> str:
    facts = {
        "PATH": recipe.path,
        "FIELDS": recipe.fields,
        "BAD_NAME": recipe.bad,
        "JSON": recipe.json,
        "ACCEPTED": recipe.accepted,
        "REFUSED": recipe.refused,
    }
    return "\n".join(f"{name} = {value!r}" for name, value in facts.items()) + DRIVER


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_a_signup_is_screened_once_and_a_bad_number_is_an_error(
    recipe: Recipe, tmp_path: Path
) -> None:
    assert project(tmp_path, recipe).run(driver(recipe)).endswith("all is well\n")


def test_users_with_uuid_keys_are_linked(tmp_path: Path) -> None:
    made = project(tmp_path, ALLAUTH, UUID, models=UUID_MODELS)
    assert made.run(driver(ALLAUTH)).endswith("all is well\n")


SOCIAL = """
from django.contrib.auth import get_user_model
from django.test import Client
from number_insight.models import NumberInsightRecord as Record

call_command("migrate", run_syncdb=True, verbosity=0)
client = Client(REMOTE_ADDR="8.8.8.8")
login = client.post("/accounts/dummy/login/")
client.post(login.url, {"id": 7, "email": "ada@example.com", "username": "ada"})
assert not get_user_model().objects.exists()
answer = client.post("/accounts/3rdparty/signup/", {"username": "ada", "phone": "abc"})
assert answer.status_code == 200
answer = client.post("/accounts/3rdparty/signup/", {"username": "ada", "phone": "0701740605"})
assert answer.status_code == 302, answer.content
user, record = get_user_model().objects.get(), Record.objects.get()
assert (record.subject, record.ip_address, record.source) == (user, "8.8.8.8", "signup")
print("all is well")
"""


def test_a_signup_after_a_social_login_is_screened(tmp_path: Path) -> None:
    apps = ("allauth.socialaccount", "allauth.socialaccount.providers.dummy")
    recipe = replace(ALLAUTH, apps=(*ALLAUTH.apps, *apps))
    made = project(tmp_path, recipe, 'ACCOUNT_SIGNUP_FIELDS = ["username*", "email"]\n')
    assert made.run(SOCIAL).endswith("all is well\n")


def test_a_signup_whose_number_is_the_login_is_screened(tmp_path: Path) -> None:
    recipe = replace(ALLAUTH, note=PHONE_LOGIN, settings=ALLAUTH_SETTINGS, fields=PASSWORDS)
    script = driver(recipe).replace("username=BAD_NAME", "password1='x'")
    assert project(tmp_path, recipe).run(script).endswith("all is well\n")


def test_every_recipe_of_the_page_is_followed() -> None:
    headings = re.findall(r"^## (.+)$", read(PAGE), re.MULTILINE)
    assert {recipe.heading for recipe in RECIPES} == set(headings)
