"""Number Insight at Vonage (formerly Nexmo): https://api.nexmo.com/ni."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from number_insight.exceptions import BadCredentials
from number_insight.providers import options, signing, transport
from number_insight.providers.base import Fault
from number_insight.providers.http import Form, Request, Response, basic_authorization
from number_insight.providers.v1 import NumberInsightV1
from number_insight.wording import with_detail

BASE_URL = "https://api.nexmo.com/ni"
_CHOICES = {
    "auth": ("basic", "query", "signature"),
    "format": ("json", "xml"),
    "signature_method": signing.METHODS,
}


class NumberInsight(NumberInsightV1):
    """Number Insight at Vonage, by POST, so that URLs hold neither numbers nor secrets.

    `auth` is the authentication: ``basic`` in a header (as in the reference,
    https://developer.vonage.com/en/api/number-insight), ``query`` as the parameters ``api_key``
    and ``api_secret`` (in the form, not in the URL), or ``signature`` with the account's signature
    secret. `timeout` is in seconds for the whole call, `prices` map a level to EUR.
    """

    title = "Vonage Number Insight"
    vendor = "Vonage"
    regions: ClassVar[Mapping[str, str]] = {"api.nexmo.com": "not bound to one region"}

    def __init__(
        self,
        *,
        api_key: str = "",
        api_secret: str = "",
        auth: str = "basic",
        signature_secret: str = "",
        signature_method: str = "md5hash",
        format: str = "json",
        base_url: str = BASE_URL,
        timeout: float = 20,
        prices: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(base_url=base_url, timeout=timeout, prices=prices)
        self.api_key, self.api_secret = options.text_of(api_key), options.text_of(api_secret)
        self.auth = auth
        self.signature_secret = options.text_of(signature_secret)
        self.signature_method = signature_method
        self.format = format
        self._given: dict[str, object] = {
            "api_key": api_key,
            "api_secret": api_secret,
            "signature_secret": signature_secret,
        }
        if format == "xml":  # the callbacks are XML as well
            self.callback_types = (*self.callback_types, "text/xml", "application/xml")

    def check(self) -> Iterable[Fault]:
        """Yield the faults of the options."""
        yield from super().check()
        yield from options.credential_faults(
            {name: self._given[name] for name in self._credentials()}
        )
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                yield Fault(
                    id="E013",
                    message=f"{name} {getattr(self, name)!r} is unknown.",
                    hint=f"Choose one of {', '.join(choices)}.",
                )

    def _credentials(self) -> dict[str, str]:
        if self.auth == "signature":
            return {"api_key": self.api_key, "signature_secret": self.signature_secret}
        return {"api_key": self.api_key, "api_secret": self.api_secret}

    def _post(self, path: str, form: Form) -> Response:
        missing = [name for name, value in self._credentials().items() if not value]
        if missing:
            raise BadCredentials(with_detail(options.LACKING, " and ".join(missing)))
        if self.signature_method not in signing.METHODS:
            raise BadCredentials(with_detail(options.UNUSABLE, "signature_method"))
        request = self._request(f"{self.base_url}/{path}/{self.format}", form)
        return transport.send(request, timeout=self.seconds)

    def _request(self, url: str, form: Form) -> Request:
        if self.auth == "basic":
            return form.to(url, Authorization=basic_authorization(self.api_key, self.api_secret))
        if self.auth == "signature":
            return self._signed(form).to(url)
        return form.plus(**self._credentials()).to(url)

    def _signed(self, form: Form) -> Form:
        form = form.plus(api_key=self.api_key, timestamp=str(int(time.time())))
        sig = signing.sign(form.fields, self.signature_secret, self.signature_method)
        return form.plus(sig=sig)
