"""The ground floor has never heard of Django: it judges where nothing else is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

BLOCK = """
import importlib.abc
import sys

BLOCKED = {"django", "requests", "celery", "rest_framework", "phonenumber_field"}


class Hook(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")
        return None


sys.meta_path.insert(0, Hook())
"""

IMPORT_DJANGO = """
try:
    import django
except ImportError as exc:
    print(exc)
"""

JUDGE = """
import json
from datetime import datetime, timezone
from importlib import import_module

import number_insight.exceptions
import number_insight.providers.base
from number_insight import numbers
from number_insight.rules import STANDARD, Signup, judge


def load(entry):
    module, _, name = entry["NAME"].rpartition(".")
    return getattr(import_module(module), name)(**entry["OPTIONS"])


number = numbers.normalise("0909 879 0123", "GB")
judgement = judge(
    [load(entry) for entry in STANDARD],
    numbers.local_insight(number),
    Signup(at=datetime.now(timezone.utc), number=number, ip_country="FR"),
    signals=frozenset({"country", "line_type", "ip_match"}),
    thresholds={"review": 30, "deny": 80},
)
loaded = BLOCKED & {name.partition(".")[0] for name in sys.modules}
print(json.dumps([judgement.verdict, judgement.score, sorted(judgement.codes), sorted(loaded)]))
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_hook_of_these_tests_really_blocks():
    assert run(IMPORT_DJANGO).strip() == "django is blocked"


def test_the_ground_floor_judges_with_django_celery_drf_and_requests_blocked():
    verdict, score, codes, loaded = json.loads(run(JUDGE))
    assert (verdict, score) == ("deny", 100)
    assert codes == ["ip_mismatch", "premium"]
    assert loaded == []
