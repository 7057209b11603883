"""The admin shows customers with their risk."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import TestCase

from number_insight.testing import NumberInsightTestMixin
from shop.models import Customer, Subscriber
from shop.tests.numbers import VIRTUAL


class AdminTest(NumberInsightTestMixin, TestCase):
    """What a reviewer meets."""

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(User.objects.create_superuser("reviewer"))
        self.customer = Customer.objects.create(
            name="A Customer", email="customer@example.com", phone=VIRTUAL
        )
        self.number_insight.run()

    def test_the_list_of_customers_shows_the_risk(self) -> None:
        page = self.client.get("/admin/shop/customer/")
        self.assertContains(page, "customer@example.com")
        self.assertContains(page, "virtual")

    def test_the_page_of_a_customer_shows_the_risk(self) -> None:
        page = self.client.get(f"/admin/shop/customer/{self.customer.pk}/change/")
        self.assertContains(page, "virtual")

    def test_every_list_and_form_loads(self) -> None:
        subscriber = Subscriber.objects.create(email="subscriber@example.com", phone=VIRTUAL)
        record = self.customer.get_phone_record()
        for address in (
            "/admin/",
            "/admin/shop/customer/add/",
            "/admin/shop/subscriber/",
            f"/admin/shop/subscriber/{subscriber.pk}/change/",
            "/admin/number_insight/numberinsightrecord/",
            f"/admin/number_insight/numberinsightrecord/{record.pk}/change/",
            "/admin/number_insight/lookup/",
        ):
            with self.subTest(address):
                self.assertEqual(self.client.get(address).status_code, 200)
