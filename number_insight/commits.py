"""After the commit: what fails then is ours, and must not reach whoever has just signed up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

from number_insight.exceptions import place

logger = logging.getLogger("number_insight.commits")


def after_commit(work: Callable[..., object], *args: Any, using: str | None = None) -> None:
    """Do `work` with `args` once the transaction of `using` is committed; it never raises there.

    ``on_commit(robust=True)`` alone is not enough: it logs the name of what has failed, and fails
    itself where that has none, as a `functools.partial` has not. It also logs what a database
    says, which quotes the row with the number.
    """

    def guarded() -> None:
        try:
            work(*args)
        except Exception as error:  # the row is committed: nobody could do anything about it
            logger.error("What was to follow a commit has failed: %s.", place(error))

    transaction.on_commit(guarded, using=using)
