"""The stand of the chaos suite with Django's tasks in the place of Celery's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django_tasks_db.models import DBTaskResult

from number_insight.models import NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from tests.chaos.processes import TaskWorker, Worker
from tests.chaos.stage import Stand
from tests.support.servers import Redis


class QueuedStand(Stand):
    """A stand whose workers take their tasks from the database."""

    def new_worker(self) -> Worker:
        return TaskWorker(self.environment, self.directory)


@pytest.fixture
def stand(
    sandbox: Sandbox, broker: Redis, subprocess_environment: dict[str, str], tmp_path: Path
) -> Iterator[QueuedStand]:
    """A stand that rings through Django's tasks; no number is left in their table."""
    told = {**subprocess_environment, "DJANGO_SETTINGS_MODULE": "tests.chaos.queued.settings"}
    made = QueuedStand(sandbox, broker, told, tmp_path)
    made.configure(DOORBELL="tasks")
    yield made
    kept = list(DBTaskResult.objects.values_list("args_kwargs", "traceback"))
    numbers = NumberInsightRecord.objects.values_list("number", flat=True)
    made.close()
    assert not [number for number in numbers if number[1:] in repr(kept)]
