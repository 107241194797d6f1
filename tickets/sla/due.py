"""Firing what is due: one statement per batch claims, writes the effects and moves the clocks on.

The plan of each running clock stands in its row, so nothing is computed here, cost follows what is due and not what is
running, and a worker killed in the middle has written nothing. An instant is judged after all events of its second,
so it is fired when that second is over. What somebody has to hear is noted in the same statement, to be told by
`tickets.notifications`.

A plan made with an earlier version of its calendar is not fired once the new version is in force: it is made anew first
(`administration.replanning`), however long no worker ran, and then fires at the instants that are right.

A batch that fails is fired again in smaller parts, until the one clock to blame stands alone and is set aside
(`setting_aside`). What fails for a passing reason, such as a lost connection, fails as a whole and is due again.
"""

import json
import logging
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, connection, transaction

from tickets.notifications.models import WARNINGS
from tickets.notifications.occasions import WARN_OF
from tickets.sla import setting_aside
from tickets.sla.models import Clock, Replanning

BATCH = 1000
PARTS = 10
PASSING = (OperationalError, InterfaceError)

logger = logging.getLogger(__name__)

_FIRE = """
WITH due AS MATERIALIZED (
    SELECT id, municipality_id, ticket_id, kind, cycle, plan_at, plan_percent
    FROM tickets_clock WHERE next_at < %(second)s AND (%(only)s::bigint IS NULL OR id = %(only)s)
        AND calendar <> ALL (%(outdated)s)
    ORDER BY next_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), passed AS MATERIALIZED (
    SELECT due.id, due.municipality_id, due.ticket_id, due.kind, due.cycle, step.at, step.percent, step.ordinality AS n
    FROM due CROSS JOIN LATERAL unnest(due.plan_at, due.plan_percent) WITH ORDINALITY AS step(at, percent)
    WHERE step.at < %(second)s
), written AS (
    INSERT INTO tickets_clockeffect (municipality_id, ticket_id, kind, cycle, percent, at, found_at)
    SELECT municipality_id, ticket_id, kind, cycle, percent, at, %(now)s FROM passed
    ON CONFLICT DO NOTHING RETURNING municipality_id, ticket_id, kind, cycle, percent, at
), told AS (
    INSERT INTO tickets_occasion (municipality_id, ticket_id, kind, cause, at, data, attempts, next_at, error)
    SELECT DISTINCT ON (ticket_id, kind, cycle, at)
        municipality_id, ticket_id, %(words)s::jsonb ->> percent::text,
        concat_ws(':', 'clock', ticket_id, kind, cycle, percent), at,
        jsonb_build_object('clock', kind, 'cycle', cycle), 0, %(now)s, ''
    FROM written WHERE %(words)s::jsonb ? percent::text AND (percent = 100 OR kind = ANY (%(warn_of)s))
    ORDER BY ticket_id, kind, cycle, at, percent DESC
    ON CONFLICT DO NOTHING
), moved AS (
    UPDATE tickets_clock AS clock SET
        plan_at = clock.plan_at[done.n + 1 :], plan_percent = clock.plan_percent[done.n + 1 :],
        next_at = clock.plan_at[done.n + 1],
        breached_at = COALESCE(clock.breached_at, done.breach),
        due_at = CASE WHEN done.breach IS NULL THEN clock.due_at END,
        state = CASE WHEN done.breach IS NULL THEN clock.state ELSE 'breached' END
    FROM (SELECT id, max(n)::int AS n, min(at) FILTER (WHERE percent = 100) AS breach FROM passed GROUP BY id) AS done
    WHERE clock.id = done.id RETURNING clock.ticket_id, clock.kind, clock.cycle
), settled AS (
    DELETE FROM tickets_clockfailure AS failure USING moved
    WHERE (failure.ticket_id, failure.kind, failure.cycle) = (moved.ticket_id, moved.kind, moved.cycle)
)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM written)
"""


def fire_all(*, now: datetime, batch: int = BATCH) -> int:
    """Fire until nothing is due. Returns the number of effects written."""
    total = 0
    while True:
        clocks, effects = fire_what_can_be(now=now, batch=batch)
        total += effects
        if clocks < batch:
            return total


def fire_what_can_be(*, now: datetime, batch: int) -> tuple[int, int]:
    """As `fire_batch`, but a clock that fails is noted and the others are fired. Raises only what passes by itself."""
    if batch == 1:
        return _fire_alone(now=now)
    try:
        return fire_batch(now=now, batch=batch)
    except PASSING:
        raise
    except Exception:  # noqa: BLE001  whatever it is, it is met again below, alone, and noted with its reason
        logger.warning("A batch of %s due clocks failed; it is fired in smaller parts.", batch)
    part = -(-batch // PARTS)
    clocks, effects = zip(*(fire_what_can_be(now=now, batch=part) for _ in range(PARTS)), strict=True)
    return sum(clocks), sum(effects)


def fire_batch(*, now: datetime, batch: int = BATCH, only: int | None = None) -> tuple[int, int]:
    """Fire at most `batch` due clocks (or the one with the id `only`) at `now` (UTC); runs as the worker.

    Returns the number of clocks moved and of effects written.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        given: dict[str, Any] = {"second": now.replace(microsecond=0), "now": now, "batch": batch, "only": only}
        given |= {"words": json.dumps(WARNINGS), "warn_of": list(WARN_OF), "outdated": outdated(now=now)}
        cursor.execute(_FIRE, given)
        clocks, effects = cursor.fetchone()
    return clocks, effects


def outdated(*, now: datetime) -> list[str]:
    """The calendars in which plans are still to be made anew although their new version is in force at `now` (UTC)."""
    columns = ("version__calendar__code", "version__calendar__timezone", "version__valid_from")
    waiting = Replanning.objects.filter(done_at=None).values_list(*columns)
    return [code for code, zone, first in waiting if now.astimezone(ZoneInfo(zone)).date() >= first]


def _fire_alone(*, now: datetime) -> tuple[int, int]:
    """Fire the clock that is due first, or note why it fails, while it stays locked."""
    with transaction.atomic():
        clock = _first_due(now)
        if clock is None:
            return 0, 0
        try:
            return fire_batch(now=now, batch=1, only=clock.pk)
        except PASSING:
            raise
        except Exception as error:
            logger.exception("Clock %s of ticket %s cannot be fired.", clock.pk, clock.ticket_id)
            setting_aside.note_failure(clock, error, now=now)
            return 1, 0


def _first_due(now):
    due = Clock.objects.filter(next_at__lt=now.replace(microsecond=0)).exclude(calendar__in=outdated(now=now))
    return due.order_by("next_at", "id").select_for_update(skip_locked=True).first()
