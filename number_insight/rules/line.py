"""Rules on the type of the line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.scoring import Flag
from number_insight.wording import gettext_noop


class LineRule(Rule):
    """Base class of the rules for one `line_type`."""

    group = "line"
    needs = ("line_type",)
    reads = ()
    line_type: ClassVar[str]
    message: ClassVar[str]

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.line_type == self.line_type:
            yield self.flag(self.message)


class Premium(LineRule):
    """A line whose callers pay its owner, the classic of toll fraud."""

    code = "premium"
    weight = 80
    line_type = "landline_premium"
    title = gettext_noop("Premium-rate line")
    otherwise = gettext_noop("the line were not premium-rate")
    message = gettext_noop("The line is premium-rate: whoever calls it pays its owner.")


class TollFree(LineRule):
    """A line of a business that pays for its calls, and nobody's own phone."""

    code = "toll_free"
    weight = 40
    line_type = "landline_tollfree"
    title = gettext_noop("Toll-free line")
    otherwise = gettext_noop("the line were not toll-free")
    message = gettext_noop("The line is toll-free, which is nobody's own phone.")


class Pager(LineRule):
    """A pager, which can receive messages but neither call nor confirm."""

    code = "pager"
    weight = 40
    line_type = "pager"
    title = gettext_noop("Pager")
    otherwise = gettext_noop("the line were not a pager")
    message = gettext_noop("The line is a pager.")


class CarrierNamingRule(Rule):
    """Base class of the rules that name the carrier of the line, where it is known."""

    group = "line"
    reads = ()
    message: ClassVar[str]
    message_without_carrier: ClassVar[str]

    def applies(self, insight: Insight) -> bool:
        """Return whether the line is of the kind that this rule is about."""
        raise NotImplementedError

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if not self.applies(insight):
            return
        carrier = insight.current_carrier or insight.original_carrier
        if carrier and carrier.name:
            yield self.flag(self.message, carrier=carrier.name)
        else:
            yield self.flag(self.message_without_carrier)


class Virtual(CarrierNamingRule):
    """A line without SIM or socket, cheap by the hundred, though honest people have them too."""

    code = "virtual"
    weight = 30
    needs = ("line_type",)
    title = gettext_noop("Virtual line")
    otherwise = gettext_noop("the line were mobile")
    message = gettext_noop("The line is virtual (%(carrier)s).")
    message_without_carrier = gettext_noop("The line is virtual.")

    def applies(self, insight: Insight) -> bool:
        """Return whether the line is virtual."""
        return insight.line_type == "virtual"


class VoipRule(CarrierNamingRule):
    """Base class of the rules for one kind of VoIP, which take over from `Virtual`."""

    needs = ("voip",)
    excuses = frozenset({Virtual.code})
    otherwise = Virtual.otherwise
    kind: ClassVar[str]

    def applies(self, insight: Insight) -> bool:
        """Return whether the line is VoIP of this kind."""
        return insight.voip == self.kind


class VoipNonfixed(VoipRule):
    """An internet line that is tied to no address, as apps give them out by the hundred."""

    code = "voip_nonfixed"
    weight = 30
    kind = "nonfixed"
    title = gettext_noop("Internet line without an address")
    message = gettext_noop("The line is an internet line without an address (%(carrier)s).")
    message_without_carrier = gettext_noop("The line is an internet line without an address.")


class VoipFixed(VoipRule):
    """An internet line that is tied to an address: that of a household, or of an office."""

    code = "voip_fixed"
    weight = 10
    kind = "fixed"
    title = gettext_noop("Internet line with an address")
    message = gettext_noop("The line is an internet line with an address (%(carrier)s).")
    message_without_carrier = gettext_noop("The line is an internet line with an address.")


class Landline(LineRule):
    """A landline, which is only information unless the option `wants_mobile` is true.

    An explicit `weight` takes precedence over the 15 of `wants_mobile`.
    """

    code = "landline"
    weight = 0
    line_type = "landline"
    title = gettext_noop("Landline")
    otherwise = gettext_noop("the line were mobile")
    message = gettext_noop("The line is a landline.")
    message_mobile_wanted = gettext_noop("The line is a landline where a mobile is wanted.")

    def __init__(self, *, wants_mobile: bool = False, weight: int | None = None) -> None:
        if not isinstance(wants_mobile, bool):
            raise TypeError(f"wants_mobile of rule 'landline' is a bool, not {wants_mobile!r}")
        super().__init__(weight=15 if wants_mobile and weight is None else weight)
        self.wants_mobile = wants_mobile

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        if insight.line_type == self.line_type:
            yield self.flag(self.message_mobile_wanted if self.wants_mobile else self.message)
