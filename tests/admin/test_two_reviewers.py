"""Two reviewers who press their buttons at the same moment."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client

from tests.admin.builders import act_url, confirmed, make_record, make_staff


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_decides_and_the_other_is_told() -> None:
    record = make_record()
    barrier, told = Barrier(2), []

    def press(name: str, act: str) -> None:
        try:
            barrier.wait(timeout=10)
            response = clients[name].post(act_url(act), confirmed(record, reason=name))
            told.extend(str(message) for message in get_messages(response.wsgi_request))
        finally:
            connection.close()

    clients = {}
    for name in ("ada", "grace"):
        clients[name] = Client()
        permissions = ("view_numberinsightrecord", "decide_numberinsightrecord")
        clients[name].force_login(make_staff(name, *permissions))
    threads = [
        Thread(target=press, args=pair) for pair in (("ada", "release"), ("grace", "refuse"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    record.refresh_from_db()
    entry = LogEntry.objects.get()
    assert entry.user == record.decided_by
    assert record.decision_reason == entry.user.username
    left, done = sorted(told)[::-1]
    assert done == f"1 signup was {record.decision}."
    assert f"it was {record.decision} by {entry.user.username}" in left
