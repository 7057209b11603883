"""The pages work, whatever is typed into their forms."""

from __future__ import annotations

from unittest import mock

from django.db import IntegrityError
from django.test import TestCase

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.testing import NumberInsightTestMixin
from shop.models import Customer, Subscriber
from shop.tests.numbers import CLEAN, WRONG

VISITOR = {"name": "A Visitor", "email": "visitor@example.com", "phone": "070-174 06 05"}


class PagesTest(NumberInsightTestMixin, TestCase):
    """What a visitor meets."""

    def assert_nothing_happened(self) -> None:
        """Nobody was added, nothing recorded, nothing asked."""
        for model in (Customer, Subscriber, NumberInsightRecord, Lookup):
            self.assertFalse(model.objects.exists(), model)
        self.assertEqual(self.number_insight.asked, [])

    def test_the_landing_page_leads_everywhere(self) -> None:
        page = self.client.get("/")
        for address in ("/signup/", "/newsletter/", "/admin/"):
            self.assertContains(page, f'href="{address}"')
        self.assertNotContains(page, "https://")  # nothing comes from anywhere else

    def test_a_signup_leads_to_the_page_of_the_account(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            answer = self.client.post("/signup/", VISITOR)
        customer = Customer.objects.get()
        self.assertRedirects(answer, f"/customers/{customer.token}/")
        self.assertEqual(str(customer.phone), CLEAN)
        self.assertEqual(customer.get_phone_record().subject, customer)

    def test_a_held_account_has_a_link_to_look_again_and_does_not_reload_itself(self) -> None:
        customer = Customer.objects.create(name="A Visitor", email="a@example.com", phone="")
        page = self.client.get(f"/customers/{customer.token}/")
        self.assertContains(page, '<a href="">Look again</a>')
        self.assertNotContains(page, "http-equiv")

    def test_the_record_knows_where_the_visitor_comes_from(self) -> None:
        self.client.post("/signup/", VISITOR, REMOTE_ADDR="89.160.20.112")
        self.assertEqual(NumberInsightRecord.objects.get().ip_address, "89.160.20.112")

    def test_a_wrong_number_is_an_error_in_the_form(self) -> None:
        for what, number in WRONG.items():
            for address in ("/signup/", "/newsletter/"):
                with self.subTest(what, form=address):
                    page = self.client.post(address, {**VISITOR, "phone": number})
                    self.assertEqual(page.status_code, 200)
                    self.assertEqual([*page.context["form"].errors], ["phone"])
                    self.assertNotContains(page, "<script>alert")
                    self.assert_nothing_happened()

    def test_an_empty_form_names_what_is_missing(self) -> None:
        page = self.client.post("/signup/", {})
        self.assertEqual({*page.context["form"].errors}, {"name", "email", "phone"})
        self.assertContains(page, "the 3 fields")

    def test_a_bad_email_costs_nothing(self) -> None:
        for address in ("/signup/", "/newsletter/"):
            with self.subTest(form=address):
                page = self.client.post(address, {**VISITOR, "email": "no-at.example.com"})
                self.assertEqual(page.status_code, 200)
                self.assert_nothing_happened()

    def test_an_email_opens_one_account(self) -> None:
        self.client.post("/signup/", VISITOR)
        page = self.client.post("/signup/", VISITOR)
        self.assertContains(page, "There is already an account with this e-mail.")
        self.assertEqual(NumberInsightRecord.objects.count(), 1)

    def test_a_form_sent_twice_at_once_is_an_error_in_the_form(self) -> None:
        self.client.post("/signup/", VISITOR)
        # The other one commits between the validation of this form and its saving.
        with mock.patch.object(Customer, "validate_unique"):
            page = self.client.post("/signup/", VISITOR)
        self.assertContains(page, "There is already an account with this e-mail.")
        self.assertEqual(Customer.objects.count(), 1)
        self.assertEqual(NumberInsightRecord.objects.count(), 1)

    def test_a_subscriber_is_linked_to_its_record(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            answer = self.client.post("/newsletter/", VISITOR, follow=True)
        self.assertContains(answer, "You are on the list.")
        subscriber = Subscriber.objects.get()
        self.assertEqual(subscriber.phone, CLEAN)
        self.assertEqual(NumberInsightRecord.objects.get().subject, subscriber)

    def test_a_subscriber_that_cannot_be_saved_leaves_no_record(self) -> None:
        with mock.patch.object(Subscriber, "save", side_effect=IntegrityError):
            self.assertRaises(IntegrityError, self.client.post, "/newsletter/", VISITOR)
        self.assert_nothing_happened()
