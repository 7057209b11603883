"""The statements of the rival, one for each step: each is a transaction of its own."""

from __future__ import annotations

from tests.benchmarks.rival_http import IDENTITY, NUMBER_INSIGHT

PERIODS = """
    INSERT INTO number_insight_spending (period, currency, reserved, spent, alerted)
    SELECT period, 'EUR', 0, 0, 0 FROM unnest(%(periods)s::text[]) AS period
    ON CONFLICT DO NOTHING
"""
CLAIM = """
    WITH taken AS (
        SELECT id, number FROM number_insight_numberinsightrecord
        WHERE state = 'queued' ORDER BY created_at
        LIMIT %(count)s FOR UPDATE SKIP LOCKED
    ), asked AS (
        INSERT INTO number_insight_lookup (
            provider, number, number_hash, level, country, cnam, delivery, state, open_key, claim,
            lease_until, attempts, request_id, number_refused, error, conflict, purse, reserved,
            reserved_on, currency, created_at, called_at
        )
        SELECT 'default', number, '', 'advanced', '', false, 'sync', 'calling',
            'default|advanced|' || number, gen_random_uuid(), now() + interval '80 seconds', 1,
            '', false, '', false, '', %(price)s::numeric, current_date, 'EUR', now(), now()
        FROM taken
        RETURNING id, number
    ), paced AS (
        UPDATE number_insight_pace
        SET next_at = greatest(next_at, extract(epoch FROM now()) * 1000000)
            + (SELECT count(*) FROM taken)
        WHERE provider = 'default'
    ), booked AS (
        UPDATE number_insight_spending
        SET reserved = reserved + %(units)s::bigint * (SELECT count(*) FROM taken)
        WHERE period = ANY(%(periods)s::text[]) AND currency = 'EUR'
    ), moved AS (
        UPDATE number_insight_numberinsightrecord AS record
        SET state = 'waiting', lookup_id = asked.id
        FROM asked JOIN taken USING (number)
        WHERE record.id = taken.id
    )
    SELECT id, number FROM asked
"""
_SAVE = """
    WITH told AS (
        SELECT * FROM unnest(
            %(lookups)s::bigint[], %(answers)s::jsonb[], %(prices)s::numeric[]
        ) AS told(lookup, answer, price)
    ), kept AS (
        UPDATE number_insight_lookup AS lookup
        SET state = 'answered', open_key = NULL, claim = NULL, lease_until = NULL,
            answered_at = now(), insight = answer, status = 0, price = told.price, reserved = 0,
            reserved_on = NULL, request_id = answer ->> 'request_id',
            balance = (answer ->> 'remaining_balance')::numeric
        FROM told WHERE lookup.id = told.lookup
    ), judged AS (
        UPDATE number_insight_numberinsightrecord AS record
        SET state = 'screened', basis = 'answer', verdict = 'allow', announced_verdict = 'allow',
            screened_at = now(), cost = told.price, score = 0, {facts}
        FROM told WHERE record.lookup_id = told.lookup AND record.state = 'waiting'
    )
    UPDATE number_insight_spending
    SET reserved = reserved - %(reserved)s, spent = spent + %(spent)s
    WHERE period = ANY(%(periods)s::text[]) AND currency = 'EUR'
"""
_CARRIER = """
    carrier_name = coalesce({current} ->> 'name', ''),
    original_carrier_name = coalesce({original} ->> 'name', ''),
    line_type = lower({current} ->> 'network_type'), country = coalesce({country}, '')
"""
_NUMBER_INSIGHT = (
    _CARRIER.format(
        current="(answer -> 'current_carrier')",
        original="(answer -> 'original_carrier')",
        country="answer ->> 'country_code'",
    )
    + """,
    carrier_country = coalesce(answer -> 'current_carrier' ->> 'country', ''),
    ported = answer ->> 'ported', valid_number = answer ->> 'valid_number'
"""
)
_IDENTITY = (
    _CARRIER.format(
        current="(answer -> 'insights' -> 'current_carrier')",
        original="(answer -> 'insights' -> 'original_carrier')",
        country="answer -> 'insights' -> 'format' ->> 'country_code'",
    )
    + """,
    carrier_country =
        coalesce(answer -> 'insights' -> 'current_carrier' ->> 'country_code', ''),
    valid_number = 'valid'
"""
)
SAVE = {
    NUMBER_INSIGHT: _SAVE.format(facts=_NUMBER_INSIGHT),
    IDENTITY: _SAVE.format(facts=_IDENTITY),
}
