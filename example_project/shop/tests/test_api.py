"""The endpoint tells what to correct, and never what was found."""

from __future__ import annotations

from typing import Any
from unittest import mock

from django.test import TestCase

from number_insight.models import NumberInsightRecord
from number_insight.testing import NumberInsightTestMixin
from shop.models import Customer
from shop.tests.numbers import VIRTUAL, WRONG

CALLER = {"name": "A Caller", "email": "caller@example.com", "phone": VIRTUAL}


class EndpointTest(NumberInsightTestMixin, TestCase):
    """What an app meets."""

    def send(self, **fields: Any) -> Any:
        data = {**CALLER, **fields}
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post("/api/signups/", data, content_type="application/json")

    def test_a_signup_is_answered_with_the_state_of_the_account(self) -> None:
        answer = self.send()
        customer = Customer.objects.get()
        self.assertEqual(answer.status_code, 201)
        expected = {"status": "held", "page": f"/customers/{customer.token}/"}
        self.assertEqual(answer.json(), expected)
        self.assertEqual(customer.get_phone_record().verdict, "review")

    def test_nobody_chooses_the_own_status(self) -> None:
        self.send(status="active", token="6f3c1f04-0000-4000-8000-000000000000")
        self.assertEqual(Customer.objects.get().status, "held")

    def test_a_wrong_number_is_400_and_costs_nothing(self) -> None:
        for what, number in {**WRONG, "null": None, "a list": [1], "a dict": {"a": 1}}.items():
            with self.subTest(what):
                answer = self.send(phone=number)
                self.assertEqual(answer.status_code, 400)
                self.assertEqual([*answer.json()], ["phone"])
                self.assertFalse(NumberInsightRecord.objects.exists())

    def test_a_bad_email_is_400_and_costs_nothing(self) -> None:
        self.assertEqual(self.send(email="no-at.example.com").status_code, 400)
        self.assertFalse(NumberInsightRecord.objects.exists())

    def test_a_country_that_is_none_is_400(self) -> None:
        self.assertEqual(self.send(country="Sweden").status_code, 400)
        self.assertEqual(self.send(country="SE").status_code, 201)

    def test_what_is_no_json_is_400(self) -> None:
        for body in ("", "{", "[]", '"text"', "\x00"):
            with self.subTest(body):
                answer = self.client.post("/api/signups/", body, content_type="application/json")
                self.assertEqual(answer.status_code, 400)

    def test_the_same_signup_twice_at_once_is_400(self) -> None:
        self.send()
        with mock.patch("rest_framework.validators.qs_exists", return_value=False):
            answer = self.send()
        self.assertEqual(answer.status_code, 400)
        self.assertEqual([*answer.json()], ["email"])
        self.assertEqual(NumberInsightRecord.objects.count(), 1)
