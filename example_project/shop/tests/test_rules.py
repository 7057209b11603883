"""What the README says of rules, lists, refusals, labels and replays."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import TestCase

from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.testing import NumberInsightTestMixin
from shop.models import Customer
from shop.tests.numbers import CLEAN, VIRTUAL

STRICTER = Path(__file__).resolve().parents[2] / "stricter.json"


def printed(*words: str) -> Any:
    """Return what a command prints, as JSON."""
    out = StringIO()
    call_command(*words, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


class RulesTest(NumberInsightTestMixin, TestCase):
    """What there is to try."""

    def opened(self, number: str, **facts: Any) -> NumberInsightRecord:
        """Return the record of a new customer, judged."""
        customer = Customer.objects.create(
            name="A Customer", email=f"{number[1:]}@example.com", phone=number, **facts
        )
        self.number_insight.run()
        record: NumberInsightRecord = customer.get_phone_record()
        return record

    def flags(self, record: NumberInsightRecord) -> dict[str, tuple[int, bool]]:
        return {flag.code: (flag.weight, flag.counted) for flag in record.flags.all()}

    def test_the_shops_own_rule_counts(self) -> None:
        self.assertEqual(self.flags(self.opened("+37251234567"))["no_delivery"], (10, True))
        self.assertNotIn("no_delivery", self.flags(self.opened(CLEAN)))

    def test_the_rule_in_shadow_changes_nothing(self) -> None:
        record = self.opened("+46701740666")
        self.assertFalse(self.flags(record)["easy_number"][1])
        self.assertEqual(record.score, 0)

    def test_the_declared_country_is_compared(self) -> None:
        self.assertIn("declared_country", self.flags(self.opened(CLEAN, country="NO")))

    def test_a_list_decides_and_nothing_is_bought(self) -> None:
        ListEntry.objects.create(action="deny", match="prefix", value="+46 70 174 09 5")
        record = self.opened("+46701740951")
        self.assertEqual((record.verdict, record.lookup), ("deny", None))

    def test_the_form_refuses_what_is_denied_and_keeps_the_number_masked(self) -> None:
        ListEntry.objects.create(action="deny", match="number", value="+46 70 174 09 99")
        fields = {"name": "A Visitor", "email": "v@example.com", "phone": "070-174 09 99"}
        ours = {**settings.NUMBER_INSIGHT, "ENFORCEMENT": "enforce"}
        with self.settings(NUMBER_INSIGHT=ours):
            page = self.client.post("/signup/", fields)
        self.assertContains(page, "cannot be used here")
        record = NumberInsightRecord.objects.get(state="refused")
        self.assertEqual(str(record), "+46 70 *** ** 99")

    def test_a_replay_tells_what_other_rules_would_have_said(self) -> None:
        self.opened(VIRTUAL)
        found = printed("number_insight_replay", "--rules", str(STRICTER))
        self.assertEqual(found["matrix"], {"review->deny": 1})

    def test_labels_tell_which_rules_are_right(self) -> None:
        customer = self.opened(VIRTUAL).subject
        self.client.force_login(User.objects.create_superuser("reviewer"))
        chosen = {"action": "label_as_fraud", "_selected_action": [customer.pk]}
        self.client.post("/admin/shop/customer/", chosen)
        found = printed("number_insight_replay", "--quality")
        rule = found["rules"]["virtual"]
        self.assertEqual((rule["fired"], rule["fraud"]), (1, 1))
