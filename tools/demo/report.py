"""What the demo shows at the end, and what it holds against the promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from tools.demo.crowd import Guest
from tools.demo.history import DAYS
from tools.demo.review import DESK, OVERVIEW
from tools.demo.stage import LOGIN, Stage

COLOURS = {"allow": "green", "review": "yellow", "deny": "red", "pending": "magenta"}
TURNED_AWAY = "turned away, no lookup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the crowd: the records, by guest, and the ledger of the sandbox.

    `taken` is how often the form of each guest was taken.
    """

    guests: list[Guest]
    taken: Mapping[str, int]
    records: list[dict[str, Any]]
    ledger: Mapping[str, Any]

    def records_of(self, guest: Guest) -> list[dict[str, Any]]:
        return [record for record in self.records if record["email"] == guest.email]

    @property
    def charged(self) -> dict[str, Decimal]:
        """The amount charged in each currency; in one of them at least, be it 0."""
        accounts = self.ledger["accounts"].items()
        amounts = {currency: Decimal(account["charged"]) for currency, account in accounts}
        return {currency: paid for currency, paid in amounts.items() if paid} or {"EUR": Decimal(0)}


def broken_promises(outcome: Outcome) -> list[str]:
    """Return a sentence for each promise that was not kept."""
    found = [told for guest in outcome.guests for told in _broken_by_guest(outcome, guest)]
    return [*found, *_broken_by_ledger(outcome)]


def _broken_by_guest(outcome: Outcome, guest: Guest) -> Iterator[str]:
    wanted = 0 if guest.verdict is None else 1
    if outcome.taken[guest.who] != wanted:
        yield f"{guest.who}: the form was taken {outcome.taken[guest.who]} times, not {wanted}."
    records = outcome.records_of(guest)
    if len(records) != wanted:
        yield f"{guest.who}: there are {len(records)} records, not {wanted}."
    for record in records:
        if record["verdict"] != guest.verdict:
            yield f"{guest.who}: {record['verdict']}, but {guest.verdict} was promised."
        state = "active" if guest.verdict == "allow" else "held"
        if record["account"] not in ("", state):
            yield f"{guest.who}: the account is {record['account']}, not {state}."


def _broken_by_ledger(outcome: Outcome) -> Iterator[str]:
    if len(outcome.records) != sum(guest.verdict is not None for guest in outcome.guests):
        yield f"There are {len(outcome.records)} records in all, and some are nobody's."
    asked = Counter(entry["number"] for entry in outcome.ledger["entries"])
    allowed = Counter[str]()
    for record in outcome.records:
        times = [guest.asked for guest in outcome.guests if guest.email == record["email"]]
        allowed[record["number"]] = max([allowed[record["number"]], *times])
    for number in asked | allowed:
        if asked[number] != allowed[number]:
            yield f"{number} was asked {asked[number]} times, not {allowed[number]}."


def table(outcome: Outcome, title: str) -> Table:
    """Return a row for each guest: what was found, and whether it is what was promised."""
    drawn = Table(
        title=title,
        title_justify="left",
        caption="✓ is the verdict that the table of personas promises.",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for name in ("Who", "Number"):
        drawn.add_column(name, no_wrap=True)
    drawn.add_column("Flags", ratio=1)
    drawn.add_column("Score", justify="right", no_wrap=True)
    for name in ("Verdict", "Account"):
        drawn.add_column(name, no_wrap=True)
    for guest in outcome.guests:
        for row in _rows(outcome, guest):
            drawn.add_row(*row)
    return drawn


def _rows(outcome: Outcome, guest: Guest) -> Iterable[tuple[Text | str, ...]]:
    records = outcome.records_of(guest)
    if not records:
        return [(guest.who, guest.phone, TURNED_AWAY, "–", _verdict("", guest), "–")]
    return [_row(guest, record) for record in records]


def _row(guest: Guest, record: Mapping[str, Any]) -> tuple[Text | str, ...]:
    flags = [f"{code} {weight:+d}" for code, weight in record["flags"] if weight]
    return (
        guest.who,
        record["number"],
        ", ".join(flags) or "–",
        str(record["score"]),
        _verdict(record["verdict"], guest),
        record["account"] or "–",
    )


def _verdict(verdict: str, guest: Guest) -> Text:
    promised = guest.verdict or ""
    kept = ("✓", "green") if verdict == promised else (f"✗ {promised or 'none'}", "bold red")
    return Text.assemble((verdict or "none", COLOURS.get(verdict, "")), " ", kept)


def costs(outcome: Outcome) -> str:
    """Return what was asked and paid, according to the sandbox's ledger."""
    signups = len(outcome.records)
    asked = f"{signups} signups, {outcome.ledger['requests']} requests to the provider"
    return ", ".join([asked, *(_cost(*each, signups) for each in outcome.charged.items())])


def _cost(currency: str, charged: Decimal, signups: int) -> str:
    sign = {"EUR": "€", "USD": "$"}.get(currency, currency)
    per_thousand = charged / signups * 1000 if signups else Decimal(0)
    return f"{sign} {charged:.2f} charged: {sign} {per_thousand:.2f} per 1,000 signups."


def addresses(stage: Stage) -> Table:
    """Return where everything is, and how to get in."""
    drawn = Table.grid(padding=(0, 2))
    drawn.add_row("Site", stage.site_url)
    drawn.add_row("Desk", stage.site_url + DESK)
    drawn.add_row("Overview", f"{stage.site_url}{OVERVIEW}   {DAYS} days of earlier signups")
    drawn.add_row("Admin", f"{stage.site_url}/admin/   login {LOGIN}, password {stage.password}")
    drawn.add_row("Ledger", f"{stage.sandbox_url}/")
    return drawn
