"""The sandbox's own page: the account, the requests, and the personas."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from string import Template

from number_insight.numbers import international
from number_insight.providers.personas import PERSONAS, STATUS_TEXT, Persona, Promise, promise
from number_insight.providers.personas.promises import NAMES
from number_insight.sandbox.faults import FAULTS
from number_insight.sandbox.ledger import EUR, CallbackAttempt, Entry, Ledger
from number_insight.sandbox.style import STYLE

_SIGNS = {EUR: "€", "USD": "$"}

SHOWN = 200
"""The number of requests on the page, the latest first; the ledger holds all of them."""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Number Insight sandbox</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<header>
<h1>Number Insight sandbox</h1>
<p>Answers as the providers do, on this machine. No number here is real, and no money is.</p>
<dl>
$accounts
<div><dt>Requests</dt><dd>$requests</dd></div>
</dl>
</header>
<main>
<section aria-labelledby="requests">
<h2 id="requests">Requests</h2>
$entries
</section>
<section aria-labelledby="personas">
<h2 id="personas">Personas</h2>
<p>The last two digits of a number decide how it is answered; other endings are a clean mobile.
The verdicts are those of the default rules, on an Advanced answer of each provider.</p>
<div class="scroll" role="region" tabindex="0" aria-label="The personas"><table>
<thead><tr><th>Ending</th><th>Number</th><th>What it is like</th>$providers</tr></thead>
<tbody>
$personas
</tbody>
</table></div>
</section>
</main>
<footer>The same in JSON: <a href="/ledger.json">ledger.json</a></footer>
</body>
</html>
""")

_HEAD = (
    "<thead><tr><th>Time (UTC)</th><th>Asked of</th><th>Number</th><th>With</th><th>Status</th>"
    '<th class="amount">Price</th><th class="amount">Refund</th><th class="amount">Balance</th>'
    "<th>Callbacks</th></tr></thead>"
)


def render(ledger: Ledger) -> bytes:
    """Return the page as UTF-8."""
    entries = ledger.entries
    page = _PAGE.substitute(
        style=STYLE,
        accounts="\n".join(_account(ledger, currency) for currency in ledger.currencies),
        requests=len(entries),
        entries=_entries(entries),
        providers="".join(f"<th>{escape(name)}</th>" for name in NAMES.values()),
        personas="\n".join(map(_persona, PERSONAS)),
    )
    return page.encode()


def _account(ledger: Ledger, currency: str) -> str:
    sign = _SIGNS.get(currency, currency)
    return (
        f"<div><dt>Balance</dt><dd>{sign} {ledger.balance_in(currency):.3f}</dd></div>\n"
        f"<div><dt>Charged</dt><dd>{sign} {ledger.charged_in(currency):.3f}</dd></div>"
    )


def _entries(entries: tuple[Entry, ...]) -> str:
    if not entries:
        return '<p class="none">Nothing has been asked yet.</p>'
    rows = "\n".join(map(_entry, reversed(entries[-SHOWN:])))
    hidden = len(entries) - SHOWN
    note = f"<p>The latest {SHOWN} of {len(entries)} requests.</p>" if hidden > 0 else ""
    region = '<div class="scroll" role="region" tabindex="0" aria-label="The requests">'
    return f"{note}{region}<table>{_HEAD}\n<tbody>\n{rows}\n</tbody></table></div>"


def _entry(entry: Entry) -> str:
    asked = f"{entry.deployment} · {entry.level}" + (" · async" if entry.is_async else "")
    return _row(
        f"<td>{entry.at:%H:%M:%S}</td>",
        f'<td class="whole">{escape(asked.rstrip(" ·"))}</td>',
        f"<td><code>{escape(_readable(entry.number))}</code></td>",
        f'<td class="with">{_params(entry)}</td>',
        f"<td>{_status(entry)}</td>",
        *(_amount(value, entry) for value in (entry.price, entry.refund, entry.balance)),
        f"<td>{_callbacks(entry.callbacks)}</td>",
    )


def _persona(persona: Persona) -> str:
    return _row(
        f"<td><code>{escape(persona.ending)}</code></td>",
        f"<td><code>{escape(international(persona.number))}</code></td>",
        f"<td>{escape(persona.title)} <small>{escape(persona.name)}</small></td>",
        *(f"<td>{_promise(promise(persona, provider))}</td>" for provider in NAMES),
    )


def _promise(promised: Promise) -> str:
    score = "–" if promised.score is None else promised.score
    return f"{_tag(promised.verdict, promised.verdict)} <small>{score}</small>"


def _row(*cells: str) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _params(entry: Entry) -> str:
    params = [f"{name}={value}" for name, value in entry.params.items() if name != "number"]
    return escape(", ".join(params)) or "–"


def _amount(value: Decimal, entry: Entry) -> str:
    sign = "" if entry.currency == EUR else f"{_SIGNS.get(entry.currency, entry.currency)} "
    return f'<td class="amount">{sign}{value:.3f}</td>'


def _readable(number: str) -> str:
    return international(number) if number.startswith("+") else number


def _status(entry: Entry) -> str:
    if entry.fault:
        return _tag("deny", entry.fault, FAULTS.get(entry.fault, ""))
    kind = {0: "allow", 200: "allow", 43: "review", 44: "review", 45: "review"}.get(
        entry.status or 0, "deny"
    )
    return _tag(kind, str(entry.status), STATUS_TEXT.get(entry.status or 0, ""))


def _tag(kind: str, text: str, title: str = "") -> str:
    return f'<span class="tag {escape(kind)}" title="{escape(title)}">{escape(text)}</span>'


def _callbacks(attempts: Iterable[CallbackAttempt]) -> str:
    shown = [f"{attempt.kind} {attempt.status or attempt.error}" for attempt in list(attempts)]
    return escape(", ".join(shown)) or "–"
