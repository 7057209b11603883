"""The people behind the numbers, as reviewers are shown them."""

from __future__ import annotations

from shop.models import Customer, Subscriber


def describe(subject: Customer | Subscriber) -> dict[str, str]:
    """Return the name, the e-mail and the state of an account, for the review desk."""
    if isinstance(subject, Customer):
        state = subject.get_status_display().lower()
        return {"name": subject.name, "email": subject.email, "state": state}
    return {"name": subject.email}
