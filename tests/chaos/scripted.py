"""A provider whose failures are scripted, and that counts the requests it could charge for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, ClassVar

from number_insight import exceptions
from number_insight.insight import Insight
from number_insight.providers.base import Acknowledgement, Question
from number_insight.providers.fake import Fake


class Death(BaseException):
    """The process ends here: nobody catches this, and every open transaction is rolled back."""


FREE = {
    "busy": exceptions.Busy("busy", status=1),
    "not sent": exceptions.NotSent("refused"),
    "no credit": exceptions.NoCredit("no credit", status=9),
    "gone": exceptions.Gone("gone", http_status=410),
    "refused": exceptions.NumberRefused("no number", status=3),
    "dies before": Death(),
}
PAID = {"lost": exceptions.Uncertain("timeout"), "dies after": Death()}
EARLY = ("early", "early and lost")
"""The callback comes before the acknowledgement, which is lost then."""


class Scripted(Fake):
    """Answers, refuses, loses its answer or kills its caller, as `mode` says."""

    mode: ClassVar[str] = "answers"
    serial: ClassVar[int] = 0
    requests: ClassVar[Counter[str]] = Counter()
    paid: ClassVar[Counter[str]] = Counter()
    promised: ClassVar[dict[str, bytes]] = {}
    """Callback URL -> the body that will be posted there."""
    post: ClassVar[Any] = None

    @classmethod
    def begin(cls) -> None:
        """Forget everything."""
        Fake.reset()
        cls.requests.clear()
        cls.paid.clear()
        cls.promised.clear()
        cls.mode = "answers"

    def _answer(self, question: Question) -> Insight:
        # Every request has an id of its own, also a second one about the same number.
        insight = super()._answer(question)
        return replace(insight, request_id=f"{insight.request_id[:36]}-{Scripted.serial}")

    def lookup(self, question: Question) -> Insight:
        Scripted.serial += 1
        self._charge(question)
        return self._answer(question)

    def submit(self, question: Question, callback_url: str) -> Acknowledgement:
        Scripted.serial += 1
        mode = self.mode
        if self.mode not in FREE:
            self.promised[callback_url] = self.callback_body(question)
        self._charge(question)
        if mode in EARLY:
            type(self).post(callback_url)
        if mode == "early and lost":
            raise PAID["lost"]
        return Acknowledgement(
            request_id=self._answer(question).request_id, price=self.price(question)
        )

    def _charge(self, question: Question) -> None:
        self.requests[question.number] += 1
        if self.mode in FREE:
            raise FREE[self.mode]
        self.paid[question.number] += 1
        if self.mode in PAID:
            raise PAID[self.mode]
