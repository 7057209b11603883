"""The exceptions, named for their meaning to the signup and to the money.

Every error of a provider is raised as one of the classes below, and the class alone decides about
the lookup: see `number_insight.lookups.outcomes`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

MAX_STATUS = 100_000
"""A status of a provider lies below it, as the column that keeps it needs."""


class NumberInsightError(Exception):
    """Base class of the exceptions of this package. Do not raise it directly."""


class InvalidNumber(NumberInsightError, ValueError):
    """The text cannot be a phone number; ``code`` is the reason."""

    def __init__(self, message: str, *, code: str = "invalid") -> None:
        super().__init__(message)
        self.code = code


class BadArgument(NumberInsightError, ValueError, TypeError):
    """A call of the project's own code cannot be right; no input of a visitor raises it."""


class ProviderError(NumberInsightError):
    """Base class of the reasons why a provider gave no insight. Do not raise it directly.

    The message is one sentence for an operator, without secrets and without the number.
    ``status`` is the provider's own status code, ``http_status`` the HTTP one, each None if there
    was none; ``request_id`` identifies the request at the provider.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        http_status: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(_storable(message))
        self.status = status if isinstance(status, int) and 0 <= status < MAX_STATUS else None
        self.http_status = http_status
        self.request_id = _storable(request_id or "")


def _storable(text: object) -> str:
    """Return `text` without NUL and lone surrogates, which no column holds: a vendor's, say."""
    return str(text).replace("\0", "").encode("utf-8", "replace").decode()


class NotSent(ProviderError, ConnectionError):
    """Provably nothing was sent (refused, no such host, no TLS): free, and may be retried."""


class Busy(ProviderError):
    """The provider plainly refused for now (too many requests): free, and may be retried."""


class BadCredentials(ProviderError, PermissionError):
    """The provider rejects our credentials: free; nothing will work until they change."""


class NotAllowed(ProviderError, PermissionError):
    """The account may not use this level or feature: free; nothing will work until it may."""


class NoCredit(ProviderError):
    """The account is out of credit: free; nothing will work until it is topped up."""


class Gone(ProviderError, ConnectionError):
    """The address is no longer served: free; nothing will work until the settings change."""


class NumberRefused(ProviderError, ValueError):
    """The provider rejects the number as malformed: free and final."""


class NoAnswer(ProviderError, LookupError):
    """The provider answered that it has no insight: free and final."""


class Uncertain(ProviderError, ConnectionError):
    """The request was sent and its outcome is unknown: it may have been paid for."""


class BadCallback(NumberInsightError, ValueError):
    """The body posted to the webhook is not an answer; nothing was changed."""


class IntermediateCallback(BadCallback):
    """An intermediate answer; the final one follows."""


class Retired(NumberInsightError, LookupError):
    """The provider was switched off more than a day ago, so that it posts no answers any more."""


class Unfinished(NumberInsightError, RuntimeError):
    """A record could not be screened because of an error of ours; the sweep retries it."""


class Unsupported(NumberInsightError, NotImplementedError):
    """The provider does not support the request."""


class UnknownPath(NumberInsightError, LookupError):
    """The field does not exist or holds no numbers; the message suggests similar names."""


class BadFlag(NumberInsightError, TypeError):
    """A rule yielded what is no flag, or one that cannot be weighed; its message may be logged."""


class ReplayFailed(NumberInsightError, RuntimeError):
    """A process of a shared replay ended early; the verdicts that it wrote stay."""


class DeferredErrors:
    """The exceptions of steps, kept until the steps after them are done."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Keep an exception of the block for `raise_first`."""
        try:
            yield
        except Exception as error:
            self._errors.append(error)

    def raise_first(self) -> None:
        """Raise the first of the exceptions, if there were any."""
        if self._errors:
            raise self._errors[0]


def place(error: BaseException) -> str:
    """Return the class of `error` and the line that raised it, without the message."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return type(error).__name__
    return f"{type(error).__name__} in {last.tb_frame.f_code.co_filename}:{last.tb_lineno}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the known word closest to `word`, or all of them."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known are: {', '.join(words)}." if words else "None are known."
