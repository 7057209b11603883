"""The project's own allow and deny lists."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers, spelling
from number_insight.addresses import canonical_network, is_partly_public, masked_ip
from number_insight.conf import app_settings
from number_insight.exceptions import InvalidNumber
from number_insight.models.choices import ListAction, ListMatch
from number_insight.models.fingerprints import LENGTH
from number_insight.models.isolation import isolated
from number_insight.providers import scalars

IP_LASTS = timedelta(days=7)
"""The default lifetime of an entry for an IP, since addresses change hands."""
SHORTEST_PREFIX, LONGEST_PREFIX = 1, 14
UNKEPT = "#"
"""The beginning of a value that is the fingerprint of a number, not the number."""
_UNKEPT = re.compile(rf"{UNKEPT}[0-9a-f]{{{LENGTH}}}")


class ListEntryQuerySet(QuerySet[Any]):
    """A queryset of list entries."""

    def in_force(self) -> ListEntryQuerySet:
        """Return the entries that have not expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class ListEntry(models.Model):
    """An entry of the allow list or the deny list, written by people only.

    The most specific entry wins: number, ip, prefix, carrier, country; on a tie deny. `save`
    normalises the value, and raises `ValidationError` for an invalid one or an unknown action. An
    IP expires in a week unless `expires_at` is set on the first save.
    """

    action = models.CharField(_("action"), max_length=10, choices=ListAction.choices)
    match = models.CharField(_("what it matches"), max_length=10, choices=ListMatch.choices)
    value = models.CharField(_("value"), max_length=200)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    hits = models.PositiveIntegerField(_("hits"), default=0, editable=False)
    """The number of records that the entry has decided."""
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ListEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("list entry")
        verbose_name_plural = _("list entries")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["match", "value"], name="ni_list_entry")]

    def __str__(self) -> str:
        value = isolated(self.masked_value)
        parts = (self.get_action_display(), self.get_match_display(), value)
        return " ".join(filter(None, parts))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.action not in ListAction.values:  # it would decide nothing, and hide a denial
            message = f"There is no action {self.action!r}. Known are: {', '.join(ListAction)}."
            raise ValidationError({"action": message}, code="invalid_choice")
        self.value = normalised(self.match, self.value)
        if self.match == ListMatch.IP and self.expires_at is None and self._state.adding:
            self.expires_at = timezone.now() + IP_LASTS
        super().save(*args, **kwargs)

    def clean(self) -> None:
        try:
            self.value = normalised(self.match, self.value)
        except ValidationError as error:
            raise ValidationError({"value": error}) from error

    @property
    def is_unkept(self) -> bool:
        """Whether it matches a number by its fingerprint, since the number is not kept."""
        return self.match == ListMatch.NUMBER and self.value.startswith(UNKEPT)

    @property
    def masked_value(self) -> str:
        """The value for everybody's eyes: a number, its beginning or an IP is masked."""
        if self.is_unkept:
            return gettext("a number that is not kept")
        if self.match == ListMatch.NUMBER:
            return numbers.recognisable(self.value)
        if self.match == ListMatch.PREFIX:  # with the last two digits it might be a number
            return numbers.recognisable_beginning(self.value)
        return masked_ip(self.value) if self.match == ListMatch.IP else self.value

    def overlapping(self) -> QuerySet[ListEntry]:
        """Return the other entries in force whose matches overlap with those of this one."""
        others = ListEntry.objects.in_force().filter(match=self.match).exclude(pk=self.pk)
        if self.match == ListMatch.PREFIX:
            shorter = [self.value[:length] for length in range(2, len(self.value))]
            return others.filter(Q(value__in=shorter) | Q(value__startswith=self.value))
        if self.match == ListMatch.IP:
            return others.filter(pk__in=[entry.pk for entry in others if self._overlaps(entry)])
        if self.match == ListMatch.CARRIER:
            return others.filter(value__iexact=self.value)
        return others.filter(value=self.value)

    def _overlaps(self, other: ListEntry) -> bool:
        one, two = (ipaddress.ip_network(entry.value, strict=False) for entry in (self, other))
        return one.version == two.version and one.overlaps(two)


def normalised(match: str, value: str) -> str:
    """Return `value` in the canonical form of entries; raise `ValidationError` if invalid."""
    value = spelling.visible(str(value))
    write = _FORMS.get(match)
    if not value or write is None:
        raise ValidationError(_("Enter what the entry matches."), code="required")
    return write(value)


def unkept_value(number_hash: str) -> str:
    """Return the value of an entry for a number of which only the fingerprint is kept."""
    return f"{UNKEPT}{number_hash}"


def _number(value: str) -> str:
    if _UNKEPT.fullmatch(value):
        return value
    try:
        return numbers.normalise(value, app_settings.default_region)
    except InvalidNumber as error:
        raise ValidationError(_("Enter one phone number with its country code.")) from error


def _ip(value: str) -> str:
    try:
        network = canonical_network(value)
    except ValueError as error:
        raise ValidationError(_("Enter an IP address, or a network as 8.8.8.0/24.")) from error
    if not is_partly_public(network):
        raise ValidationError(
            _("This is no public address, and only public ones are compared with the lists.")
        )
    return network


def _prefix(value: str) -> str:
    plain = spelling.cleaned(value.rstrip("*")).translate(str.maketrans("", "", " -()."))
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    digits = plain.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or digits.startswith("0"):
        raise ValidationError(_("Enter the beginning of a number with its country code: +4670."))
    if not SHORTEST_PREFIX <= len(digits) <= LONGEST_PREFIX:
        raise ValidationError(_("This is too long for the beginning of a number."))
    _check_beginning(f"+{digits}")
    return f"+{digits}"


def _check_beginning(prefix: str) -> None:
    """Raise `ValidationError` if no number in its canonical form begins with `prefix`."""
    found = numbers.best_beginnings(prefix)
    if prefix in found:
        return
    if not found:
        raise ValidationError(_("No number begins with %(prefix)s."), params={"prefix": prefix})
    raise ValidationError(
        _("No number is kept with %(prefix)s in front; write %(other)s."),
        params={"prefix": prefix, "other": min(found)},
    )


def _carrier(value: str) -> str:
    value = spelling.words(value)
    if len(value) > 200:
        raise ValidationError(_("This is too long for the name of a carrier."))
    if scalars.text(value) is None:  # as an answer leaves out a carrier with this name
        raise ValidationError(_("A carrier that is not known has no name to be found by."))
    return value


def _country(value: str) -> str:
    country = value.upper()
    if country not in numbers.REGIONS:
        raise ValidationError(_("Enter the two letters of a country: SE."))
    return country


_FORMS: dict[str, Callable[[str], str]] = {
    "number": _number,
    "ip": _ip,
    "prefix": _prefix,
    "carrier": _carrier,
    "country": _country,
}
