"""The buttons of a decision: their order, their weight and their texts, on every page alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.admin import AdminSite
from django.urls import reverse
from django.utils.translation import ngettext

from number_insight.admin.reviewing import REFUSE, RELEASE, Action
from number_insight.models.choices import Verdict

KEYS = {RELEASE.name: "r", REFUSE.name: "x"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """The button of an action, coloured as a decision or quiet."""

    action: Action
    text: Any
    key: str = ""
    url: str = ""
    """The address that it posts to, if that is not the one of its form."""
    is_quiet: bool = False


def decision(verdicts: Collection[str]) -> list[Press]:
    """Return the buttons to decide cases with these `verdicts`.

    Where all are "deny", Refuse stands first and Release is quiet. Elsewhere the two have the same
    weight, so that none is suggested.
    """
    is_denied = set(verdicts) == {Verdict.DENY}
    actions = (REFUSE, RELEASE) if is_denied else (RELEASE, REFUSE)
    return [
        Press(
            action=action,
            text=action.button,
            key=KEYS[action.name],
            is_quiet=is_denied and action is RELEASE,
        )
        for action in actions
    ]


def together(verdicts: Collection[str], site: AdminSite) -> list[Press]:
    """Return the buttons to decide several cases at once, each with an address of its own."""
    count = len(verdicts)
    texts = {
        RELEASE.name: ngettext("Release %(count)s", "Release all %(count)s", count),
        REFUSE.name: ngettext("Refuse %(count)s", "Refuse all %(count)s", count),
    }
    return [
        replace(press, key="", text=texts[name] % {"count": count}, url=_url(name, site))
        for press in decision(verdicts)
        for name in (press.action.name,)
    ]


def _url(name: str, site: AdminSite) -> str:
    act = "admin:number_insight_numberinsightrecord_act"
    return reverse(act, args=[name], current_app=site.name)


def confirmation(action: Action, verdicts: Collection[str], text: Any) -> Press:
    """Return the button that confirms `action` on cases with these `verdicts`."""
    for press in decision(verdicts):
        if press.action is action:
            return replace(press, key="")
    return Press(action=action, text=text, is_quiet=True)
