"""Firing due clocks, against claiming them and nothing more."""

import time
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from tests.bench.database import connect_as
from tests.bench.desk import execute
from tests.bench.measured import Measured
from tickets.sla.due import BATCH, fire_all

CLOCKS = 100_000
LOAD_DUE = f"""
INSERT INTO tickets_clock (municipality_id, ticket_id, kind, cycle, subject, state, is_paused, calendar, started_at,
    anchor_at, elapsed_s, paused_s, target_s, due_at, cause, void_reason, plan_at, plan_percent, next_at)
SELECT municipality_id, id, 'resolution', %(cycle)s + n, '', 'running', false, 'desk', %(past)s, %(past)s, 0, 0, 3600,
    %(ahead)s, '', '', ARRAY[%(past)s, %(ahead)s, %(ahead)s, %(ahead)s]::timestamptz[], ARRAY[50, 75, 90, 100], %(past)s
FROM tickets_ticket CROSS JOIN generate_series(1, (SELECT {CLOCKS} / count(*) + 1 FROM tickets_ticket)) AS n
LIMIT {CLOCKS}
"""
BARE_CLAIM = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM tickets_clock WHERE next_at < %s ORDER BY next_at, id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE tickets_clock AS clock SET next_at = NULL FROM due WHERE clock.id = due.id RETURNING 1
)
SELECT count(*) FROM claimed
"""


def claiming():
    """100,000 clocks that are due, fired by the worker, against claiming the same number and writing no effect."""
    connect_as("worker")
    now = timezone.now().replace(microsecond=0) - timedelta(days=1)
    execute("UPDATE tickets_clock SET next_at = NULL WHERE next_at < %s", [timezone.now()])
    bare = _time_claims(_claim_bare, now, cycle=1000)
    ours = _time_claims(_fire, now, cycle=2000)
    connect_as("app")
    return [Measured(f"{CLOCKS:,} due clocks: claimed, effects written, moved on", ours, bare, unit="s")]


def _time_claims(claim, now, *, cycle):
    past, ahead = now - timedelta(hours=1), now + timedelta(days=30)
    execute(LOAD_DUE, {"cycle": cycle, "past": past, "ahead": ahead})
    execute("VACUUM ANALYZE tickets_clock")
    start = time.perf_counter()
    claimed = claim(now)
    taken = time.perf_counter() - start
    if claimed != CLOCKS:
        raise SystemExit(f"{claimed} clocks were claimed where {CLOCKS} were due.")
    return taken


def _fire(now):
    return fire_all(now=now)


def _claim_bare(now):
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE_CLAIM, [now])
            claimed = cursor.fetchone()[0]
        total += claimed
        if claimed < BATCH:
            return total
