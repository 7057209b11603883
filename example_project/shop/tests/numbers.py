"""What visitors type where a number belongs."""

from __future__ import annotations

CLEAN = "+46701740605"
VIRTUAL = "+46701740611"

WRONG = {
    "empty": "",
    "blank": "   ",
    "impossible": "+46 12",
    "absurdly long": "4670174060" * 500,
    "letters": "070-CALL-ME",
    "an extension": "+46 70 174 06 05 ext. 12",
    "an extension as in a link": "tel:+46-70-174-06-05;ext=12",
    "a NUL": "+4670174\x000605",
    "markup": "<script>alert(1)</script>",
    "an emoji": "☎️ 070-174 06 05",
}
