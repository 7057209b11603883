"""The invariants that hold after every fault; the chaos suite asserts them after each test.

The numbers are those of docs/reliability.md. Two of them are not to be seen from here: that a
settled state never changes again (I5) is watched by the machine of `test_machine`, and that no
transaction is open during a call (I8) by `test_database`.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from number_insight.conf import app_settings
from number_insight.lookups import budget
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import LookupState
from number_insight.sandbox.server import Sandbox
from tests.models import Customer

UNFINISHED = ("queued", "waiting")
SECRETS = ("secret-of-the-tests",)


def assert_invariants(sandbox: Sandbox, *, settled: bool = True, told: str = "") -> None:
    """Assert the invariants; `settled`: nothing may be unfinished; `told`: logs to be searched."""
    assert_nobody_lost(settled=settled)
    assert_paid_once(sandbox)
    assert_books(sandbox)
    assert_requests_are_told_apart()
    for secret in (*SECRETS, *_digits()):  # I9
        assert secret not in told


def assert_nobody_lost(*, settled: bool) -> None:
    """I1: who signed up has a record; I4: nothing is left lying."""
    for customer in Customer.objects.all():
        assert NumberInsightRecord.objects.for_subject(customer).exists(), "I1"
    records = NumberInsightRecord.objects.all()
    judged = records.exclude(state__in=UNFINISHED)
    assert not judged.filter(verdict="pending").exists(), "I4: settled without a verdict"
    if settled:
        left = records.filter(state__in=UNFINISHED)
        left = left.values_list("state", "lookup__state", "lookup__error", "note")
        assert list(left) == [], "I4: left lying"
        assert not Lookup.objects.filter(state=LookupState.CALLING).exists(), "I4: still calling"


def assert_paid_once(sandbox: Sandbox) -> None:
    """I2: no more requests than attempts, and one payment a lookup."""
    asked = Counter(entry.number for entry in sandbox.ledger.entries)
    paid = Counter(entry.number for entry in sandbox.ledger.entries if entry.price)
    may_pay = 1 + app_settings.RETRY_UNCERTAIN
    for number, count in asked.items():
        lookups = list(Lookup.objects.filter(number=number))
        known = [(lookup.state, lookup.attempts) for lookup in lookups]
        plight = f"…{number[-5:]} asked {count} times, known: {known}"
        assert count <= sum(attempts for _state, attempts in known), f"I2: unseen: {plight}"
        assert paid[number] <= may_pay * len(lookups), "I2: paid twice"


def assert_books(sandbox: Sandbox) -> None:
    """I3: all charges are in the books, and the books are within the budget."""
    spent, reserved = budget.spent()
    assert sandbox.ledger.charged <= spent + reserved, "I3: spent more than is known"
    cap = app_settings.budget_of("EUR").get("day")
    assert cap is None or spent + reserved <= cap, "I3: over the budget"
    euros = Lookup.objects.filter(currency="EUR", purse="")
    held = sum((lookup.reserved for lookup in euros), Decimal(0))
    assert held <= reserved, "I3: what is held is not in the books"


def assert_requests_are_told_apart() -> None:
    """I6: a request belongs to one lookup. I7: what is settled holds no question."""
    known = Lookup.objects.exclude(request_id="").values_list("request_id", flat=True)
    assert len(known) == len(set(known)), "I6"
    done = Lookup.objects.filter(state__in=("answered", "partial", "failed", "skipped"))
    assert not done.filter(open_key__isnull=False).exists(), "I7: settled, and still open"


def _digits() -> set[str]:
    return {number[1:] for number in NumberInsightRecord.objects.values_list("number", flat=True)}
