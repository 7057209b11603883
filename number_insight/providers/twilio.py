"""Twilio Lookup v2: https://lookups.twilio.com."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, urlencode
from uuid import uuid4

from number_insight import numbers
from number_insight.exceptions import BadCredentials, Unsupported, did_you_mean
from number_insight.insight import Insight
from number_insight.providers import options, transport
from number_insight.providers.base import Fault, Provider, Question
from number_insight.providers.http import JSONBody, Request, Response, basic_authorization
from number_insight.providers.twilio_errors import http_error, request_id_of
from number_insight.providers.twilio_packages import PACKAGES, SIGNALS
from number_insight.providers.twilio_wire import read_answer, read_batch
from number_insight.wording import with_detail

BASE_URL = "https://lookups.twilio.com"
DEFAULT_PACKAGES = ("line_status",)
NOT_IN_BATCH = frozenset({"phone_number_quality_score", "pre_fill"})
"""The packages that a batch query does not have."""


class Lookup(Provider):
    """Lookup v2 at Twilio, one number in each request.

    The credentials are `account_sid` and `auth_token`, or `api_key` and `api_secret`, which is
    what Twilio asks for in production. `packages` is what the level advanced asks beside the line
    type. The number stands in the URL of a GET, where only Twilio sees it; with `batch` it is in
    the body of a POST. `timeout` is in seconds for the whole call, `prices` map a package to USD.
    """

    title = "Twilio Lookup"
    vendor = "Twilio"
    regions: ClassVar[Mapping[str, str]] = {
        "lookups.twilio.com": "United States (US1)",
        "lookups.dublin.ie1.twilio.com": "Ireland (IE1)",
    }
    supports_cnam = True
    uses_transport = True
    currency = "USD"
    computes_price = True
    # Sums of price lists where there are any; the rest is a guess, and meant to be too high.
    default_prices = {
        "line_type_intelligence": "0.008",
        "caller_name": "0.01",
        "line_status": "0.007",
        "sms_pumping_risk": "0.025",
        "identity_match": "0.10",
        "sim_swap": "0.10",
        "call_forwarding": "0.10",
        "reassigned_number": "0.10",
        "phone_number_quality_score": "0.10",
        "pre_fill": "0.10",
    }
    price_names = PACKAGES
    live_keys: ClassVar[frozenset[str] | None] = frozenset({"line_status", "call_forwarding"})

    def __init__(
        self,
        *,
        account_sid: str = "",
        auth_token: str = "",
        api_key: str = "",
        api_secret: str = "",
        packages: Iterable[str] = DEFAULT_PACKAGES,
        batch: bool = False,
        base_url: str = BASE_URL,
        timeout: float = 20,
        prices: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(prices=prices)
        self._credentials: dict[str, object] = (
            {"api_key": api_key, "api_secret": api_secret}
            if any(one not in (None, "") for one in (api_key, api_secret))
            else {"account_sid": account_sid, "auth_token": auth_token}
        )
        self.packages: Any = tuple(packages) if isinstance(packages, list | tuple) else packages
        self.batch: Any = batch
        self.base_url = base_url.rstrip("/") if isinstance(base_url, str) else base_url
        self.timeout = timeout
        self.signals = _signals(self._known_packages)

    def lookup(self, question: Question) -> Insight:
        """Ask `question`, wait, and return the answer."""
        packages = self._packages(question)
        self._require_credentials()
        ask = self._ask_batch if self.batch else self._ask
        insight = ask(question, packages)
        if "caller" in self.signals[question.level] and "caller_name" not in packages:
            reason = "not_applicable" if question.cnam else "not_asked"
            insight = replace(insight, missing={**insight.missing, "caller": reason})
        return insight if insight.number else replace(insight, number=question.number)

    def price(self, question: Question) -> Decimal:
        """Return the price of all packages of `question`; `lookup` books those answered."""
        return self._sum(self._packages(question))

    def parts(self, level: str) -> Mapping[str, tuple[str, ...]]:
        """Return the packages of `level`, which have no parameters; a caller name comes besides."""
        return dict.fromkeys(self._packages(Question(number="", level=level)), ())

    def check(self) -> Iterable[Fault]:
        """Yield the faults of the options."""
        yield from super().check()
        yield from options.credential_faults(self._credentials)
        yield from options.url_faults("base_url", self.base_url)
        yield from self._package_faults()
        if not isinstance(self.batch, bool):
            yield Fault(
                id="E013",
                message=f"batch is {self.batch!r}, not True or False.",
                hint="True asks by POST, which keeps the number out of the URL.",
            )
        yield from options.timeout_faults(self.timeout)

    def _package_faults(self) -> Iterable[Fault]:
        if not isinstance(self.packages, tuple):
            yield Fault(
                id="E013",
                message=f"packages is no list of names: {self.packages!r}.",
                hint=f"For example {list(DEFAULT_PACKAGES)!r}.",
            )
            return
        for name in self.packages:
            if name not in PACKAGES:
                yield Fault(
                    id="E013",
                    message=f"Twilio has no package {name!r}.",
                    hint=did_you_mean(str(name), PACKAGES),
                )
            elif self.batch and name in NOT_IN_BATCH:
                yield Fault(
                    id="E013",
                    message=f"a batch query has no package {name!r}.",
                    hint="Leave it out of packages, or batch out of OPTIONS.",
                )

    @property
    def _known_packages(self) -> tuple[str, ...]:
        """The packages of the option that exist, so that a typing error breaks no lookup."""
        named = self.packages if isinstance(self.packages, tuple) else ()
        absent = NOT_IN_BATCH if self.batch else frozenset()
        return tuple(name for name in PACKAGES if name in named and name not in absent)

    def _packages(self, question: Question) -> tuple[str, ...]:
        """Return the packages that answer `question`, of which basic has none."""
        level = question.level
        if level not in self.levels:
            raise Unsupported(f"There is no level {level!r}; there are {', '.join(self.levels)}.")
        if level == "basic":
            return ()
        named = self._known_packages if level == "advanced" else ()
        asked = {"line_type_intelligence", *named}
        if question.cnam:
            asked.add("caller_name")
        if numbers.country(question.number) != "US":  # the caller name exists for US numbers only
            asked.discard("caller_name")
        return tuple(name for name in PACKAGES if name in asked)

    def _require_credentials(self) -> None:
        missing = [name for name, value in self._credentials.items() if not options.text_of(value)]
        if missing:
            raise BadCredentials(with_detail(options.LACKING, " and ".join(missing)))

    def _ask(self, question: Question, packages: tuple[str, ...]) -> Insight:
        query = f"?{urlencode({'Fields': ','.join(packages)})}" if packages else ""
        request = Request(
            url=f"{self.base_url}/v2/PhoneNumbers/{quote(question.number, safe='')}{query}",
            body=b"",
            headers={"Authorization": self._basic()},
            method="GET",
            is_free=not packages,
            hides_path=True,
        )
        response = self._send(request)
        return read_answer(
            response.body, asked=packages, request_id=request_id_of(response), prices=self._sum
        )

    def _ask_batch(self, question: Question, packages: tuple[str, ...]) -> Insight:
        name = uuid4().hex
        item = {
            "correlation_id": name,
            "phone_number": question.number,
            "fields": list(packages or ("validation",)),
        }
        body = JSONBody({"phone_numbers": [item]})
        del item  # an error report shows the variables of a frame
        request = body.to(f"{self.base_url}/v2/batch/query", Authorization=self._basic())
        response = self._send(replace(request, is_free=not packages))
        return read_batch(
            response.body,
            item=name,
            asked=packages,
            request_id=request_id_of(response),
            prices=self._sum,
        )

    def _send(self, request: Request) -> Response:
        response = transport.send(request, timeout=self.seconds)
        error = http_error(response)
        if error is not None:
            raise error
        return response

    def _basic(self) -> str:
        return basic_authorization(*map(options.text_of, self._credentials.values()))

    def _sum(self, packages: Iterable[str]) -> Decimal:
        """Return the price of `packages`, in USD."""
        return sum(map(self.amount, packages), Decimal(0))


def _signals(packages: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return the signals of each level if advanced asks `packages`."""
    standard = frozenset({"country", *SIGNALS["line_type_intelligence"], "caller"})
    told = (signal for name in packages for signal in SIGNALS[name])
    return {
        "basic": frozenset({"country"}),
        "standard": standard,
        "advanced": standard.union(told),
    }
