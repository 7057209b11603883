"""The wire format of Twilio Lookup v2: bytes in, an `Insight` or one of our exceptions out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from number_insight.exceptions import NumberInsightError, ProviderError
from number_insight.insight import Insight
from number_insight.providers import scalars
from number_insight.providers.alpha3 import ALPHA3
from number_insight.providers.documents import Document, Unreadable, read_json
from number_insight.providers.meanings import UNREADABLE
from number_insight.providers.personas.countries import country_of
from number_insight.providers.twilio_errors import (
    CANCELLED,
    INVALID,
    NOTHING_ANSWERED,
    item_error,
    package_error,
    warn,
)
from number_insight.providers.twilio_packages import (
    PACKAGES,
    SIGNALS,
    Package,
    cancelled,
    read_package,
)

Prices = Callable[[Iterable[str]], Decimal]


def read_answer(body: bytes, *, asked: tuple[str, ...], request_id: str, prices: Prices) -> Insight:
    """Return the answer to a GET about the packages `asked`, or raise our exception."""
    found = _answer(_read(body), asked, request_id, prices)
    del body  # here and below: error reports show the variables of a frame, and this holds numbers
    if isinstance(found, NumberInsightError):
        raise found
    return found


def read_batch(
    body: bytes, *, item: str, asked: tuple[str, ...], request_id: str, prices: Prices
) -> Insight:
    """Return the answer to the one `item` (its correlation id) of a batch, or raise."""
    document = _item(_read(body), item)
    error = item_error((document or {}).get("twilio_error_code"), request_id)
    found = error or _answer(document, asked, request_id, prices)
    del body, document
    if isinstance(found, NumberInsightError):
        raise found
    return found


def _read(body: bytes) -> Document | None:
    try:
        return read_json(body)
    except Unreadable:
        return None


def _item(document: Document | None, item: str) -> Document | None:
    """Return the one item that answers ours, or None."""
    items = (document or {}).get("phone_numbers")
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
        return None
    told = scalars.text(items[0].get("correlation_id"))
    return items[0] if told in (None, item) else None


def _answer(
    document: Document | None, asked: tuple[str, ...], request_id: str, prices: Prices
) -> Insight | ProviderError:
    if document is None or not _is_answer(document):
        return UNREADABLE.as_error(request_id=request_id)
    if document.get("valid") is False:
        return INVALID.as_error(request_id=request_id)
    packages = {name: _package(document, name) for name in PACKAGES if name in asked}
    paid = [name for name, package in packages.items() if package.is_paid]
    error = None if paid else _nothing_answered(packages, request_id)
    return error or _insight(document, packages, request_id, prices(paid))


def _is_answer(document: Document) -> bool:
    """Return whether `document` says if the number is valid, or holds a package."""
    if isinstance(document.get("valid"), bool):
        return True
    return any(isinstance(document.get(name), Mapping) for name in PACKAGES)


def _country(document: Document) -> str | None:
    return scalars.letters(document.get("country_code"), 2)


def _package(document: Document, name: str) -> Package:
    """Return the package `name` of `document`; one that is null is not covered."""
    found, country = document.get(name), _country(document)
    if not isinstance(found, Mapping):
        # A caller name of the US is paid for, even if there is none.
        is_paid = name == "caller_name" and country == "US"
        return Package(missing=dict.fromkeys(SIGNALS[name], "no_coverage"), is_paid=is_paid)
    error = package_error(found.get("error_code"))
    if error is None:
        return replace(read_package(name, found, country), is_paid=True)
    code, about = error
    warn(name, code, about)
    package = Package(missing=dict.fromkeys(SIGNALS[name], about.reason or ""))
    if code == CANCELLED:
        package = cancelled(name)
    elif about.reason is None:
        package = read_package(name, found, country)
    return replace(package, code=code, error=about.error, is_paid=about.is_paid)


def _nothing_answered(packages: Mapping[str, Package], request_id: str) -> ProviderError | None:
    """Return the exception of an answer in which nothing was paid for.

    It is None where that is only for want of coverage.
    """
    for kind, sentence in NOTHING_ANSWERED.items():
        codes = {name: package.code for name, package in packages.items() if package.error is kind}
        if codes:
            shown = ", ".join(f"{name} {code}" for name, code in codes.items())
            status = next(iter(codes.values()))
            return kind(f"{sentence[:-1]} ({shown}).", status=status, request_id=request_id)
    return None


def _insight(
    document: Document, packages: Mapping[str, Package], request_id: str, price: Decimal
) -> Insight:
    country = _country(document)
    place = country_of(country) if country else None
    return Insight(
        status=0,
        status_text=_notes(packages),
        request_id=request_id,
        number=scalars.number(document.get("phone_number")),
        national_format=scalars.text(document.get("national_format")),
        country=country,
        country_iso3=ALPHA3.get(country or ""),
        country_name=place.name if place else None,
        country_prefix=scalars.text(document.get("calling_country_code")),
        **_facts(packages),
        missing=_missing(packages),
        outcome=_outcome(packages),
        price=price if packages else None,
        raw=document,
    )


def _facts(packages: Mapping[str, Package]) -> dict[str, Any]:
    """Return the facts of all packages; where two tell the same, the first one counts."""
    facts: dict[str, Any] = {}
    for package in packages.values():
        facts = {**package.facts, **facts}
    return facts


def _missing(packages: Mapping[str, Package]) -> dict[str, str]:
    """Return the signals that no package tells, with the reason of the first that might have."""
    known = frozenset[str]().union(*(package.signals for package in packages.values()))
    missing: dict[str, str] = {}
    for package in packages.values():
        missing = {**package.missing, **missing}
    return {signal: reason for signal, reason in missing.items() if signal not in known}


def _outcome(packages: Mapping[str, Package]) -> int | None:
    """Return 0 if all packages are answered, 1 if some are, 2 if none is; None without any."""
    if not packages:
        return None
    if all(package.is_answered for package in packages.values()):
        return 0
    return 1 if any(package.is_answered or package.facts for package in packages.values()) else 2


def _notes(packages: Mapping[str, Package]) -> str:
    """Return the packages with an error, and the words that are not ours."""
    notes = [f"{name} {package.code or package.note}" for name, package in packages.items()]
    return ", ".join(note for note in notes if not note.endswith(" "))
