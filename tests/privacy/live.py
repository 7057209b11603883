"""Signups whose numbers have live data, and the words that would tell of it."""

from __future__ import annotations

from typing import Any

from number_insight.models import NumberInsightRecord
from number_insight.rules import Flag
from number_insight.sandbox.server import Sandbox
from tests.support.stage import vonage

BASE = "+467017490"


TELLING = (
    *("roaming", "reachable", "undeliverable", "absent", "bad_number", "blacklisted", "handset"),
    *("validity", "place", '"FR"', "switched off", "blocks"),
)


def told(text: str) -> list[str]:
    """Return the words of `text` on the state of a phone, column names and "unknown" apart."""
    empty = '"country": null, "network_code": null, "network_name": null, "status": "unknown"'
    for said in (
        '"reachable": "unknown"',
        f'"roaming": {{{empty}}}',
        '"roaming_status": "unknown"',
        '"roaming_country": ""',
        '"real_time": null',
        '"ip_country": "FR"',  # where the IP of persona 20 is, not the phone
        '"country": "FR", "match": "mismatch"',
        '"kind": "place"',  # of a day's tally: the countries of numbers and IPs
    ):
        text = text.replace(said, "")
    return [word for word in TELLING if word in text]


def settings(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    return vonage(sandbox, LEVEL="advanced", LIMITS={}, SEND_IP=True, **more)


def words_of(record: NumberInsightRecord) -> set[tuple[str, int, bool]]:
    """Return the code and weight of each flag, and whether it is told apart as a live one."""
    return {(flag.code, flag.weight, flag.live) for flag in record.flags.all()}


def flag(weight: int, **options: Any) -> Flag:
    return Flag(code=f"code{weight}", weight=weight, message="Something.", **options)
