"""The options of the sandbox's command line, and a server that is run with them."""

from __future__ import annotations

import errno
import signal
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from threading import Event, current_thread, main_thread
from types import FrameType
from typing import Any

from number_insight.sandbox.behaviour import DIALECTS
from number_insight.sandbox.server import Sandbox

DEFAULT_PORT = 8017

INTRODUCTION = """\
The sandbox answers at {url}  (stop it with Ctrl-C)
Page and ledger: {url}/  and  {url}/ledger.json

Ask it from your settings:

NUMBER_INSIGHT = {{
    "PROVIDERS": {{
        "default": {{
            "BACKEND": "number_insight.providers.vonage.NumberInsight",
            "OPTIONS": {{
                "api_key": "{key}",
                "api_secret": "{secret}",
                "base_url": "{url}/ni",
            }},
        }},
    }},
}}

For Identity Insights the BACKEND is "number_insight.providers.identity.IdentityInsights", with
"application_id", "private_key" and "base_url": "{url}". For Twilio it is
"number_insight.providers.twilio.Lookup", with "account_sid", "auth_token" and the same "base_url".

Numbers to try: +46 70 174 06 05 (clean), +46 70 174 06 11 (virtual), +46 70 174 06 12 (premium)
"""


class CannotServe(Exception):
    """The sandbox could not start; the message is a sentence for the person at the terminal."""


def add_options(parser: ArgumentParser) -> None:
    """Add the sandbox's options to `parser`."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen at (default: %(default)s)")
    add(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="the port; 0 takes any (default: %(default)s)",
    )
    add("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve https with this certificate and key")
    add("--key", help="the only api_key (or client_id) to accept; default: any")
    add("--secret", help="the secret of --key")
    add("--signature-secret", help="check signed requests with this secret")
    add(
        "--public-key",
        metavar="FILE",
        help="check the tokens of Identity Insights with this key (PEM)",
    )
    add("--balance", type=_amount, default="10.00", help="in each currency (default: %(default)s)")
    add("--delay", type=_seconds, default=0.0, help="seconds before each answer")
    add("--callback-delay", type=_seconds, default=0.2, help="seconds before a callback")
    add("--clock", type=_factor, default=1.0, help="how much faster callbacks are tried again")
    add("--throughput", type=_count, help="requests a second; what exceeds it is told to wait")
    add("--dialect", choices=DIALECTS, default="2018", help="the year whose answers are imitated")


def serve(options: Mapping[str, Any], write: Callable[[str], object]) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM); raise `CannotServe` if that is impossible."""
    sandbox = _sandbox(options)
    try:
        sandbox.start()
    except (OSError, OverflowError) as exc:
        raise CannotServe(_reason(exc, options)) from exc
    try:
        write(introduction(sandbox, options))
        _wait()
    except KeyboardInterrupt:
        pass
    finally:
        sandbox.stop()
    write("The sandbox has stopped.\n")


def introduction(sandbox: Sandbox, options: Mapping[str, Any]) -> str:
    """Return the text printed at the start: the URLs, and the settings that use them."""
    # Secrets stay out of terminals and logs, even for a sandbox.
    secret = "the one you chose" if options["secret"] else "any"
    return INTRODUCTION.format(url=sandbox.url, key=options["key"] or "any", secret=secret)


def _sandbox(options: Mapping[str, Any]) -> Sandbox:
    key, secret = options["key"], options["secret"]
    if bool(key) != bool(secret):
        raise CannotServe("Give --key and --secret together, or neither to accept any.")
    try:
        return Sandbox(
            options["host"],
            options["port"],
            credentials={key: secret} if key else None,
            tls=tuple(options["tls"]) if options["tls"] else None,
            **{name: options[name] for name in _PASSED_ON},
        )
    except OSError as exc:
        raise CannotServe(f"The file of --public-key cannot be read: {exc.strerror}.") from exc
    except ValueError as exc:
        raise CannotServe(str(exc)) from exc


_PASSED_ON = (
    *("signature_secret", "public_key", "balance", "throughput", "delay", "callback_delay"),
    *("dialect", "clock"),
)


def _reason(exc: OSError | OverflowError, options: Mapping[str, Any]) -> str:
    place = f"{options['host']}:{options['port']}"
    if isinstance(exc, OverflowError):
        return f"There is no port {options['port']}; ports go from 0 to 65535."
    if exc.errno == errno.EADDRINUSE:
        return f"{place} is taken by another program; choose another --port, or 0 for any."
    if exc.errno in (errno.EACCES, errno.EPERM):
        return f"{place} may not be used without more rights; choose a --port above 1023."
    if options["tls"] and (exc.errno in (None, errno.ENOENT) or "SSL" in type(exc).__name__):
        return f"The certificate and key of --tls cannot be used ({exc.strerror or exc})."
    return f"The sandbox cannot listen at {place}: {exc.strerror or exc}."


def _wait() -> None:
    """Wait for Ctrl-C or SIGTERM, and raise KeyboardInterrupt for either."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if current_thread() is not main_thread():  # only the main thread receives signals
        Event().wait()
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        Event().wait()
    finally:
        signal.signal(signal.SIGTERM, before)


def _amount(text: str) -> str:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ArgumentTypeError(f"{text!r} is not an amount, such as 10.00")
    return text


def _seconds(text: str) -> float:
    return _number(text, at_least=0.0, kind="a number of seconds")


def _factor(text: str) -> float:
    return _number(text, at_least=0.001, kind="a factor, such as 60")


def _count(text: str) -> int:
    return int(_number(text, at_least=1, kind="a number of requests"))


def _number(text: str, *, at_least: float, kind: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not at_least <= number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not {kind}")
    return number
