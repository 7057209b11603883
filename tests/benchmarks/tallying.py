"""Keeps the daily tallies of a database, and repeats them into the past until they are a year's.

``python -m tests.benchmarks.tallying`` works on the database of the environment.
"""

from __future__ import annotations

import django

FOREVER = 1e9
YEAR = 400
"""Days that are to have tallies."""
REPEAT = """
    INSERT INTO number_insight_dailytally ({columns})
    SELECT {values} FROM number_insight_dailytally AS t
    CROSS JOIN generate_series(1, {times}) AS back
    ON CONFLICT DO NOTHING
"""


def main() -> None:
    """Count the days of the records, and repeat them."""
    from django.db import connection  # noqa: PLC0415  Django has to be set up
    from django.db.models import Max, Min  # noqa: PLC0415

    from number_insight.models import DailyTally  # noqa: PLC0415
    from number_insight.overview import keeping  # noqa: PLC0415

    keeping.keep(patience=FOREVER)
    ends = DailyTally.objects.aggregate(first=Min("day"), last=Max("day"))
    span = (ends["last"] - ends["first"]).days + 1
    fields = [field.column for field in DailyTally._meta.concrete_fields if not field.primary_key]
    moved = {"day": f"t.day - back * {span}"}
    values = ", ".join(moved.get(column, f"t.{column}") for column in fields)
    with connection.cursor() as cursor:
        columns = ", ".join(fields)
        cursor.execute(REPEAT.format(columns=columns, values=values, times=YEAR // span))
        cursor.execute("ANALYZE number_insight_dailytally")


if __name__ == "__main__":
    django.setup()
    main()
