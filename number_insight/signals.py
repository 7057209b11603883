"""The signals, sent after the commit, robustly, and at least once.

Those about a record carry ``source`` ("signup", "change", "api", "backfill", "admin"), so that a
receiver can ignore accounts that were merely screened again. Receivers must be idempotent.
"""

from __future__ import annotations

from django.dispatch import Signal

record_screened = Signal()
"""A record got its first verdict. Provides ``record`` and ``source``."""

verdict_changed = Signal()
"""The verdict of a record differs from the one signalled before.

Provides ``record``, ``previous`` ("pending" at first) and ``source``.
"""

decision_made = Signal()
"""A person released or refused a signup, or took such a decision back.

Provides ``record``, ``user``, ``source``, ``previous`` (the decision before: "", "released" or
"refused"), ``reason_code`` and ``undone`` (True where a decision was taken back, so that the one of
the record is empty again).
"""

screening_failed = Signal()
"""A number was committed without a record because of an error of ours.

Provides ``subject`` (or None), ``field``, ``error`` and ``source``; ``number_insight_backfill``
screens such numbers.
"""

budget_alert = Signal()
"""A share of the budget in one currency is used.

Provides ``period``, ``percent`` (50, 80, 100), ``budget`` and ``currency``.
"""

review_overdue = Signal()
"""The review queue is older than `REVIEW_TARGET`; sent by the sweep, once a day at most.

Provides ``waiting`` (the number of signups that wait), ``oldest_since`` and ``target``.
"""
