"""Firing what is due: one statement per batch claims, writes the effects and moves the clocks on.

The plan of each running clock stands in its row, so nothing is computed here, cost follows what is due and not what is
running, and a worker killed in the middle has written nothing. An instant is judged after all events of its second,
so it is fired when that second is over.
"""

from datetime import datetime

from django.db import connection, transaction

BATCH = 1000

_FIRE = """
WITH due AS MATERIALIZED (
    SELECT id, municipality_id, ticket_id, kind, cycle, plan_at, plan_percent
    FROM tickets_clock WHERE next_at < %(second)s
    ORDER BY next_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), passed AS MATERIALIZED (
    SELECT due.id, due.municipality_id, due.ticket_id, due.kind, due.cycle, step.at, step.percent, step.ordinality AS n
    FROM due CROSS JOIN LATERAL unnest(due.plan_at, due.plan_percent) WITH ORDINALITY AS step(at, percent)
    WHERE step.at < %(second)s
), written AS (
    INSERT INTO tickets_clockeffect (municipality_id, ticket_id, kind, cycle, percent, at, found_at)
    SELECT municipality_id, ticket_id, kind, cycle, percent, at, %(now)s FROM passed
    ON CONFLICT DO NOTHING RETURNING 1
), moved AS (
    UPDATE tickets_clock AS clock SET
        plan_at = clock.plan_at[done.n + 1 :], plan_percent = clock.plan_percent[done.n + 1 :],
        next_at = clock.plan_at[done.n + 1],
        breached_at = COALESCE(clock.breached_at, done.breach),
        due_at = CASE WHEN done.breach IS NULL THEN clock.due_at END,
        state = CASE WHEN done.breach IS NULL THEN clock.state ELSE 'breached' END
    FROM (SELECT id, max(n)::int AS n, min(at) FILTER (WHERE percent = 100) AS breach FROM passed GROUP BY id) AS done
    WHERE clock.id = done.id RETURNING 1
)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM written)
"""


def fire_batch(*, now: datetime, batch: int = BATCH) -> tuple[int, int]:
    """Fire at most `batch` due clocks at `now` (UTC). Returns clocks moved and effects written; runs as the worker."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FIRE, {"second": now.replace(microsecond=0), "now": now, "batch": batch})
        clocks, effects = cursor.fetchone()
    return clocks, effects


def fire_all(*, now: datetime, batch: int = BATCH) -> int:
    """Fire until nothing is due. Returns the number of effects written."""
    total = 0
    while True:
        clocks, effects = fire_batch(now=now, batch=batch)
        total += effects
        if clocks < batch:
            return total
