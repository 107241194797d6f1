"""How long the copies paused: exactly as long as their stories, so nobody need read the events of each."""

from collections.abc import Callable, Iterator
from datetime import date

from django.db import connection
from django.db.models import Q
from psycopg2.extras import execute_values

from tickets.levels.calendar_months import begins, next_month
from tickets.levels.pauses import Cell, add_pauses
from tickets.sample.load import Told
from tickets.sla.keeping import reading_of
from tickets.sla.terms import rulebook
from tickets.status import ACTIVE

# A ticket that stands open may pause until now; those are read as ever.
OPEN = Q(ticket__status__in=ACTIVE)
_SUMS = """
SELECT clock.municipality_id,
    date_trunc('month', COALESCE(clock.breached_at, clock.stopped_at) AT TIME ZONE 'Europe/Copenhagen')::date,
    clock.kind, CASE WHEN clock.kind IN ('ola', 'vendor') THEN clock.subject ELSE '' END,
    ticket.service_id, ticket.category_id, ticket.priority, wait.state, sum(wait.seconds)
FROM tickets_clock AS clock JOIN sample_copy AS copy ON copy.id = clock.ticket_id
    JOIN told_ticket AS ticket ON ticket.id = copy.told
    JOIN sample_wait AS wait ON wait.told = copy.told AND wait.kind = clock.kind AND wait.cycle = clock.cycle
WHERE clock.state IN ('met', 'breached') AND clock.paused_s > 0
    AND COALESCE(clock.breached_at, clock.stopped_at) >= %s AND COALESCE(clock.breached_at, clock.stopped_at) < %s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""


def pauses_of(told: Told) -> Callable[..., None]:
    """What stands in for `add_pauses` once `multiply.prepare` has planned the copies of the stories."""
    rules = rulebook()
    rows = []
    for story in (story for story in told.stories if not story.ticket.is_active):
        end = story.events[-1].at  # nothing of it depends on the present
        for clock in reading_of(story.events, now=end, rules=rules).clocks:
            rows += [(story.ticket.pk, clock.kind, clock.cycle, *wait) for wait in clock.waited.items()]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE sample_wait (told bigint, kind text, cycle int, state text, seconds bigint)")
        execute_values(cursor.cursor, "INSERT INTO sample_wait VALUES %s", rows, page_size=1000)
        cursor.execute("ANALYZE sample_wait")

    def pauses(*, first, last, now):
        add_pauses(first=first, last=last, now=now, of=OPEN, besides=_sums(first, last))

    return pauses


def _sums(first: date, last: date) -> Iterator[tuple[Cell, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [begins(first), begins(next_month(last))])
        for *cell, state, seconds in cursor.fetchall():
            yield tuple(cell), state, int(seconds)
