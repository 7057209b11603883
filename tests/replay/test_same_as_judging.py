"""A replay comes to what judging each record anew would come to."""

from __future__ import annotations

import pytest
from django.test import override_settings

from number_insight.insight import Insight
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.replay import rulesets
from number_insight.replay.report import Outcome
from number_insight.replay.run import Replayer
from number_insight.replay.stored import batches, settled
from number_insight.verdicts import judging
from tests.replay.stage import seed

pytestmark = pytest.mark.django_db


def outcomes(rule_set: rulesets.RuleSet) -> dict[int, Outcome]:
    replayer = Replayer(rule_set)
    return {
        outcome.case.record.pk: outcome
        for cases in batches(settled(), 300)
        for outcome in replayer.outcomes(cases)
    }


def test_a_replay_judges_many_records_as_judging_them_one_by_one_does():
    with override_settings(NUMBER_INSIGHT={"STORE_LIVE": True}):
        seed(2000, kept_live=True)
        known = NumberInsightRecord.objects.order_by("pk")[500]
        ListEntry.objects.create(action="deny", match="prefix", value="+46701740")
        ListEntry.objects.create(action="allow", match="ip", value="8.8.1.7")
        ListEntry.objects.create(action="allow", match="number", value=known.number)
        found = outcomes(rulesets.active())
        judged = list(NumberInsightRecord.objects.select_related("lookup").order_by("pk"))
        for record in judged[::4]:
            grounds = judging.answer_grounds(
                record.lookup, Insight.from_json(record.lookup.insight), record.basis
            )
            judgement, _insight = judging.consider(record, grounds)
            again = found[record.pk].judgement
            assert again is not None
            assert (again.verdict, again.score) == (judgement.verdict, judgement.score), record
            assert again.flags == judgement.flags
    kinds = {flag.code for outcome in found.values() for flag in outcome.judgement.flags}
    assert {"number_reused", "number_refused_before", "block_burst", "ip_volume"} <= kinds
    assert {"carrier_burst", "deny_prefix", "allow_number", "allow_wider"} <= kinds
