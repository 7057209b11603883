"""Permissions: the acts of the pages, each with the permission that allows it.

Every act on a record needs the permission to see records as well.
"""

from __future__ import annotations

from typing import Any

APP = "number_insight"


def can_view(user: Any) -> bool:
    """Return whether `user` may see records."""
    return bool(user.has_perm(f"{APP}.view_numberinsightrecord"))


def can_view_full_number(user: Any) -> bool:
    """Return whether `user` sees numbers and IP addresses in full; else they are masked."""
    return _can(user, "view_full_number")


def can_reveal(user: Any) -> bool:
    """Return whether `user` may have one number shown in full, for a reason that is logged."""
    return _can(user, "reveal_full_number")


def can_decide(user: Any) -> bool:
    """Return whether `user` may release and refuse, and thus use the desk."""
    return _can(user, "decide_numberinsightrecord")


def can_reopen(user: Any) -> bool:
    """Return whether `user` may reopen decisions, and see where reviewers disagree."""
    return _can(user, "reopen_numberinsightrecord")


def can_look_up_again(user: Any) -> bool:
    """Return whether `user` may spend money on another lookup."""
    return _can(user, "look_up_again")


def can_add_to_lists(user: Any) -> bool:
    """Return whether `user` may add entries to the lists, also from a record."""
    return bool(user.has_perm(f"{APP}.add_listentry"))


def can_view_lists(user: Any) -> bool:
    """Return whether `user` may see the entries of the lists, and so follow links to them."""
    view, change = f"{APP}.view_listentry", f"{APP}.change_listentry"
    return bool(user.has_perm(view) or user.has_perm(change))


def can_view_lookups(user: Any) -> bool:
    """Return whether `user` may see lookups and their prices."""
    return bool(user.has_perm(f"{APP}.view_lookup"))


def can_view_spending(user: Any) -> bool:
    """Return whether `user` may see the sums that are spent."""
    return bool(user.has_perm(f"{APP}.view_spending"))


def _can(user: Any, codename: str) -> bool:
    return can_view(user) and bool(user.has_perm(f"{APP}.{codename}"))
