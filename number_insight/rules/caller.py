"""Rules on the registered name of a number (CNAM), which only US carriers give."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop

NO_NAMES = frozenset(
    {"anonymous", "caller", "cell", "phone", "private", "restricted", "unavailable", "unknown"}
)
"""The words that carriers write instead of a name ("WIRELESS CALLER", "UNAVAILABLE")."""
NAMES = frozenset({"name", "given_name", "family_name", "first_name", "last_name"})
NO_MATCH = frozenset({"none", "no_match"})
"""The levels of vendors for a name that does not agree at all."""


class CallerName(Rule):
    """The number is registered to another name than the person gave.

    Case, accents, order, middle names and initials make no difference, nor do truncated names:
    CNAM has 15 characters. Many honest people use a relative's contract, so the rule begins in
    shadow.
    """

    code = "caller_name"
    weight = 5
    group = "caller"
    needs = ("caller",)
    reads = ()
    shadow = True
    title = gettext_noop("Registered to another name")
    otherwise = gettext_noop("the number were registered to the name given")
    message = gettext_noop("The number is registered to another name than the one given.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.caller is None or insight.caller.type == "business":
            return
        parts = (insight.caller.first_name, insight.caller.last_name)
        registered = insight.caller.name or " ".join(part for part in parts if part)
        if registered and signup.name and names_differ(registered, signup.name):
            yield self.flag(self.message)


class CallerBusiness(Rule):
    """The number is registered to a business, which is only information."""

    code = "caller_business"
    weight = 0
    group = "caller"
    needs = ("caller",)
    reads = ()
    title = gettext_noop("Business")
    message = gettext_noop("The number is registered to a business.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.caller is not None and insight.caller.type == "business":
            yield self.flag(self.message)


class IdentityMismatch(Rule):
    """The carrier's customer has another name than the person gave.

    It takes the person's consent to ask. Many use a relative's contract, so it begins in shadow.
    """

    code = "identity_mismatch"
    weight = 5
    group = "caller"
    needs = ("match",)
    reads = ()
    shadow = True
    title = gettext_noop("Another customer")
    otherwise = gettext_noop("the carrier's customer had the name given")
    message = gettext_noop("The carrier's customer has another name than the one given.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        for name, level in (insight.match or {}).items():
            if name.removesuffix("_match") in NAMES and level in NO_MATCH:
                yield self.flag(self.message)
                return


def names_differ(one: str, other: str) -> bool:
    """Return whether two names cannot be the same person's; incomparable names do not differ."""
    shorter, longer = sorted((_words(one), _words(other)), key=len)
    if not shorter or not NO_NAMES.isdisjoint((*shorter, *longer)):
        return False
    return not all(any(_is_abbreviated(word, known) for known in longer) for word in shorter)


def _words(name: str) -> list[str]:
    """Return the words of `name` in the letters a to z, and none if it is not in Latin script."""
    plain = unicodedata.normalize("NFKD", name.translate(_FOLDED)).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    if re.search(r"[^\W\d_a-z]", plain):
        return []
    return re.findall(r"[a-z]+", re.sub(r"['\u2019]", "", plain))


_FOLDED = str.maketrans(
    {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae", "œ": "oe"}
)
"""Transliterations of the Latin letters that do not decompose into a letter and an accent."""


def _is_abbreviated(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
