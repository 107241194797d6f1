"""Firing due clocks, against claiming them and nothing more, while ever more clocks run."""

import time
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from tests.bench.database import connect_as
from tests.bench.desk import execute
from tests.bench.measured import Measured
from tickets.sla.due import BATCH, fire_all

RUNNING = (10_000, 100_000, 1_000_000)
DUE = 10_000
RUNS = 3
FIRST_CYCLE = 1000
# Every ticket has its share of them; none is due for a month.
LOAD_RUNNING = """
INSERT INTO tickets_clock (municipality_id, ticket_id, kind, cycle, subject, state, is_paused, calendar, started_at,
    anchor_at, elapsed_s, paused_s, target_s, due_at, cause, void_reason, plan_at, plan_percent, next_at)
SELECT municipality_id, id, 'resolution', %(first)s + n / tickets, '', 'running', false, 'desk', now, now, 0, 0, 3600,
    ahead, '', '', ARRAY[ahead], ARRAY[100], ahead
FROM generate_series(%(present)s, %(wanted)s - 1) AS n
    JOIN (SELECT id, municipality_id, row_number() OVER (ORDER BY id) - 1 AS place FROM tickets_ticket) AS ticket
        ON ticket.place = n %% (SELECT count(*) FROM tickets_ticket),
    (SELECT count(*) AS tickets FROM tickets_ticket) AS of_all,
    LATERAL (SELECT %(now)s::timestamptz, %(now)s::timestamptz + interval '30 days' + n * interval '1 s')
        AS at(now, ahead)
"""
# One in so many, spread over the whole table: one warning is due, the breach lies ahead.
MAKE_DUE = """
UPDATE tickets_clock SET plan_at = ARRAY[%(past)s::timestamptz, due_at], plan_percent = ARRAY[%(percent)s, 100],
    next_at = %(past)s WHERE cycle BETWEEN %(first)s AND %(first)s + 9999 AND id %% %(every)s = 0
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
    """Per size the quickest of three runs of each, in turn, so that whatever else the machine does meets both."""
    connect_as("worker")
    now = timezone.now().replace(microsecond=0)
    execute("UPDATE tickets_clock SET next_at = NULL WHERE next_at < %s", [now])
    rows, present = [], 0
    for place, size in enumerate(RUNNING):
        execute(LOAD_RUNNING, {"first": FIRST_CYCLE, "present": present, "wanted": size, "now": now})
        present = size
        ours, bare = [], []
        for run in range(RUNS):
            percent = 10 * place + run + 1  # no effect of an earlier run is in the way
            bare.append(_time(_claim_bare, now, size=size, percent=percent))
            ours.append(_time(fire_all, now, size=size, percent=percent))
        rows.append(Measured(f"due clocks fired a second, {size:,} running", max(ours), max(bare), unit="/s"))
    connect_as("app")
    return [*rows, Measured(f"{RUNNING[-1]:,} running against {RUNNING[0]:,}", rows[-1].ours, rows[0].ours, unit="/s")]


def _time(claim, now, *, size, percent):
    """Clocks a second."""
    past = now - timedelta(minutes=1)
    execute(MAKE_DUE, {"past": past, "percent": percent, "first": FIRST_CYCLE, "every": size // DUE})
    due = execute("SELECT count(*) FROM tickets_clock WHERE next_at < %s", [now])
    execute("VACUUM ANALYZE tickets_clock")
    start = time.perf_counter()
    claimed = claim(now=now)
    taken = time.perf_counter() - start
    if claimed != due or not DUE * 0.9 < due < DUE * 1.1:
        raise SystemExit(f"{claimed} clocks were claimed where {due} were due.")
    return due / taken


def _claim_bare(*, now):
    total = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE_CLAIM, [now])
            claimed = cursor.fetchone()[0]
        total += claimed
        if claimed < BATCH:
            return total
