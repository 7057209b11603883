"""Text that people and machines type instead of a number."""

from __future__ import annotations

BAD = {
    "empty words": " ",
    "impossible": "+46",
    "too short": "+4670",
    "too long a number": "+4670174060512345678",
    "absurdly long": "+" + "9" * 5000,
    "letters": "call me",
    "vanity": "+1 800 FLOWERS",
    "a superscript": "+46701740605\u00b2",
    "an extension": "+46701740605 ext. 5",
    "an extension by RFC 3966": "tel:+46701740605;ext=5",
    "NUL": "+4670174\x000605",
    "only a plus": "+",
    "emoji": "📞 +46701740605",
    "half a surrogate pair": "+4670174060\ud800",
    "line feed": "+46701740605\n+46701740606",
    "markup": "<img src=x onerror=alert(1)>",
    "zero": "0",
}
