"""Reviewing: the acts of a reviewer on the records that wait for a person."""

from __future__ import annotations

from number_insight.reviewing.agreement import disagreements, second_looks, second_word
from number_insight.reviewing.claims import available, claim, claimant, let_go, take_over
from number_insight.reviewing.decisions import can_undo, refuse, release, reopen, undo
from number_insight.reviewing.lists import allow_next_time, deny_also
from number_insight.reviewing.lookups import look_up_again
from number_insight.reviewing.reasons import reason_text, reasons
from number_insight.reviewing.versions import Changes, changes_since, version

__all__ = [
    "Changes",
    "allow_next_time",
    "available",
    "can_undo",
    "changes_since",
    "claim",
    "claimant",
    "deny_also",
    "disagreements",
    "let_go",
    "look_up_again",
    "reason_text",
    "reasons",
    "refuse",
    "release",
    "reopen",
    "second_looks",
    "second_word",
    "take_over",
    "undo",
    "version",
]
