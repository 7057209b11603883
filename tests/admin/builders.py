"""Rows for the pages of the admin, their URLs, and the parts of a response that tests read."""

from __future__ import annotations

import html
import re
from typing import Any

from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from number_insight import reviewing
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.testing import LookupFactory, RecordFactory, RiskFlagFactory

NUMBER = "+46701740605"
EVIL = "<img src=x onerror=alert(1)>"
LIST = reverse("admin:number_insight_numberinsightrecord_changelist")
HEALTH = reverse("admin:number_insight_health")
DESK = reverse("admin:number_insight_desk")


def make_record(number: str = NUMBER, **fields: Any) -> NumberInsightRecord:
    """Return a stored record that waits for a decision."""
    record: NumberInsightRecord = RecordFactory(number=number, **{"verdict": "review", **fields})
    return record


def add_flag(record: NumberInsightRecord, code: str = "virtual", **fields: Any) -> RiskFlag:
    """Return a stored flag of `record`."""
    flag: RiskFlag = RiskFlagFactory(record=record, code=code, **fields)
    return flag


def make_lookup(number: str = NUMBER, **fields: Any) -> Lookup:
    """Return a stored lookup."""
    lookup: Lookup = LookupFactory(number=number, **fields)
    return lookup


def make_staff(name: str, *codenames: str) -> User:
    """Return a staff user with these permissions alone."""
    user = User.objects.create_user(name, password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def page_of(record: NumberInsightRecord) -> str:
    """Return the URL of a record's page."""
    return reverse("admin:number_insight_numberinsightrecord_change", args=[record.pk])


def action_url(name: str) -> str:
    """Return the URL where an action is confirmed and applied."""
    return reverse("admin:number_insight_numberinsightrecord_act", args=[name])


def selected(action: str, *records: NumberInsightRecord) -> dict[str, Any]:
    """Return the data that the list posts for an action."""
    keys = [str(record.pk) for record in records]
    return {"action": action, "_selected_action": keys, "index": "0"}


def confirmed(*records: NumberInsightRecord, reason: str = "") -> dict[str, Any]:
    """Return the data that the confirmation page posts."""
    keys = [str(record.pk) for record in records]
    return {"_selected_action": keys, "confirmed": "1", "reason": reason}


def posted(record: NumberInsightRecord, act: str, **fields: Any) -> dict[str, Any]:
    """Return the data that the desk posts for a case in the state that it has now."""
    now = NumberInsightRecord.objects.get(pk=record.pk)
    return {
        "record": str(record.pk),
        "act": act,
        "seen": reviewing.version(now),
        "lane": now.lane,
        **fields,
    }


def text_of(response: Any) -> str:
    """Return the text of a page, without its markup and in one line."""
    page = html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return " ".join(page.split())


def messages_of(response: Any) -> list[str]:
    """Return the messages for the user."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def shown_numbers(response: Any) -> list[str]:
    """Return the numbers of the rows in a list."""
    return [record.number for record in response.context["cl"].result_list]


def queries_of(client: Client, url: str) -> list[str]:
    """Return the SQL statements that a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def waiting(number: str = "+46701740605", **fields: Any) -> NumberInsightRecord:
    """Return a stored record that waits at the desk, with a flag."""
    record = make_record(number, **{"score": 30, **fields})
    add_flag(record)
    return record


def shown(response: Any) -> NumberInsightRecord | None:
    """Return the record that a page of the desk shows."""
    case = response.context["case"]
    return case.record if case else None


def logged_in(name: str, *codenames: str) -> tuple[Client, User]:
    """Return the client of a new reviewer, who sees records and has more permissions."""
    client, user = Client(), make_staff(name, "view_numberinsightrecord", *codenames)
    client.force_login(user)
    return client, user
