"""The words that states, verdicts and decisions are written in."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """What made a record."""

    SIGNUP = "signup", _("signup")
    CHANGE = "change", _("change of number")
    API = "api", _("called from code")
    BACKFILL = "backfill", _("backfill")
    ADMIN = "admin", _("admin")


class RecordState(models.TextChoices):
    """How far a screening has come."""

    QUEUED = "queued", _("queued")
    """Written with the signup; nobody has looked at it yet."""
    WAITING = "waiting", _("waiting")
    """Waits for a lookup."""
    SCREENED = "screened", _("screened")
    """Judged, by an answer or without needing one."""
    FAILED = "failed", _("no answer")
    """Judged without the answer that it needed."""
    REFUSED = "refused", _("refused in the form")
    """Turned away before there was a signup."""


class Verdict(models.TextChoices):
    """The machine's opinion."""

    PENDING = "pending", _("pending")
    ALLOW = "allow", _("allow")
    REVIEW = "review", _("review")
    DENY = "deny", _("deny")


class Decision(models.TextChoices):
    """The person's word; the empty one means that nobody has decided."""

    NONE = "", _("undecided")
    RELEASED = "released", _("released")
    REFUSED = "refused", _("refused")


class Basis(models.TextChoices):
    """What a verdict rests on."""

    NONE = "", _("nothing yet")
    ANSWER = "answer", _("an answer of the provider")
    REUSED = "reused", _("an earlier answer that is still fresh")
    LISTED = "listed", _("the lists: nothing had to be asked")
    FREE = "free", _("free facts: nothing that could be bought would change the verdict")
    COUNTRY = "country", _("free facts: numbers of this country are not looked up")
    DISABLED = "disabled", _("free facts: lookups are switched off")
    BUDGET = "budget", _("free facts: the budget was spent")
    LIMIT = "limit", _("free facts: too many lookups came from one source")
    NO_ANSWER = "no_answer", _("free facts: no answer could be had")


class Lane(models.TextChoices):
    """Which queue a reviewer finds the record in."""

    RISK = "risk", _("risk")
    NO_ANSWER = "no_answer", _("no answer")
    BUDGET = "budget", _("budget or limit reached")
    FAULT = "fault", _("a rule failed")


class ListAction(models.TextChoices):
    """What a list entry says."""

    ALLOW = "allow", _("allow")
    DENY = "deny", _("deny")


class ListMatch(models.TextChoices):
    """What a list entry is compared with; the most specific first."""

    NUMBER = "number", _("number")
    """One number, in E.164."""
    IP = "ip", _("IP address or network")
    """The visitor's address, or the network that it lies in."""
    PREFIX = "prefix", _("beginning of a number")
    """A range of numbers, from the country code on."""
    CARRIER = "carrier", _("carrier")
    """The name of a carrier, or its network code."""
    COUNTRY = "country", _("country")
    """The country of the number."""


class LookupState(models.TextChoices):
    """What became of a question, and of its money."""

    QUEUED = "queued", _("queued")
    """Nothing was sent, or it was plainly refused: no money is held."""
    CALLING = "calling", _("calling")
    """Claimed by a worker; its price is reserved."""
    SUBMITTED = "submitted", _("submitted")
    """Acknowledged; the answer comes to the webhook."""
    ANSWERED = "answered", _("answered")
    """Answered and settled."""
    PARTIAL = "partial", _("answered in part")
    """Answered in part, paid and usable."""
    FAILED = "failed", _("failed")
    """Answered, finally, that there is no answer."""
    UNCERTAIN = "uncertain", _("uncertain")
    """Sent, and then silence: it may have been paid, so the money stays reserved."""
    NO_CALLBACK = "no_callback", _("no callback")
    """Acknowledged, but the answer never came."""
    SKIPPED = "skipped", _("skipped")
    """Not asked: the budget was spent, or another lookup answered first."""


OPEN_STATES = (LookupState.QUEUED, LookupState.CALLING, LookupState.SUBMITTED)
ANSWERED_STATES = (LookupState.ANSWERED, LookupState.PARTIAL)
