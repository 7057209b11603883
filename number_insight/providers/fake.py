"""`Fake`: an in-process provider for tests and for development without keys."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import InvalidOperation
from threading import Lock
from typing import Any, ClassVar, TypeGuard
from uuid import NAMESPACE_URL, uuid5

from number_insight import numbers
from number_insight.exceptions import BadCallback, NotSent, ProviderError, Uncertain, Unsupported
from number_insight.insight import PARTS, TOLD_BY_SOME, Insight
from number_insight.providers.base import Acknowledgement, Fault, Provider, Question
from number_insight.providers.documents import Unreadable, read_json
from number_insight.providers.personas import PRICES, answer, persona_for
from number_insight.providers.statuses import ANSWERED, HTTP, refusal

_FIELDS = frozenset(Insight().as_json())


class Fake(Provider):
    """An in-process provider that answers by the sandbox's personas, or from `answers`.

    `answers` maps a number (E.164) to a part of an insight's JSON, merged over the persona's, or
    to an exception to raise. `Fake.asked` lists the questions put to all instances, until
    `Fake.reset()`. No callback is sent: a test makes one with `callback_body`.
    """

    vendor = "nobody: the answers are made up here"
    supports_callback = True
    supports_ip = True
    supports_cnam = True
    default_prices = {level: str(price) for level, price in PRICES.items()}
    live_keys: ClassVar[frozenset[str] | None] = frozenset(
        {"reachable", "roaming", "real_time", "call_forwarding", "location"}
    )
    asked: ClassVar[list[Question]] = []
    _lock: ClassVar[Lock] = Lock()

    def __init__(
        self,
        *,
        answers: Mapping[str, Any] | None = None,
        prices: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(prices=prices)
        self.answers: Any = {} if answers is None else answers

    @property
    def signals(self) -> Mapping[str, frozenset[str]]:  # type: ignore[override]
        """The signals of each level; those of `answers` belong to the highest."""
        parts = self.answers.values() if isinstance(self.answers, Mapping) else ()
        given = frozenset[str]().union(*(part for part in parts if isinstance(part, Mapping)))
        told = dict(Provider.signals)
        told["advanced"] |= given.intersection(TOLD_BY_SOME)
        return told

    def destination(self) -> str:
        """Return the name of this machine, since nothing is sent."""
        return "localhost"

    @classmethod
    def reset(cls) -> None:
        """Empty `Fake.asked`."""
        with Fake._lock:
            Fake.asked.clear()

    def lookup(self, question: Question) -> Insight:
        """Return the answer of `answers` or the persona, or raise its exception."""
        earlier = self._remember(question)
        self._raise(question, earlier)
        return self._answer(question)

    def submit(self, question: Question, callback_url: str) -> Acknowledgement:
        """Record `question` and return an acknowledgement; `callback_body` makes the answer."""
        earlier = self._remember(question)
        self._raise(question, earlier)
        return Acknowledgement(request_id=_request_id(question), price=self.price(question))

    def callback_body(self, question: Question) -> bytes:
        """Return the body of the callback that answers `question`."""
        return json.dumps(self._answer(question).as_json()).encode()

    def read_callback(self, body: bytes) -> Insight:
        """Return the insight in the JSON `body`; raise `BadCallback` if there is none."""
        try:
            document = read_json(body)
            insight = Insight.from_json({"raw": None, **document})
        except Unreadable as exc:
            raise BadCallback(f"The callback is not an answer: {exc}.") from None
        except (TypeError, ValueError, InvalidOperation):
            raise BadCallback("The callback is not an insight.") from None
        if not isinstance(insight.status, int) or not _is_sound(insight):
            raise BadCallback("The callback is not an answer: it lacks a status.")
        return replace(insight, raw=document)

    def check(self) -> Iterable[Fault]:
        """Yield the faults of the options."""
        yield from super().check()
        if not isinstance(self.answers, Mapping):
            yield _fault("answers is not a mapping.")
            return
        for number, given in self.answers.items():
            if not isinstance(number, str) or not numbers.is_possible(number):
                yield _fault(f"answers holds {number!r}, which is no number.")
            if isinstance(given, Mapping):
                unknown = sorted(str(key) for key in given.keys() - _FIELDS)
                if unknown:
                    yield _fault(f"an insight has no {', '.join(unknown)}.")
            elif not _is_exception(given):
                yield _fault(f"{type(given).__name__} is no answer.")

    def _answer(self, question: Question) -> Insight:
        insight = answer(
            question.number,
            question.level,
            ip=question.ip,
            cnam=question.cnam,
            request_id=_request_id(question),
        )
        given = self.answers.get(question.number)
        if isinstance(given, Mapping):
            insight = Insight.from_json({**insight.as_json(), **given})
        return replace(insight, raw=insight.as_json())

    def _raise(self, question: Question, earlier: int) -> None:
        """Raise the exception that `answers`, or else the persona, holds for `question`."""
        given = self.answers.get(question.number)
        if _is_exception(given):
            raise given
        if given is None:
            _raise_trouble(question, earlier)

    def _remember(self, question: Question) -> int:
        """Record `question`; return the number of earlier questions about its number."""
        if question.level not in self.levels:
            raise Unsupported(f"There is no level {question.level!r}.")
        with Fake._lock:
            earlier = sum(1 for asked in Fake.asked if asked.number == question.number)
            Fake.asked.append(question)
            return earlier


def _is_sound(insight: Insight) -> bool:
    model = Insight()
    if not all(isinstance(getattr(insight, name), part | None) for name, part in PARTS.items()):
        return False
    return all(
        type(getattr(insight, name)) is type(getattr(model, name))
        for name in (
            "number",
            "request_id",
            "status_text",
            "line_type",
            "valid_number",
            "reachable",
            "roaming",
            "ip",
            "ported",
            "missing",
        )
    )


def _is_exception(given: Any) -> TypeGuard[BaseException | type[BaseException]]:
    if inspect.isclass(given):
        return issubclass(given, BaseException)
    return isinstance(given, BaseException)


def _raise_trouble(question: Question, earlier: int) -> None:
    """Raise the trouble of the number's persona, if any, as a real provider would."""
    persona = persona_for(question.number)
    if persona.once and earlier:
        return
    if persona.fault:
        raise _fault_error(persona.fault)
    if persona.status in ANSWERED:
        return
    raise refusal(persona.status, request_id=_request_id(question))


def _fault_error(fault: str) -> ProviderError:
    if fault == "refused":
        return NotSent("The fake provider refused the connection.")
    error = HTTP.error(int(fault)) if fault.isdigit() else None
    return error or Uncertain(f"The fake provider broke its answer off ({fault}).")


def _request_id(question: Question) -> str:
    return str(uuid5(NAMESPACE_URL, f"{question.number}/{question.level}"))


def _fault(message: str) -> Fault:
    return Fault(
        id="E013",
        message=message,
        hint='For example {"+46701740605": {"line_type": "virtual"}}, or an exception.',
    )
