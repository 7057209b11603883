"""Rules on the existence and the reachability of the number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from number_insight import numbers
from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop


class ValidityRule(Rule):
    """Base class of the rules that need no signal: they ask libphonenumber, or read a refusal."""

    group = "validity"
    needs = ()
    reads = ()
    message: ClassVar[str]


class WordOfValidity(Rule):
    """Base class of the rules for one `word` of ``valid_number``."""

    group = "validity"
    needs = ("valid_number",)
    reads = ()
    word: ClassVar[str]
    message: ClassVar[str]

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.valid_number == self.word:
            yield self.flag(self.message)


class WordOfReachability(Rule):
    """Base class of the rules for one `word` of ``reachable``, which is live data."""

    group = "validity"
    needs = ("reachable",)
    reads = ()
    live = True
    word: ClassVar[str]
    message: ClassVar[str]

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.reachable == self.word:
            yield self.flag(self.message)


class Impossible(ValidityRule):
    """No country has numbers of this length, so it cannot be a phone number."""

    code = "impossible"
    weight = 100
    title = gettext_noop("Impossible number")
    otherwise = gettext_noop("the number could exist")
    message = gettext_noop("No phone number in the world looks like this one.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if not numbers.is_possible(signup.number):
            yield self.flag(self.message)


class NotValid(WordOfValidity):
    """The provider is sure that the number does not exist."""

    code = "not_valid"
    weight = 50
    word = "not_valid"
    title = gettext_noop("Not valid")
    otherwise = gettext_noop("the provider knew the number")
    message = gettext_noop("The provider says that this number does not exist.")


class BadNumber(WordOfReachability):
    """The network does not know the number."""

    code = "bad_number"
    weight = 50
    word = "bad_number"
    title = gettext_noop("Bad number")
    otherwise = gettext_noop("the network knew the number")
    message = gettext_noop("The network does not know this number.")


class RefusedNumber(ValidityRule):
    """The provider rejected the number as malformed, so there is no answer about it."""

    code = "refused_number"
    weight = 50
    title = gettext_noop("Not accepted by the provider")
    otherwise = gettext_noop("the provider accepted the number")
    message = gettext_noop("The provider does not accept this as a number (status %(status)s).")
    message_without_status = gettext_noop("The provider does not accept this as a number.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if not insight.number_refused:
            return
        if insight.status is None:
            yield self.flag(self.message_without_status)
        else:
            yield self.flag(self.message, status=insight.status)


class Blacklisted(WordOfReachability):
    """A carrier blocks the number, for reasons of its own; this is no list of fraudsters."""

    code = "blacklisted"
    weight = 40
    word = "blacklisted"
    title = gettext_noop("Blocked by a carrier")
    otherwise = gettext_noop("no carrier blocked the number")
    message = gettext_noop("A carrier blocks this number.")


class Undeliverable(WordOfReachability):
    """Nothing can be delivered to the number."""

    code = "undeliverable"
    weight = 25
    word = "undeliverable"
    title = gettext_noop("Undeliverable")
    otherwise = gettext_noop("messages could be delivered to the number")
    message = gettext_noop("Nothing can be delivered to this number.")


class NumberCancelled(WordOfValidity):
    """The number was given up, and has no owner now."""

    code = "number_cancelled"
    weight = 25
    word = "cancelled"
    title = gettext_noop("Cancelled")
    otherwise = gettext_noop("the number had not been given up")
    message = gettext_noop("The number was cancelled: nobody has it now.")


class CarrierMissing(Rule):
    """A mobile number without a carrier: it is dead, or virtual as some US ones.

    Nothing tells the two apart, so it begins in shadow.
    """

    code = "carrier_missing"
    weight = 10
    group = "validity"
    needs = ("carrier",)
    reads = ()
    shadow = True
    title = gettext_noop("No carrier")
    otherwise = gettext_noop("a carrier had the number")
    message = gettext_noop("The number was given to a mobile carrier, and none is found now.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        original = insight.original_carrier
        if original is None or original.network_type != "mobile" or insight.current_carrier:
            return
        # Its kind of line is not told either: the range alone makes no mobile.
        if "not_found" in (insight.missing.get("carrier"), insight.missing.get("line_type")):
            yield self.flag(self.message)


class NotInPlan(ValidityRule):
    """The length is right, but libphonenumber knows no such range; its tables lag behind."""

    code = "not_in_plan"
    weight = 10
    title = gettext_noop("Not in the numbering plan")
    otherwise = gettext_noop("the number were in its numbering plan")
    message = gettext_noop("The numbering plan that we know has no such range.")

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        number = signup.number
        if numbers.is_possible(number) and not numbers.is_valid(number):
            yield self.flag(self.message)


class Absent(WordOfReachability):
    """The phone is off or out of reach, a weak sign, since every phone is so now and then."""

    code = "absent"
    weight = 10
    word = "absent"
    title = gettext_noop("Phone is off")
    otherwise = gettext_noop("the phone were switched on")
    message = gettext_noop("The phone was switched off or out of reach.")


class InferredNotValid(WordOfValidity):
    """The provider suspects that the number does not exist, without having asked the network."""

    code = "inferred_not_valid"
    weight = 5
    word = "inferred_not_valid"
    title = gettext_noop("Perhaps not valid")
    otherwise = gettext_noop("the provider knew the number")
    message = gettext_noop("The provider suspects that this number does not exist.")
