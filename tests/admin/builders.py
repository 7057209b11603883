"""What the admin's pages are shown with."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import reverse

from number_insight.models import Lookup, NumberInsightRecord, RiskFlag

EVIL = "<img src=x onerror=alert(1)>"
LIST = reverse("admin:number_insight_numberinsightrecord_changelist")


def make_record(number: str = "+46701740605", **facts: Any) -> NumberInsightRecord:
    """Return a stored record, as if it had been judged."""
    subject: Model | None = facts.pop("subject", None)
    told = {"source": "signup", "state": "screened", "basis": "answer", "verdict": "review"}
    if subject is not None:
        told["subject_type"] = ContentType.objects.get_for_model(subject)
        told["subject_id"] = str(subject.pk)
    return NumberInsightRecord.objects.create(number=number, **{**told, **facts})


def add_flag(record: NumberInsightRecord, code: str = "virtual", **facts: Any) -> RiskFlag:
    """Return a stored flag of `record`."""
    told = {"weight": 30, "group": "line", "message": "The line is virtual."}
    return RiskFlag.objects.create(record=record, code=code, **{**told, **facts})


def make_lookup(number: str = "+46701740605", **facts: Any) -> Lookup:
    """Return a stored lookup."""
    told = {"provider": "default", "level": "advanced", "state": "answered"}
    return Lookup.objects.create(number=number, **{**told, **facts})


def make_staff(name: str, *codenames: str) -> User:
    """Return a member of the staff who may do just this."""
    user = User.objects.create_user(name, password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def page_of(record: NumberInsightRecord) -> str:
    """Return the address of the record's page."""
    return reverse("admin:number_insight_numberinsightrecord_change", args=[record.pk])


def act_url(name: str) -> str:
    """Return the address where an act is confirmed and done."""
    return reverse("admin:number_insight_numberinsightrecord_act", args=[name])


def confirmed(*records: NumberInsightRecord, reason: str = "") -> dict[str, Any]:
    """Return what the confirmation page posts."""
    keys = [str(record.pk) for record in records]
    return {"_selected_action": keys, "confirmed": "1", "reason": reason}


def shown_numbers(response: Any) -> list[str]:
    """Return the numbers of the rows that a list shows."""
    return [record.number for record in response.context["cl"].result_list]
