"""Old words: what a rule said of a record before, where it cannot be asked again."""

from __future__ import annotations

from dataclasses import replace

from number_insight.insight import Insight
from number_insight.rules.base import Rule, Signup
from number_insight.rules.scoring import Flag


class OldWord(Rule):
    """A rule that says what it said before.

    `depends` tells that another record may have heard something else from it.
    """

    needs = ()
    depends_on = ()

    def __init__(self, rule: Rule, flags: list[Flag], *, depends: bool = True) -> None:
        super().__init__(weight=rule.weight)
        self.code = rule.code  # type: ignore[misc]  # an instance speaks for another rule
        self.shadow, self.depends = rule.shadow, depends
        self._flags = [replace(flag, counted=True, shadow=False) for flag in flags]

    def examine(self, insight: Insight, signup: Signup) -> list[Flag]:
        return self._flags
