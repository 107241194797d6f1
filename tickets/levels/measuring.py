"""Counting: the decided clocks and the parts of proximity of some months, as rows of figures, in a few statements.

A clock belongs to the local month in which it was decided: at its breach, else at its stop. What is excluded counts in
the month of its breach or stop. Undecided clocks, and excluded ones with neither, count in every month by whose end
they had begun. (docs/en/sla.md, Attainment)

Counting again replaces the rows, so that it does no harm; frozen months have their own rows, which nothing here
touches.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from servicecenter.tenancy.scope import current_scope
from tickets.levels.calendar_months import begins, next_month
from tickets.levels.models import LevelFigure
from tickets.levels.pauses import add_pauses

_LOCK = 190240151  # one counting at a time

_INSERT = """
INSERT INTO tickets_levelfigure (
    municipality_id, month, kind, subject, service_id, category_id, priority, met, breached, excluded, undecided,
    voided, by_priority_change, reopened, elapsed, repeated_met, repeated_breached, repeated_elapsed, counted_s,
    waiting_requester_s, waiting_planned_s, waiting_vendor_s, waiting_third_party_s, measured_at)
"""

# In each municipality a major incident is one observation per clock: that of the ticket received first. The others are
# counted with it, and told apart.
_CLOCKS = """
WITH linked AS (
    SELECT c.id, row_number() OVER (
        PARTITION BY c.municipality_id, c.kind, t.major_incident_id ORDER BY t.received_at, t.id, c.cycle) AS place
    FROM tickets_ticket t JOIN tickets_clock c ON c.ticket_id = t.id
    WHERE t.major_incident_id IS NOT NULL AND c.municipality_id = ANY(%(scope)s) AND c.state IN ('met', 'breached')
), clock AS (
    SELECT COALESCE(linked.place > 1, false) AS repeated,
        c.municipality_id, c.kind, c.state, c.cause, c.started_at, t.service_id, t.category_id, t.priority,
        CASE WHEN c.kind IN ('ola', 'vendor') THEN c.subject ELSE '' END AS subject,
        t.reopened_count > 0 AS reopened, c.breached_at,
        CASE WHEN c.breached_at IS NULL THEN c.elapsed_s ELSE GREATEST(c.elapsed_s, c.target_s) END AS elapsed_s,
        CASE c.state WHEN 'met' THEN c.stopped_at WHEN 'breached' THEN c.breached_at
             WHEN 'running' THEN NULL WHEN 'paused' THEN NULL
             ELSE COALESCE(c.breached_at, c.stopped_at) END AS decided_at
    FROM tickets_clock c JOIN tickets_ticket t ON t.id = c.ticket_id LEFT JOIN linked ON linked.id = c.id
    WHERE c.municipality_id = ANY(%(scope)s)
), counted AS (
    SELECT clock.*, date_trunc('month', decided_at AT TIME ZONE 'Europe/Copenhagen')::date AS month
    FROM clock WHERE decided_at >= %(begins)s AND decided_at < %(ends)s
    UNION ALL
    SELECT clock.*, of.month::date FROM clock
    JOIN generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 month') AS of (month)
      ON clock.started_at < (of.month + interval '1 month') AT TIME ZONE 'Europe/Copenhagen'
    WHERE decided_at IS NULL
)
SELECT municipality_id, month, kind, subject, service_id, category_id, priority,
    count(*) FILTER (WHERE state = 'met'), count(*) FILTER (WHERE state = 'breached'),
    count(*) FILTER (WHERE state IN ('merged', 'void', 'no_target')),
    count(*) FILTER (WHERE state IN ('running', 'paused')),
    count(*) FILTER (WHERE state = 'void'),
    count(*) FILTER (WHERE state = 'breached' AND cause = 'priority_change'),
    count(*) FILTER (WHERE state IN ('met', 'breached') AND reopened),
    COALESCE(array_agg(elapsed_s ORDER BY elapsed_s) FILTER (WHERE state IN ('met', 'breached')), '{}'),
    count(*) FILTER (WHERE repeated AND state = 'met'), count(*) FILTER (WHERE repeated AND state = 'breached'),
    COALESCE(array_agg(elapsed_s ORDER BY elapsed_s) FILTER (WHERE repeated), '{}'),
    COALESCE(sum(elapsed_s) FILTER (WHERE state IN ('met', 'breached')), 0), 0, 0, 0, 0, %(now)s
FROM counted GROUP BY municipality_id, month, kind, subject, service_id, category_id, priority
"""

# Solved by the one who took it, in one go: nobody had to be asked again, no other queue, no vendor, never reopened.
_FIRST_CONTACT = """
SELECT municipality_id, month, 'first_contact', '', service_id, category_id, priority,
    count(*) FILTER (WHERE at_once), count(*) FILTER (WHERE NOT at_once),
    0, 0, 0, 0, 0, '{}', 0, 0, '{}', 0, 0, 0, 0, 0, %(now)s
FROM (
    SELECT t.municipality_id, t.service_id, t.category_id, t.priority,
        date_trunc('month', t.first_resolved_at AT TIME ZONE 'Europe/Copenhagen')::date AS month,
        count(*) FILTER (WHERE e.kind IN ('requester_reply', 'queue', 'vendor_handover', 'reopened')) = 0
        AND count(*) FILTER (WHERE e.kind = 'public_reply') <= 1 AS at_once
    FROM tickets_ticket t JOIN tickets_event e ON e.ticket_id = t.id
    WHERE t.municipality_id = ANY(%(scope)s) AND t.first_resolved_at >= %(begins)s AND t.first_resolved_at < %(ends)s
        AND t.status NOT IN ('cancelled', 'merged')
    GROUP BY t.id
) AS solved GROUP BY municipality_id, month, service_id, category_id, priority
"""

_VISITS = """
SELECT municipality_id, month, 'visit', subject, NULL, NULL, NULL,
    count(*) FILTER (WHERE elapsed_s <= target_s), count(*) FILTER (WHERE elapsed_s > target_s),
    count(*) FILTER (WHERE target_s IS NULL), 0, 0, 0, 0,
    COALESCE(array_agg(elapsed_s ORDER BY elapsed_s) FILTER (WHERE target_s IS NOT NULL), '{}'), 0, 0, '{}',
    COALESCE(sum(elapsed_s) FILTER (WHERE target_s IS NOT NULL), 0), 0, 0, 0, 0, %(now)s
FROM (
    SELECT v.municipality_id, s.kind AS subject, v.elapsed_s, v.target_s,
        date_trunc('month', v.arrived_at AT TIME ZONE 'Europe/Copenhagen')::date AS month
    FROM tickets_visit v JOIN municipalities_site s ON s.id = v.site_id
    WHERE v.municipality_id = ANY(%(scope)s) AND v.arrived_at >= %(begins)s AND v.arrived_at < %(ends)s
) AS visit GROUP BY municipality_id, month, subject
"""

_RATINGS = """
SELECT municipality_id, month, 'satisfaction', '', service_id, category_id, priority,
    count(*) FILTER (WHERE stars >= 4), count(*) FILTER (WHERE stars < 4),
    0, 0, 0, 0, 0, '{}', 0, 0, '{}', 0, 0, 0, 0, 0, %(now)s
FROM (
    SELECT r.municipality_id, t.service_id, t.category_id, t.priority, r.stars,
        date_trunc('month', r.at AT TIME ZONE 'Europe/Copenhagen')::date AS month
    FROM tickets_rating r JOIN tickets_ticket t ON t.id = r.ticket_id
    WHERE r.municipality_id = ANY(%(scope)s) AND r.at >= %(begins)s AND r.at < %(ends)s
) AS rated GROUP BY municipality_id, month, service_id, category_id, priority
"""

_PHONE = """
SELECT municipality_id, month, 'phone', '', NULL, NULL, NULL,
    within_60_s, calls - within_60_s, 0, 0, 0, 0, 0, '{}', 0, 0, '{}', 0, 0, 0, 0, 0, %(now)s
FROM tickets_phonefigure WHERE municipality_id = ANY(%(scope)s) AND month BETWEEN %(first)s AND %(last)s AND calls > 0
"""


@transaction.atomic
def measure(*, first: date, last: date, now: datetime, pauses: Callable[..., None] = add_pauses) -> None:
    """Count the months from `first` to `last` (first days), for every municipality of the scope. `now` in UTC.

    `pauses` adds the paused seconds; who knows them of many tickets already hands in another than `add_pauses`.
    """
    scope = list(current_scope().municipalities)
    what: dict[str, Any] = {
        "scope": scope, "first": first, "last": last, "begins": begins(first), "ends": begins(next_month(last)),
        "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        LevelFigure.objects.in_scope().filter(month__range=(first, last)).delete()
        for statement in (_CLOCKS, _FIRST_CONTACT, _VISITS, _RATINGS, _PHONE):
            cursor.execute(_INSERT + statement, what)
    pauses(first=first, last=last, now=now)
