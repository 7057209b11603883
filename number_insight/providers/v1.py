"""The base of Number Insight v1, shared by its two deployments: Vonage's and KPN's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from number_insight import numbers
from number_insight.exceptions import Unsupported
from number_insight.insight import Insight
from number_insight.providers import options, wire
from number_insight.providers.base import Acknowledgement, Fault, Provider, Question
from number_insight.providers.http import Form, Response
from number_insight.providers.statuses import HTTP


class NumberInsightV1(Provider):
    """Base class of the deployments of Number Insight v1; a subclass posts the form."""

    supports_callback = True
    uses_transport = True
    supports_ip = True
    supports_cnam = True
    retires_on = date(2027, 2, 4)
    # The documents' samples, in EUR; the highest of several, since they are reserved.
    default_prices = {"basic": "0", "standard": "0.005", "advanced": "0.04", "cnam": "0.01025"}
    live_keys: ClassVar[frozenset[str] | None] = frozenset(
        {"reachable", "roaming", "real_time_data"}
    )
    format: str = "json"

    def __init__(
        self, *, base_url: str, timeout: float = 20, prices: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(prices=prices)
        self.base_url = base_url.rstrip("/") if isinstance(base_url, str) else base_url
        self.timeout = timeout

    def lookup(self, question: Question) -> Insight:
        """Ask `question`, wait, and return the answer."""
        response = self._post(self._path(question.level), self._form(question))
        HTTP.raise_for(response)
        insight = wire.read_answer(response.body, format=self.format)
        return insight if insight.number else replace(insight, number=question.number)

    def submit(self, question: Question, callback_url: str) -> Acknowledgement:
        """Ask for the answer to be posted to `callback_url`, which only Advanced supports."""
        if question.level != "advanced":
            raise Unsupported("Only Advanced answers through the webhook; set LEVEL or DELIVERY.")
        form = self._form(question).plus(callback=callback_url)
        del callback_url  # a secret, which an error report would show
        response = self._post(self._path("advanced/async"), form)
        HTTP.raise_for(response)
        return wire.read_acknowledgement(response.body, format=self.format)

    def read_callback(self, body: bytes) -> Insight:
        """Return the answer in `body`; raise the exception of its status, or `BadCallback`."""
        return wire.read_callback(body)

    def price(self, question: Question) -> Decimal:
        """Return the highest price of `question`; a caller name counts only if it is asked for."""
        return super().price(replace(question, cnam=_asks_cnam(question)))

    @abstractmethod
    def _post(self, path: str, form: Form) -> Response:
        """Post `form`, once, to `path` below the base URL."""

    def _path(self, level: str) -> str:
        if level not in (*self.levels, "advanced/async"):
            raise Unsupported(f"There is no level {level!r}; there are {', '.join(self.levels)}.")
        return level

    def _form(self, question: Question) -> Form:
        """Return the parameters of `question` as non-empty strings."""
        fields = {"number": question.number.removeprefix("+")}
        # Vonage refuses a country that contradicts the number's prefix as a bad number, and the
        # country that a visitor declares may well contradict it.
        if question.country and question.country == numbers.country(question.number):
            fields["country"] = question.country
        if _asks_cnam(question):
            fields["cnam"] = "true"
        if question.ip and question.level == "advanced":
            fields["ip"] = question.ip
        return Form(fields)

    def check(self) -> Iterable[Fault]:
        """Yield the faults of the options."""
        yield from super().check()
        yield from options.url_faults("base_url", self.base_url)
        yield from options.timeout_faults(self.timeout)


def _asks_cnam(question: Question) -> bool:
    # The caller name exists for US numbers only, costs extra for any, and Basic has none.
    return (
        question.cnam
        and question.level in ("standard", "advanced")
        and question.number.startswith("+1")
        and numbers.country(question.number) == "US"
    )
