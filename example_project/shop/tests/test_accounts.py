"""An account follows the verdict and the reviewer, and its page tells no reason."""

from __future__ import annotations

from collections.abc import Callable

from django.test import TestCase

from number_insight.models import NumberInsightRecord
from number_insight.reviewing import refuse, release, reopen
from number_insight.signals import decision_made, verdict_changed
from number_insight.testing import NumberInsightTestMixin
from shop.models import Customer
from shop.tests.numbers import CLEAN, VIRTUAL


class AccountsTest(NumberInsightTestMixin, TestCase):
    """What becomes of an account."""

    def opened(self, number: str) -> Customer:
        """Return a new customer whose number has been judged."""
        with self.captureOnCommitCallbacks(execute=True):
            customer = Customer.objects.create(
                name="A Customer", email=f"{number[1:]}@example.com", phone=number
            )
        self.number_insight.run()
        customer.refresh_from_db()
        return customer

    def decided(self, customer: Customer, decide: Callable[..., bool]) -> str:
        """Return the status of the account once a reviewer has decided."""
        with self.captureOnCommitCallbacks(execute=True):
            decide(customer.get_phone_record(), reason="secret reason")
        customer.refresh_from_db()
        return customer.status

    def page(self, customer: Customer) -> str:
        return self.client.get(customer.get_absolute_url()).content.decode()

    def test_allow_opens_it(self) -> None:
        customer = self.opened(CLEAN)
        self.assertEqual(customer.status, "active")
        self.assertIn("Your account is active.", self.page(customer))

    def test_review_holds_it_and_the_page_tells_no_reason(self) -> None:
        customer = self.opened(VIRTUAL)
        self.assertEqual(customer.status, "held")
        page = self.page(customer).lower()
        self.assertIn("being checked", page)
        for word in ("virtual", "review", "risk", "score", "verdict", "flag"):
            self.assertNotIn(word, page)

    def test_a_reviewer_opens_it(self) -> None:
        self.assertEqual(self.decided(self.opened(VIRTUAL), release), "active")

    def test_a_reviewer_closes_it_and_the_page_tells_no_reason(self) -> None:
        customer = self.opened(VIRTUAL)
        self.assertEqual(self.decided(customer, refuse), "refused")
        self.assertIn("We could not open this account.", self.page(customer))
        self.assertNotIn("secret reason", self.page(customer))

    def test_what_a_reviewer_undoes_is_held_again(self) -> None:
        customer = self.opened(VIRTUAL)
        for decide in (release, refuse):
            self.decided(customer, decide)
            self.assertEqual(self.decided(customer, reopen), "held")

    def test_what_others_have_changed_is_not_undone(self) -> None:
        customer = self.opened(VIRTUAL)
        self.decided(customer, refuse)
        Customer.objects.update(status="active")
        self.assertEqual(self.decided(customer, reopen), "active")

    def test_being_told_twice_changes_nothing(self) -> None:
        customer = self.opened(VIRTUAL)
        self.decided(customer, refuse)
        self.tell(verdict="allow", source="signup", customer=customer)
        self.assertEqual(customer.status, "refused")

    def test_a_backfill_changes_no_account(self) -> None:
        customer = self.opened(VIRTUAL)
        self.tell(verdict="allow", source="backfill", customer=customer)
        self.assertEqual(customer.status, "held")

    def test_the_verdict_on_a_former_number_changes_nothing(self) -> None:
        customer = self.opened(VIRTUAL)
        Customer.objects.update(phone="+46701740612")
        self.tell(verdict="allow", source="signup", customer=customer)
        self.assertEqual(customer.status, "held")

    def test_a_record_of_nobody_is_left_alone(self) -> None:
        record = NumberInsightRecord(number=CLEAN, source="api", verdict="allow")
        for signal in (verdict_changed, decision_made):
            told = signal.send_robust(NumberInsightRecord, record=record, source="api", user=None)
            self.assertEqual({answer for _receiver, answer in told}, {None})

    def test_nobody_guesses_a_page(self) -> None:
        address = "/customers/6f3c1f04-0000-4000-8000-000000000000/"
        self.assertEqual(self.client.get(address).status_code, 404)

    def tell(self, *, verdict: str, source: str, customer: Customer) -> None:
        """Send the signal once more, as the sweep may."""
        record = NumberInsightRecord.objects.for_subject(customer).latest("pk")
        record.verdict = verdict
        told = verdict_changed.send(
            NumberInsightRecord, record=record, previous="review", source=source
        )
        self.assertEqual({answer for _receiver, answer in told}, {None})
        customer.refresh_from_db()
