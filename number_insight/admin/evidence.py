"""The evidence on a record: its findings, the sentences that sum them up, and the score bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.utils.text import get_text_list
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from number_insight import loading
from number_insight.admin import display, links, naming, sentences
from number_insight.admin.rights import Rights
from number_insight.conf import app_settings
from number_insight.models import ListEntry, Lookup, NumberInsightRecord, RiskFlag
from number_insight.models.choices import FLAGGED, Basis, Lane, LookupState, Verdict
from number_insight.rules import explanation
from number_insight.rules.lists import ListRule

ALLOWED = ("allow_number", "allow_wider")
"""The codes of the flags that explain others away."""
FULL_SCALE = 100
"""The score at the end of the bar, unless the record or a threshold goes beyond it."""
MOST_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One flag as a reviewer reads it, with the cause if it does not count."""

    flag: RiskFlag
    label: str
    text: str
    points: str
    cause: str = ""
    entry: ListEntry | None = None
    entry_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The findings, counted and not, and two sentences on them."""

    counted: tuple[Finding, ...]
    folded: tuple[Finding, ...]
    why: str
    otherwise: str
    failed: tuple[str, ...] = ()
    """The names of the rules that failed themselves."""
    not_evaluable: tuple[str, ...] = ()


def evidence(record: NumberInsightRecord, site: AdminSite, rights: Rights) -> Evidence:
    """Return the evidence on `record`, with list entries if the user may view them."""
    flags = list(record.flags.all())
    labels = display.flag_labels()
    entries = _entries(flags) if rights.view_lists else {}
    found = [_finding(flag, flags, labels, entries, site) for flag in flags]
    return Evidence(
        counted=tuple(finding for finding in found if finding.flag.counted),
        folded=tuple(finding for finding in found if not finding.flag.counted),
        why=why(record, flags, labels),
        otherwise=otherwise(record, flags, labels),
        failed=tuple(display.named(code, labels) for code in record.raised_rules),
        not_evaluable=tuple(display.named(code, labels) for code in record.not_evaluable),
    )


def _entries(flags: Iterable[RiskFlag]) -> dict[int, ListEntry]:
    keys = {key for flag in flags if (key := _entry_key(flag)) is not None}
    if not keys:
        return {}
    return ListEntry.objects.select_related("author").in_bulk(keys)


def _entry_key(flag: RiskFlag) -> int | None:
    """Return the key of the list entry that made `flag`, if it came from a list."""
    key = flag.evidence.get("entry") if isinstance(flag.evidence, Mapping) else None
    return key if isinstance(key, int) and flag.group == ListRule.group else None


def _finding(
    flag: RiskFlag,
    flags: Sequence[RiskFlag],
    labels: Mapping[str, str],
    entries: Mapping[int, ListEntry],
    site: AdminSite,
) -> Finding:
    entry = entries.get(_entry_key(flag) or 0)
    return Finding(
        flag=flag,
        label=display.named(flag.code, labels),
        text=flag.text,
        points=f"{flag.weight:+}" if flag.weight else "0",
        cause="" if flag.counted else _cause(flag, flags, labels),
        entry=entry,
        entry_url=links.change_url(site, ListEntry, entry.pk) if entry else None,
    )


def _cause(flag: RiskFlag, flags: Sequence[RiskFlag], labels: Mapping[str, str]) -> str:
    """Return the cause for which `flag` does not count."""
    if flag.shadow:
        return _("on trial")
    heavier = next((one for one in flags if _outweighs(one, flag)), None)
    if heavier is not None:
        named_so = {"flag": display.named(heavier.code, labels), "weight": heavier.weight}
        return _("outweighed by %(flag)s (%(weight)s)") % named_so
    allowing = next((one for one in flags if one.code in ALLOWED and one.counted), None)
    key = _entry_key(allowing) if allowing is not None else None
    if key is not None:
        return _("explained by list entry %(entry)s") % {"entry": key}
    if allowing is not None:
        return _("explained by the allow list")
    return _("explained by other facts")


def _outweighs(one: RiskFlag, other: RiskFlag) -> bool:
    is_heavier = one.weight >= other.weight and one.pk != other.pk
    return bool(one.counted and other.group and one.group == other.group and is_heavier)


def why(record: NumberInsightRecord, flags: Sequence[RiskFlag], labels: Mapping[str, str]) -> str:
    """Return one sentence on the reason of the verdict."""
    if record.lane == Lane.NO_ANSWER:
        return _no_answer(record)
    if record.lane == Lane.FAULT:
        names = [display.named(code, labels) for code in record.raised_rules]
        return _("A rule failed itself, so a person has to look: %(rules)s.") % {
            "rules": get_text_list(names, _("and")) or "?"
        }
    if record.lane == Lane.BUDGET:
        if record.basis == Basis.LIMIT:
            return _("Nothing was looked up: too many lookups came from one source.")
        return _("Nothing was looked up: the budget was spent.")
    return _sum(record, [flag for flag in flags if flag.counted and flag.weight > 0], labels)


def _sum(record: NumberInsightRecord, risks: Sequence[RiskFlag], labels: Mapping[str, str]) -> str:
    if not risks:
        return _("Nothing speaks against the signup.")
    names = [display.named(flag.code, labels) for flag in risks]
    if len(names) > MOST_NAMED:
        more = _("%(count)s more") % {"count": len(names) - MOST_NAMED + 1}
        names = [*names[: MOST_NAMED - 1], more]
    threshold = app_settings.THRESHOLDS.get(record.verdict)
    told = {
        "flags": get_text_list(names, _("and")),
        "score": record.score,
        "verdict": record.get_verdict_display(),
        "threshold": threshold,
    }
    if threshold is None or record.score < threshold:
        message = _("%(flags)s: %(score)s points.")
    elif len(risks) == 1:
        message = _("%(flags)s alone: %(score)s points, and “%(verdict)s” begins at %(threshold)s.")
    else:
        message = _("%(flags)s: %(score)s points, and “%(verdict)s” begins at %(threshold)s.")
    return message % told


def _no_answer(record: NumberInsightRecord) -> str:
    """Return the cause of a missing answer, and when the question is asked again."""
    lookup: Lookup | None = record.lookup
    if lookup is None:
        if not record.note:
            return _("No answer could be had.")
        return _("No answer could be had. %(cause)s") % {"cause": sentences.translated(record.note)}
    told = {
        "provider": naming.provider_name(lookup.provider),
        "at": _time(lookup.called_at or lookup.created_at),
    }
    first = _("No answer from %(provider)s (%(at)s).") % told
    return " ".join(filter(None, (first, _failure(lookup.error), _again(lookup))))


def _failure(error: str) -> str:
    """Return `error` as a sentence; it may be English, so it stands apart from right to left."""
    text = sentences.translated(error)
    if not text:
        return ""
    text = text if text[-1] in ".!?…" else f"{text}."
    return (
        f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
        if get_language_bidi()
        else text
    )


def _time(moment: Any) -> str:
    return display.moment_text(moment, "SHORT_DATETIME_FORMAT")


def _again(lookup: Lookup) -> str:
    if lookup.state == LookupState.QUEUED and lookup.next_try_at:
        return _("It is asked again at %(at)s.") % {"at": _time(lookup.next_try_at)}
    if lookup.state in (LookupState.CALLING, LookupState.SUBMITTED, LookupState.QUEUED):
        return _("The answer is on its way.")
    if lookup.state == LookupState.UNCERTAIN:
        return _("It may have been paid for, so it is not asked again by itself.")
    return _("It is not asked again by itself.")


def otherwise(
    record: NumberInsightRecord, flags: Sequence[RiskFlag], labels: Mapping[str, str]
) -> str:
    """Return a sentence on the changes that would have let the signup pass, or ""."""
    if record.lane != Lane.RISK or record.verdict not in FLAGGED:
        return ""
    try:
        conditions = {rule.code: rule.otherwise for rule in loading.rules()}
    except ImproperlyConfigured:  # reported by the checks; records stay readable
        conditions = {}
    titles = {flag.code: display.named(flag.code, labels) for flag in flags}
    thresholds = app_settings.THRESHOLDS
    return explanation.counterfactual(flags, thresholds, conditions, translate=_, titles=titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the score bar, in per cent from its left end, with its text."""

    at: int
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBar:
    """The score on a scale with the thresholds, in per cent of the bar."""

    start: int
    width: int
    score: Mark
    marks: tuple[Mark, ...]
    label: str


def score_bar(record: NumberInsightRecord) -> ScoreBar:
    """Return the bar for `record`; it begins at the right where the language does."""
    thresholds = {
        name: app_settings.THRESHOLDS[name] for name in FLAGGED if name in app_settings.THRESHOLDS
    }
    end = max(FULL_SCALE, record.score, *thresholds.values())
    width = round(100 * max(0, record.score) / end)
    verdicts = dict(Verdict.choices)
    marks = [
        _mark(round(100 * score / end), f"{verdicts[name]} {score}")
        for name, score in thresholds.items()
    ]
    told = display.comma().join(
        _("%(verdict)s from %(score)s") % {"verdict": verdicts[name], "score": score}
        for name, score in thresholds.items()
    )
    return ScoreBar(
        start=100 - width if get_language_bidi() else 0,
        width=width,
        score=_mark(width, str(record.score)),
        marks=tuple(marks),
        label=_("Score %(score)s: %(scale)s") % {"score": record.score, "scale": told},
    )


def _mark(at: int, text: str) -> Mark:
    at = 100 - at if get_language_bidi() else at
    return Mark(at=at, text=text, anchor="start" if at < 8 else "end" if at > 92 else "middle")
