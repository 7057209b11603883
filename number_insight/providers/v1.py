"""Number Insight v1: what its two deployments, Vonage's own and KPN's, have in common."""

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
from number_insight.providers import wire
from number_insight.providers.base import Acknowledgement, Fault, Provider, Question
from number_insight.providers.http import Form, Response, url_trouble
from number_insight.providers.statuses import raise_for_http

MAX_TIMEOUT = 120


class NumberInsightV1(Provider):
    """Base class of the deployments of Number Insight v1; a subclass knows how to post a form."""

    supports_callback = True
    supports_ip = True
    supports_cnam = True
    retires_on = date(2027, 2, 4)
    # Samples of the documents, in EUR; of several the highest, since prices are reserved.
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

    @property
    def seconds(self) -> float:
        """How long a call may take, also where `check` found the option wanting."""
        return self.timeout if is_timeout(self.timeout) else 20.0

    def lookup(self, question: Question) -> Insight:
        """Ask, wait, and return the answer."""
        response = self._post(self._path(question.level), self._form(question))
        raise_for_http(response)
        insight = wire.read_answer(response.body, format=self.format)
        return insight if insight.number else replace(insight, number=question.number)

    def submit(self, question: Question, callback_url: str) -> Acknowledgement:
        """Ask for the answer to be posted to `callback_url`; only Advanced can be."""
        if question.level != "advanced":
            raise Unsupported("Only Advanced answers through the webhook; set LEVEL or DELIVERY.")
        form = self._form(question).plus(callback=callback_url)
        del callback_url  # it is a secret, and an error report would show it
        response = self._post(self._path("advanced/async"), form)
        raise_for_http(response)
        return wire.read_acknowledgement(response.body, format=self.format)

    def read_callback(self, body: bytes) -> Insight:
        """Return the answer that `body` holds; raise what its status means, or `BadCallback`."""
        return wire.read_callback(body)

    def price(self, question: Question) -> Decimal:
        """Return what `question` costs at most; the caller name costs where it is asked for."""
        return super().price(replace(question, cnam=_asks_cnam(question)))

    @abstractmethod
    def _post(self, path: str, form: Form) -> Response:
        """Post `form`, once, to `path` below the base URL."""

    def _path(self, level: str) -> str:
        if level not in (*self.levels, "advanced/async"):
            raise Unsupported(f"There is no level {level!r}; there are {', '.join(self.levels)}.")
        return level

    def _form(self, question: Question) -> Form:
        """Return the parameters of `question`: strings, and none of them empty."""
        fields = {"number": question.number.removeprefix("+")}
        # A country that contradicts the number's prefix is refused as a bad number, and what a
        # visitor declares may well contradict it.
        if question.country and question.country == numbers.country(question.number):
            fields["country"] = question.country
        if _asks_cnam(question):
            fields["cnam"] = "true"
        if question.ip and question.level == "advanced":
            fields["ip"] = question.ip
        return Form(fields)

    def check(self) -> Iterable[Fault]:
        """Yield what is wrong with the options."""
        yield from super().check()
        yield from url_faults("base_url", self.base_url)
        if not is_timeout(self.timeout):
            yield Fault(
                id="E013",
                message=f"timeout {self.timeout!r} is not 1 to {MAX_TIMEOUT} seconds.",
                hint="The service answers within 15 seconds; 20 is a good choice.",
            )


def url_faults(name: str, url: object) -> Iterable[Fault]:
    """Yield what is wrong with the option `name` that holds `url` (which is not shown)."""
    trouble = url_trouble(url)
    if trouble:
        yield Fault(
            id="E011",
            message=f"{name} {trouble}.",
            hint=f"Leave {name} out for the real service; http://127.0.0.1:PORT is a sandbox.",
        )


def missing_faults(options: Mapping[str, object]) -> Iterable[Fault]:
    """Yield which of the credentials in `options` are missing; a build without them must do."""
    for name, value in options.items():
        if not isinstance(value, str) or not value.strip():
            yield Fault(
                id="E010",
                message=f"{name} is missing.",
                hint=f"Put {name} into OPTIONS, from the environment or a vault.",
                deploy=True,
            )


def is_timeout(value: object) -> bool:
    """Whether `value` is a number of seconds that a call may take."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value <= MAX_TIMEOUT  # type: ignore[operator]


def _asks_cnam(question: Question) -> bool:
    # It exists for US numbers only and costs extra for all; Basic has none.
    return (
        question.cnam
        and question.level in ("standard", "advanced")
        and question.number.startswith("+1")
        and numbers.country(question.number) == "US"
    )
