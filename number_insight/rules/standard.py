"""`STANDARD`: the default of the setting ``RULES``."""

from __future__ import annotations

from typing import Any

STANDARD: list[dict[str, Any]] = [
    {"NAME": "number_insight.rules.lists.AllowNumber", "OPTIONS": {}},
    {"NAME": "number_insight.rules.lists.DenyNumber", "OPTIONS": {}},
    {"NAME": "number_insight.rules.lists.DenyIP", "OPTIONS": {}},
    {"NAME": "number_insight.rules.lists.DenyPrefix", "OPTIONS": {}},
    {"NAME": "number_insight.rules.lists.DenyCarrier", "OPTIONS": {}},
    {"NAME": "number_insight.rules.lists.DenyCountry", "OPTIONS": {}},
    {"NAME": "number_insight.rules.lists.AllowWider", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.Impossible", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.NotValid", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.BadNumber", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.RefusedNumber", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.Blacklisted", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.Undeliverable", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.NotInPlan", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.Absent", "OPTIONS": {}},
    {"NAME": "number_insight.rules.validity.InferredNotValid", "OPTIONS": {}},
    {"NAME": "number_insight.rules.line.Premium", "OPTIONS": {}},
    {"NAME": "number_insight.rules.line.TollFree", "OPTIONS": {}},
    {"NAME": "number_insight.rules.line.Pager", "OPTIONS": {}},
    {"NAME": "number_insight.rules.line.Virtual", "OPTIONS": {}},
    {"NAME": "number_insight.rules.line.Landline", "OPTIONS": {}},
    {"NAME": "number_insight.rules.place.IPMismatch", "OPTIONS": {}},
    {"NAME": "number_insight.rules.place.CarrierCountry", "OPTIONS": {}},
    {"NAME": "number_insight.rules.place.RoamingElsewhere", "OPTIONS": {}},
    {"NAME": "number_insight.rules.place.DeclaredCountry", "OPTIONS": {}},
    {"NAME": "number_insight.rules.place.Roaming", "OPTIONS": {}},
    {"NAME": "number_insight.rules.history.NumberReused", "OPTIONS": {}},
    {"NAME": "number_insight.rules.history.NumberRefusedBefore", "OPTIONS": {}},
    {"NAME": "number_insight.rules.history.NumberReleasedBefore", "OPTIONS": {}},
    {"NAME": "number_insight.rules.source.BlockBurst", "OPTIONS": {}},
    {"NAME": "number_insight.rules.source.IPVolume", "OPTIONS": {}},
    {"NAME": "number_insight.rules.source.CarrierBurst", "OPTIONS": {}},
    {"NAME": "number_insight.rules.caller.CallerName", "OPTIONS": {}},
    {"NAME": "number_insight.rules.caller.CallerBusiness", "OPTIONS": {}},
]
"""The standard rules in the shape of ``RULES``; extend them as ``[*STANDARD, …]``, in a copy."""
