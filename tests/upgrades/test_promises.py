"""The names and migrations of 0.1.0 are still there: a name goes only once it was deprecated."""

from __future__ import annotations

import hashlib
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.dispatch import Signal
from django.urls import reverse
from django.utils.module_loading import import_string

from number_insight import migrations
from number_insight.defaults import DEFAULTS
from number_insight.insight import Insight
from number_insight.models import ListEntry, Lookup, NumberInsightRecord, RiskFlag
from tests.support.pages import DOCS, section

NAMES = {
    "modelfields.ScreenedPhoneNumberField": "country_field name_field",
    "formfields.ScreenedPhoneNumberField": "level queue",
    "serializerfields.ScreenedPhoneNumberField": "level queue region",
    "validators.NumberInsightValidator": "level queue",
    "forms.ScreenedFormMixin": "",
    "serializers.ScreenedSerializerMixin": "",
    "middleware.ScreeningMiddleware": "",
    "screening.screen": "number ip subject level country name source using field region",
    "screening.ascreen": "",
    "screening.attach": "subject record number",
    "screening.aattach": "subject record number",
    "screening.label": "subject fraud",
    "screening.suspended": "",
    "reviewing.release": "record user reason reason_code",
    "reviewing.refuse": "record user reason reason_code",
    "reviewing.undo": "record user",
    "reviewing.reopen": "record user reason",
    "reviewing.can_undo": "record user",
    "reviewing.reasons": "",
    "reviewing.reason_text": "",
    "reviewing.available": "user lane",
    "reviewing.claim": "record user",
    "reviewing.claimant": "record user",
    "reviewing.take_over": "record user",
    "reviewing.let_go": "record user",
    "reviewing.version": "",
    "reviewing.changes_since": "record",
    "reviewing.second_looks": "user",
    "reviewing.second_word": "record user refuse",
    "reviewing.disagreements": "",
    "reviewing.deny_also": "record author reason",
    "reviewing.allow_next_time": "record author reason",
    "reviewing.look_up_again": "",
    "contrib.accounts.set_is_active": "",
    "contrib.health_check.Screenings": "",
    "contrib.pydantic.PhoneNumber": "",
    "contrib.prometheus.Collector": "",
    "contrib.opentelemetry.instrument": "",
    "contrib.opentelemetry.uninstrument": "",
    "lookups.turn_lookups": "user reason",
    "lookups.spent": "",
    "privacy.export": "number subject",
    "privacy.erase": "number subject",
    "admin.RiskFlagsAdminMixin": "",
    "models.NumberInsightRecord": "",
    "models.Lookup": "",
    "models.RiskFlag": "",
    "models.DecisionEvent": "",
    "models.ShadowComparison": "",
    "models.ListEntry": "",
    "models.DailyTally": "",
    "rules.Rule": "weight",
    "rules.Signup": "at number ip ip_country country name number_seen ip_seen",
    "rules.Flag": "",
    "rules.STANDARD": "",
    "providers.base.Provider": "prices",
    "providers.vonage.NumberInsight": (
        "api_key api_secret auth signature_secret signature_method format base_url timeout prices"
    ),
    "providers.kpn.NumberInsight": "client_id client_secret base_url token_url timeout prices",
    "providers.identity.IdentityInsights": (
        "application_id private_key base_url purpose insights prices currency timeout"
    ),
    "providers.twilio.Lookup": (
        "account_sid auth_token api_key api_secret packages batch base_url prices timeout"
    ),
    "providers.fake.Fake": "answers prices",
    "providers.personas": "",
    "ip_country.maxmind.country": "ip",
    "ip_country.bundled.country": "ip",
    "insight.Insight": "",
    "exceptions": "",
    "signals": "",
    "urls": "",
    "testing": "",
    "mypy_plugin": "",
}
"""The names below ``number_insight``, with the arguments that each takes."""
SETTINGS = """
    ENABLED PROVIDERS LEVEL DELIVERY CALLBACK_BASE_URL SEND_IP IP_COUNTRY CLIENT_IP CNAM ENFORCEMENT
    MESSAGES WAIT ON_NO_ANSWER RULES EXTRA_RULES WEIGHTS THRESHOLDS FRESHNESS BUDGET ON_BUDGET
    THROUGHPUT LIMITS COUNTRIES RETRY_UNCERTAIN DOORBELL RING_TIMEOUT STORE_LIVE SUBJECT_SUMMARY
    SUBJECT_SEARCH REASONS SECOND_LOOK REVIEW_TARGET FALLBACKS FALLBACK_ON_NO_COVERAGE SHARES SHADOW
    STORE_RAW RETENTION FINGERPRINT_KEYS
"""
COMMANDS = """
    backfill dataflow health lookup parity purge replay sandbox selftest spending subject sweep
"""
SIGNALS = """
    record_screened verdict_changed decision_made screening_failed budget_alert review_overdue
"""
TESTING = """
    NumberInsightTestMixin RecordFactory RiskFlagFactory LookupFactory RealRequest screenings
    number_insight number_insight_sandbox
"""
COLUMNS: dict[Any, str] = {
    NumberInsightRecord: """
        number subject field source ip_address level state verdict score flags line_type
        carrier_name carrier_country original_carrier_name country ported valid_number reachable
        roaming_status roaming_country ip_match ip_country caller_name caller_type decision
        decided_by decided_at decision_reason created_at lookup cost full_number
    """,
    RiskFlag: "record code group weight counted evidence message text",
    Lookup: """
        number level provider state request_id reserved price refund currency attempts supersedes
        created_at answered_at insight cost
    """,
    ListEntry: "action match value reason author expires_at hits",
}
QUESTIONS = "for_subject for_number flagged awaiting_review awaiting_subject"
INSIGHT = """
    status status_text request_id number national_format country country_iso3 country_name
    country_prefix line_type current_carrier original_carrier ported valid_number reachable roaming
    ip caller real_time sim_swap device_swap voip risk reassigned call_forwarding match location
    missing outcome price refund balance
"""
PERMISSIONS = """
    view_numberinsightrecord decide_numberinsightrecord reopen_numberinsightrecord look_up_again
    view_full_number reveal_full_number
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_imported_takes_its_arguments_and_is_on_a_page(name: str) -> None:
    path = f"number_insight.{name}"
    try:
        found = import_string(path)
    except ImportError:
        found = import_module(path)
    if NAMES[name]:
        taken = inspect.signature(found.__init__ if inspect.isclass(found) else found).parameters
        missing = {argument for argument in NAMES[name].split() if argument not in taken}
        assert not missing
    assert any(f"`{path}`" in page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))


def test_every_setting_is_known() -> None:
    assert set(SETTINGS.split()) <= set(DEFAULTS)


@pytest.mark.parametrize("name", COMMANDS.split())
def test_every_command_is_called_as_it_was(name: str) -> None:
    assert get_commands()[f"number_insight_{name}"] == "number_insight"


def test_every_signal_is_sent_by_its_name() -> None:
    signals = vars(import_module("number_insight.signals"))
    assert all(isinstance(signals[name], Signal) for name in SIGNALS.split())


@pytest.mark.parametrize("model", COLUMNS, ids=lambda model: model.__name__)
def test_every_column_is_read_by_its_name(model: Any) -> None:
    known = {field.name for field in model._meta.get_fields()} | set(dir(model))
    assert set(COLUMNS[model].split()) <= known


def test_records_are_asked_by_the_same_methods() -> None:
    assert all(callable(getattr(NumberInsightRecord.objects, name)) for name in QUESTIONS.split())


def test_an_insight_has_every_key() -> None:
    assert set(INSIGHT.split()) <= set(Insight().as_json())


def test_a_project_finds_what_its_tests_use() -> None:
    assert set(TESTING.split()) <= set(vars(import_module("number_insight.testing")))


def test_the_webhook_and_the_tasks_and_the_permissions_keep_their_names() -> None:
    assert reverse("number_insight:callback", args=["token"]).endswith("callback/token/")
    tasks = import_module("number_insight.tasks")
    assert (tasks.screen_record.name, tasks.sweep_task.name) == (
        "number_insight.screen",
        "number_insight.sweep",
    )
    options = NumberInsightRecord._meta
    kept = {name for name, _ in options.permissions}
    kept |= {f"{action}_{options.model_name}" for action in options.default_permissions}
    assert set(PERMISSIONS.split()) <= kept
    assert apps.get_app_config("number_insight").label == "number_insight"


FOLDER = Path(migrations.__path__[0])
RELEASED = {"0001_initial": "de94495ea9ff6bc6698cfd8e60f2d1d09fdcc1b67f98065fa7c82fef8f78cbd0"}
"""The digest of each released migration; a release adds those that are new in it."""


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_migration_is_not_changed(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == RELEASED[name], (
        f"{name} is released, and databases were made by it: put it back as it was, and write "
        f"the change as a migration of its own, beginning with {len(RELEASED) + 1:04d}."
    )


def test_a_migration_that_follows_has_the_next_figure() -> None:
    names = sorted(path.stem for path in FOLDER.glob("[0-9]*.py"))
    assert names[: len(RELEASED)] == sorted(RELEASED)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_the_page_on_upgrades_names_the_first_migration() -> None:
    assert "`0001_initial`" in section("docs/upgrading.md", "Migrations")
