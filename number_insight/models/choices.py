"""The choices of the models: sources, states, verdicts, decisions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """The origin of a record."""

    SIGNUP = "signup", _("signup")
    CHANGE = "change", _("change of number")
    API = "api", _("called from code")
    BACKFILL = "backfill", _("backfill")
    ADMIN = "admin", _("admin")


class RecordState(models.TextChoices):
    """The state of a screening."""

    QUEUED = "queued", _("queued")
    """Inserted with the signup, and not taken by a worker yet."""
    WAITING = "waiting", _("waiting")
    """Waiting for a lookup."""
    SCREENED = "screened", _("screened")
    """Judged on an answer, or on free facts where no answer was needed."""
    FAILED = "failed", _("no answer")
    """Judged without an answer although one was needed."""
    REFUSED = "refused", _("turned away by the form")
    """Turned away by the form, before there was a signup."""


class Verdict(models.TextChoices):
    """The verdict of the rules."""

    PENDING = "pending", _("pending")
    ALLOW = "allow", _("allow")
    REVIEW = "review", _("review")
    DENY = "deny", _("deny")


class Decision(models.TextChoices):
    """The decision of a person; the empty one means undecided."""

    NONE = "", _("undecided")
    RELEASED = "released", _("released")
    REFUSED = "refused", _("refused")


class Act(models.TextChoices):
    """An act of a person on a record, or its effect on the account."""

    RELEASE = "release", _("released")
    REFUSE = "refuse", _("refused")
    UNDO = "undo", _("decision undone")
    """The same person took the decision back, within minutes."""
    REOPEN = "reopen", _("reopened")
    """The decision was taken back later, by permission."""
    SECOND_RELEASE = "second_release", _("second look: release")
    SECOND_REFUSE = "second_refuse", _("second look: refuse")
    """The word of another person, who did not see the decision; it changes nothing."""
    ACTIVATE = "activate", _("account activated")
    DEACTIVATE = "deactivate", _("account deactivated")
    LEAVE = "leave", _("account left as others have set it")
    """Done by `contrib.accounts.set_is_active`, which takes back no other change than these."""


class Basis(models.TextChoices):
    """The basis of a verdict."""

    NONE = "", _("nothing yet")
    ANSWER = "answer", _("an answer of the provider")
    REUSED = "reused", _("an earlier answer that is still fresh")
    LISTED = "listed", _("the lists: nothing had to be asked")
    FREE = "free", _("free facts: no answer could have changed the verdict")
    COUNTRY = "country", _("free facts: numbers of this country are not looked up")
    DISABLED = "disabled", _("free facts: lookups are switched off")
    BUDGET = "budget", _("free facts: the budget was spent")
    LIMIT = "limit", _("free facts: too many lookups came from one source")
    NO_ANSWER = "no_answer", _("free facts: no answer could be had")


class Lane(models.TextChoices):
    """The lane of the review queue that holds a record."""

    RISK = "risk", _("risk")
    NO_ANSWER = "no_answer", _("no answer")
    BUDGET = "budget", _("budget or limit reached")
    FAULT = "fault", _("a rule failed")


class ListAction(models.TextChoices):
    """The action of a list entry."""

    ALLOW = "allow", _("allow")
    DENY = "deny", _("deny")


class ListMatch(models.TextChoices):
    """The kind of a list entry, the most specific first."""

    NUMBER = "number", _("number")
    """One number, in E.164."""
    IP = "ip", _("IP address or network")
    """The visitor's address, or a network that contains it."""
    PREFIX = "prefix", _("beginning of a number")
    """The beginning of a number, from the country code on."""
    CARRIER = "carrier", _("carrier")
    """The name of a carrier, or its network code."""
    COUNTRY = "country", _("country")
    """The country of the number."""


class LookupState(models.TextChoices):
    """The state of a lookup and of its money."""

    QUEUED = "queued", _("queued")
    """Not sent, or plainly refused: no money is reserved."""
    CALLING = "calling", _("calling")
    """Claimed by a worker; its price is reserved."""
    SUBMITTED = "submitted", _("submitted")
    """Acknowledged; the answer will be posted to the webhook."""
    ANSWERED = "answered", _("answered")
    """Answered and settled."""
    PARTIAL = "partial", _("answered in part")
    """Answered in part: paid for and usable."""
    FAILED = "failed", _("failed")
    """Answered finally without an insight."""
    UNCERTAIN = "uncertain", _("uncertain")
    """Sent without a complete answer: it may be paid for, so the money stays reserved."""
    NO_CALLBACK = "no_callback", _("no callback")
    """Acknowledged, but never answered."""
    SKIPPED = "skipped", _("skipped")
    """Not asked, because the budget was spent or another lookup answered first."""


OPEN_STATES = (LookupState.QUEUED, LookupState.CALLING, LookupState.SUBMITTED)
"""The states of a lookup that has not ended."""
ANSWERED_STATES = (LookupState.ANSWERED, LookupState.PARTIAL)
"""The states of a lookup with an answer."""

UNFINISHED_STATES = (RecordState.QUEUED, RecordState.WAITING)
"""The states of a record that has no verdict yet."""
FLAGGED = (Verdict.REVIEW, Verdict.DENY)
"""The verdicts that a person has to decide on."""
SECOND_ACTS = (Act.SECOND_RELEASE, Act.SECOND_REFUSE)
"""The words of another person, who did not see the decision."""
ON_AN_ANSWER = (Basis.ANSWER, Basis.REUSED)
"""The bases of a verdict on an answer of a provider."""
LACKING_NOTHING = (*ON_AN_ANSWER, Basis.FREE, Basis.LISTED, Basis.COUNTRY)
"""The bases of a verdict for which nothing was missing, so that a cheaper question saved money."""
