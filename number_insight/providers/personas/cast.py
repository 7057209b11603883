"""`PERSONAS`: all personas of the sandbox, by the last two digits of the number."""

from __future__ import annotations

from typing import Any

from number_insight.insight import UNKNOWN
from number_insight.providers.personas.persona import Persona

_NOT_LIVE: dict[str, Any] = {"reachable": UNKNOWN, "roaming": UNKNOWN, "outcome": 1}
"""A line without live data, as is normal for landlines and US numbers."""

_NO_ANSWER: dict[str, Any] = {"verdict": "review"}
_RETRIED: dict[str, Any] = {"verdict": "pending"}


def _persona(ending: str, name: str, title: str, score: int = 0, **facts: Any) -> Persona:
    verdict = facts.pop("verdict", "deny" if score >= 80 else "review" if score >= 30 else "allow")
    return Persona(ending=ending, name=name, title=title, score=score, verdict=verdict, **facts)


CLEAN = _persona("05", "clean-mobile", "A mobile phone at home, nothing to say against it")

LINES = (
    CLEAN,
    _persona("11", "virtual", "A virtual number, rented by the hour", 30, line_type="virtual"),
    _persona("12", "premium", "A premium-rate line", 80, line_type="landline_premium", **_NOT_LIVE),
    _persona("13", "toll-free", "A toll-free line", 40, line_type="landline_tollfree", **_NOT_LIVE),
    _persona("14", "landline", "An ordinary landline", line_type="landline", **_NOT_LIVE),
    _persona("15", "pager", "A pager", 40, line_type="pager", **_NOT_LIVE),
    _persona(
        "16", "ported", "A mobile that changed networks", ported="ported", has_other_original=True
    ),
    _persona(
        "17",
        "assumed-ported",
        "A mobile that probably changed networks",
        ported="assumed_ported",
        has_other_original=True,
    ),
    _persona("18", "sim-swapped", "A mobile whose SIM was changed yesterday", sim_swapped_hours=20),
)

PLACES = (
    _persona(
        "20",
        "traveller",
        "A traveller on hotel Wi-Fi: roaming in France, and the IP is French too",
        5,
        roaming="roaming",
        roaming_country="FR",
        ip_country="FR",
    ),
    _persona(
        "21",
        "roaming-elsewhere",
        "Roaming in France while the IP is at home",
        15,
        roaming="roaming",
        roaming_country="FR",
    ),
    _persona("40", "vpn-user", "An IP in another country, and nothing else", 20, ip_country="NL"),
    _persona(
        "41",
        "virtual-abroad",
        "A virtual number with an IP in another country",
        50,
        line_type="virtual",
        ip_country="NL",
    ),
    _persona(
        "42",
        "virtual-dead-abroad",
        "A virtual number that takes no messages, with an IP in another country",
        75,
        line_type="virtual",
        reachable="undeliverable",
        ip_country="NL",
    ),
    _persona(
        "43",
        "virtual-not-valid",
        "A virtual number that was never given out",
        80,
        line_type="virtual",
        valid_number="not_valid",
        reachable=UNKNOWN,
    ),
    _persona(
        "44",
        "foreign-carrier",
        "A number whose network is in another country",
        20,
        carrier_country="NO",
    ),
    _persona(
        "45",
        "cable-line",
        "A household's telephone line over its cable connection",
        30,
        line_type="virtual",
        voip="fixed",
        **_NOT_LIVE,
    ),
    _persona("46", "sms-pumping", "A mobile that texts are sent to for the fee", pumping=95),
)

VALIDITY = (
    _persona("30", "absent", "A phone that is switched off", 10, reachable="absent"),
    _persona(
        "31", "undeliverable", "A phone that takes no messages", 25, reachable="undeliverable"
    ),
    _persona(
        "32",
        "bad-number",
        "A number that its network does not know",
        50,
        valid_number=UNKNOWN,
        reachable="bad_number",
        roaming=UNKNOWN,
    ),
    _persona("33", "blacklisted", "A number that its network blocks", 40, reachable="blacklisted"),
    _persona(
        "34",
        "not-valid",
        "A number that was never given out",
        50,
        valid_number="not_valid",
        **_NOT_LIVE,
    ),
    _persona(
        "35",
        "inferred-not-valid",
        "A number that is probably not in use",
        5,
        valid_number="inferred_not_valid",
        **_NOT_LIVE,
    ),
    _persona("36", "inferred", "A number that is probably in use", valid_number="inferred"),
)

PEOPLE = (
    _persona(
        "50",
        "us-style",
        "A mobile of a market that tells little: mostly partial",
        quirk="roaming_string",
        ported="assumed_not_ported",
        valid_number="inferred",
        **_NOT_LIVE,
    ),
    _persona(
        "51",
        "voip-user",
        "A Google Voice user: virtual, and honest",
        30,
        line_type="virtual",
        carrier_name="Google Voice",
        seems_mobile=True,
        **_NOT_LIVE,
    ),
    _persona("60", "family", "One number that a family shares"),
    _persona("61", "recycled", "A number that its network gave out again", has_other_original=True),
    _persona("62", "campus", "A student on a campus with one IP for all"),
)

ODDITIES = (
    _persona(
        "70", "partial-43", "Status 43: paid, and only a part is told", status=43, **_NOT_LIVE
    ),
    _persona("71", "partial-44", "Status 44, though everything is told", status=44, outcome=1),
    _persona(
        "72",
        "partial-45",
        "Status 45: a landline, and only a part is told",
        status=45,
        line_type="landline",
        **_NOT_LIVE,
    ),
    _persona(
        "73", "no-carrier", "The current carrier is null", has_carrier=False, quirk="null_carrier"
    ),
    _persona(
        "74",
        "empty-carrier",
        "The carriers are there, and all that they hold is null",
        has_carrier=False,
        quirk="null_members",
    ),
    _persona(
        "75", "no-porting", "Whether it is ported is null", ported=UNKNOWN, quirk="null_ported"
    ),
    _persona(
        "76",
        "nothing",
        "Nothing could be determined, and all is refunded",
        has_carrier=False,
        ported=UNKNOWN,
        valid_number=UNKNOWN,
        reachable=UNKNOWN,
        roaming=UNKNOWN,
        outcome=2,
        **_NO_ANSWER,
    ),
    _persona("77", "unknown-status", "Status 2147, which nobody knows", status=2147, **_NO_ANSWER),
    _persona(
        "78", "swapped-names", "First and last name are swapped in one place", quirk="swapped_names"
    ),
    _persona("79", "real-time", "The state of the handset is told unasked", has_real_time=True),
)

TROUBLES = (
    _persona("80", "hang", "No answer ever comes", fault="hang", **_NO_ANSWER),
    _persona("81", "drip", "The answer comes a byte at a time", fault="drip", **_NO_ANSWER),
    _persona("82", "half", "The answer breaks off in the middle", fault="half", **_NO_ANSWER),
    _persona("83", "html", "A proxy's HTML page comes instead", fault="html", **_NO_ANSWER),
    _persona("84", "empty", "The answer has no body", fault="empty", **_NO_ANSWER),
    _persona("85", "closed", "The connection closes instead", fault="close", **_NO_ANSWER),
    _persona("86", "redirect-302", "A redirect (302) comes instead", fault="302", **_NO_ANSWER),
    _persona("87", "redirect-307", "A redirect (307) comes instead", fault="307", **_NO_ANSWER),
    _persona("88", "http-500", "HTTP 500", fault="500", **_NO_ANSWER),
    _persona("89", "http-502", "HTTP 502", fault="502", **_NO_ANSWER),
    _persona("90", "http-503", "HTTP 503: not now", fault="503", **_RETRIED),
    _persona(
        "91", "busy-once", "Status 1 (busy) at first, then a clean mobile", status=1, once=True
    ),
    _persona("93", "refused", "Status 3: refused as a number", 50, status=3),
    _persona("94", "credentials", "Status 4: bad credentials", status=4, **_RETRIED),
    _persona("95", "internal-error", "Status 5: internal error", status=5, **_NO_ANSWER),
    _persona("96", "unparseable", "Status 999: request unparseable", 50, status=999),
    _persona("97", "not-allowed", "Status 19: level not enabled", status=19, **_RETRIED),
    _persona("98", "no-callback", "A clean mobile whose callback never comes", callback="never"),
    _persona("99", "no-credit", "Status 9: the account is out of credit", status=9, **_RETRIED),
)

PERSONAS: tuple[Persona, ...] = tuple(
    sorted(
        LINES + PLACES + VALIDITY + PEOPLE + ODDITIES + TROUBLES,
        key=lambda persona: persona.ending,
    )
)
"""Every persona, by ending."""

_BY_ENDING = {persona.ending: persona for persona in PERSONAS}
_BY_NAME = {persona.name: persona for persona in PERSONAS}


def persona_for(number: str) -> Persona:
    """Return the persona with the last two digits of `number`, or the clean mobile."""
    digits = "".join(char for char in number if char.isdigit())
    return _BY_ENDING.get(digits[-2:], CLEAN)


def persona_named(name: str) -> Persona:
    """Return the persona with this name or ending; raise LookupError if it does not exist."""
    found = _BY_NAME.get(name) or _BY_ENDING.get(name)
    if found is None:
        raise LookupError(
            f"there is no persona {name!r}; see number_insight.providers.personas.PERSONAS"
        )
    return found
