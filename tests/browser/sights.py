"""The pages that this app and its example show to people, each with rows to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from number_insight.models import ListEntry, Lookup, NumberInsightRecord, RuleFault
from tests.admin.builders import DESK, HEALTH, LIST, page_of
from tests.browser import crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The rows that stand in the database while the pages are looked at."""

    waiting: NumberInsightRecord
    decided: NumberInsightRecord
    turned_away: NumberInsightRecord
    uncertain: Lookup
    entry: ListEntry
    fault: RuleFault


def scene() -> Scene:
    """Return a scene with everything that a page may show."""
    crowd.fill_gallery()
    crowd.turn_away()
    rows = NumberInsightRecord.objects.exclude(lookup=None)
    return Scene(
        waiting=rows.awaiting_review().order_by("-score")[0],
        decided=rows.exclude(decision="")[0],
        turned_away=NumberInsightRecord.objects.get(state="refused"),
        uncertain=Lookup.objects.filter(state="uncertain")[0],
        entry=ListEntry.objects.latest("pk"),
        fault=RuleFault.objects.create(code="virtual", error="ValueError in rules.py:3"),
    )


def _admin(name: str, *keys: Any) -> str:
    return reverse(f"admin:number_insight_{name}", args=keys)


def _subject(scene: Scene) -> Any:
    return scene.waiting.subject


ADMIN: dict[str, Callable[[Scene], str]] = {
    "index": lambda scene: reverse("admin:index"),
    "desk": lambda scene: DESK,
    "desk without a case": lambda scene: f"{DESK}?lane=budget",
    "overview": lambda scene: _admin("overview"),
    "overview of a year": lambda scene: f"{_admin('overview')}?days=365",
    "list": lambda scene: LIST,
    "search without a find": lambda scene: f"{LIST}?q=nobody",
    "record that waits": lambda scene: page_of(scene.waiting),
    "record that is decided": lambda scene: page_of(scene.decided),
    "record that the form turned away": lambda scene: page_of(scene.turned_away),
    "allow next time": lambda scene: f"{LIST}{scene.turned_away.pk}/allow/",
    "history of a record": lambda scene: _admin("numberinsightrecord_history", scene.waiting.pk),
    "reveal": lambda scene: _admin("numberinsightrecord_reveal", scene.waiting.pk),
    "relatives": lambda scene: f"{LIST}{scene.waiting.pk}/together/ip/",
    "health": lambda scene: HEALTH,
    "lookups": lambda scene: _admin("lookup_changelist"),
    "lookup": lambda scene: _admin("lookup_change", scene.waiting.lookup_id),
    "uncertain lookup": lambda scene: _admin("lookup_change", scene.uncertain.pk),
    "list entries": lambda scene: _admin("listentry_changelist"),
    "list entry": lambda scene: _admin("listentry_change", scene.entry.pk),
    "new list entry": lambda scene: _admin("listentry_add"),
    "rule faults": lambda scene: _admin("rulefault_changelist"),
    "rule fault": lambda scene: _admin("rulefault_change", scene.fault.pk),
    "spending": lambda scene: _admin("spending_changelist"),
    "customers": lambda scene: reverse("admin:shop_customer_changelist"),
    "customer": lambda scene: reverse("admin:shop_customer_change", args=[_subject(scene).pk]),
}
"""Name -> URL of each page of the admin."""
SHOP: dict[str, Callable[[Scene], str]] = {
    "landing": lambda scene: reverse("shop:landing"),
    "signup": lambda scene: reverse("shop:signup"),
    "held account": lambda scene: _subject(scene).get_absolute_url(),
    "newsletter": lambda scene: reverse("shop:newsletter"),
    "subscribed": lambda scene: reverse("shop:subscribed"),
}
"""Name -> URL of each page of the shop."""
PAGES = {**ADMIN, **SHOP}
ACTS = ("release", "refuse", "look_up_again", "reopen")
"""The actions of the list of records, each of which has a page to confirm it."""
