"""Versions of a judgement, by which a form on an outdated one is detected."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.utils.translation import gettext

from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The differences between two judgements of a record, with the codes of its flags."""

    verdict: str
    verdict_before: str
    score: int
    score_before: int
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The change of verdict and score, as a sentence."""
        return gettext(
            "Judged anew meanwhile: %(verdict)s with a score of %(score)s; "
            "before it was %(verdict_before)s with %(score_before)s."
        ) % {
            "verdict": _label(self.verdict),
            "verdict_before": _label(self.verdict_before),
            "score": self.score,
            "score_before": self.score_before,
        }


def _label(verdict: str) -> str:
    return str(dict(Verdict.choices).get(verdict, verdict))


def version(record: NumberInsightRecord) -> str:
    """Return the version of the judgement of `record`, for a hidden field of a form.

    It tells when the record was judged, its verdict, score, and the codes of its flags.
    """
    judged_at = record.screened_at.isoformat() if record.screened_at else ""
    return json.dumps([judged_at, record.verdict, record.score, _codes(record)])


def _codes(record: NumberInsightRecord) -> list[str]:
    return sorted({flag.code for flag in record.flags.all()})


def changes_since(record: NumberInsightRecord, made: str) -> Changes | None:
    """Return the changes since the version `made` of a form, or None without any.

    A new judgement with the same result is no change, and neither is a text that is no version.
    """
    try:
        _judged_at, verdict, score, codes = json.loads(made)
        before, score_before = {str(code) for code in codes}, int(score)
    except (RecursionError, TypeError, ValueError):
        return None
    now = set(_codes(record))
    if (verdict, score_before, before) == (record.verdict, record.score, now):
        return None
    return Changes(
        verdict=record.verdict,
        verdict_before=str(verdict),
        score=record.score,
        score_before=score_before,
        added=tuple(sorted(now - before)),
        removed=tuple(sorted(before - now)),
    )
