"""What receivers are told: after commit, robustly, at least once.

Each carries ``source`` ("signup", "change", "api", "backfill", "admin"), so that a receiver can
leave accounts alone that were merely screened again. A receiver must bear being told twice.
"""

from __future__ import annotations

from django.dispatch import Signal

record_screened = Signal()
"""A record got its first verdict. Provides ``record`` and ``source``."""

verdict_changed = Signal()
"""A record's verdict differs from what was told before.

Provides ``record``, ``previous`` ("pending" at first) and ``source``.
"""

decision_made = Signal()
"""A person released or refused a signup. Provides ``record``, ``user`` and ``source``."""

screening_failed = Signal()
"""A number was committed without a record, by a fault of ours.

Provides ``subject`` (or None), ``field``, ``error`` and ``source``; ``number_insight_backfill``
finds what is missing.
"""

budget_alert = Signal()
"""A share of the budget is gone. Provides ``period``, ``percent`` (50, 80, 100) and ``budget``."""
