"""Reasons: the short texts by which a reviewer gives the grounds of a decision."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from number_insight.conf import app_settings

USUAL_REASONS = (
    ("confirmed", _("Confirmed with the person")),
    ("known", _("Known customer")),
    ("harmless", _("The findings are harmless")),
    ("many_accounts", _("Many accounts of one person")),
    ("false_number", _("Not the number of this person")),
    ("throwaway", _("A throwaway number")),
    ("places", _("The places do not fit together")),
    ("fraud_before", _("Fraud before")),
    ("no_reply", _("Asked, and no reply")),
)
"""The reasons without ``REASONS``: the first speak for the signup, the others against it."""


def reasons() -> list[tuple[str, str]]:
    """Return the codes and texts of ``REASONS`` in the active language, or of the usual ones."""
    chosen = app_settings.REASONS
    return [(code, str(text)) for code, text in (USUAL_REASONS if chosen is None else chosen)]


def reason_text(code: str) -> str:
    """Return the text of the reason `code`, or the code itself where it is none any more."""
    return dict(reasons()).get(code, code)
