"""In which state the decided clocks paused: replayed from the tickets' events, only of those that paused.

Not done in SQL: which seconds paused follows from agreement, priority and calendar at each instant, and the law has one
implementation (tickets.sla.clock).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby, islice
from operator import itemgetter

from django.db import connection
from django.db.models import Q

from tickets.levels.calendar_months import begins, month_of, next_month
from tickets.sla.keeping import SLA_EVENTS, reading_of
from tickets.sla.models import Clock
from tickets.sla.states import (
    BREACHED,
    MET,
    OLA,
    VENDOR,
    WAITING_PLANNED,
    WAITING_REQUESTER,
    WAITING_THIRD_PARTY,
    WAITING_VENDOR,
)
from tickets.sla.terms import rulebook

WAITS = (WAITING_REQUESTER, WAITING_PLANNED, WAITING_VENDOR, WAITING_THIRD_PARTY)
BATCH = 500

_ADD = """
UPDATE tickets_levelfigure AS figure SET waiting_requester_s = paused.requester, waiting_planned_s = paused.planned,
    waiting_vendor_s = paused.vendor, waiting_third_party_s = paused.third_party
FROM (SELECT * FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::smallint[],
                           %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
      AS row (municipality, month, kind, subject, service, category, priority, requester, planned, vendor, third_party)
) AS paused
WHERE figure.municipality_id = paused.municipality AND figure.month = paused.month AND figure.kind = paused.kind
    AND figure.subject = paused.subject AND figure.service_id IS NOT DISTINCT FROM paused.service
    AND figure.category_id = paused.category AND figure.priority = paused.priority
"""

Cell = tuple[int, date, str, str, int | None, int, int]
ALL = Q()


def add_pauses(
    *, first: date, last: date, now: datetime, of: Q = ALL, besides: Iterable[tuple[Cell, str, int]] = ()
) -> None:
    """Write the paused seconds of the months' figures of clocks, which are counted already.

    `of` narrows the clocks whose events are read; `besides` are the seconds of the others, by cell and state.
    """
    sums: dict[Cell, dict[str, int]] = defaultdict(lambda: dict.fromkeys(WAITS, 0))
    for cell, state, seconds in besides:
        sums[cell][state] += seconds
    found = groupby(_paused(first, last, of), key=itemgetter(0))
    while batch := [(ticket, list(rows)) for ticket, rows in islice(found, BATCH)]:
        waited = _waited([ticket for ticket, _rows in batch], now)
        for ticket, rows in batch:
            for _ticket, clock, cell in rows:
                for state, seconds in waited[ticket][clock].items():
                    sums[cell][state] += seconds
    if sums:
        columns = [*zip(*sums, strict=True), *([row[state] for row in sums.values()] for state in WAITS)]
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(column) for column in columns])


def _paused(first: date, last: date, of: Q) -> Iterator[tuple[int, tuple[str, int], Cell]]:
    """Ticket, clock and the cell of its figure, in order of tickets."""
    rows = Clock.objects.in_scope().filter(of, state__in=(MET, BREACHED), paused_s__gt=0)
    columns = ("ticket__service_id", "ticket__category_id", "ticket__priority")
    wanted = rows.values_list(
        "ticket_id", "kind", "cycle", "subject", "municipality_id", "breached_at", "stopped_at", *columns
    )
    since, until = begins(first), begins(next_month(last))
    for ticket, kind, cycle, subject, municipality, breached_at, stopped_at, *cell in wanted.order_by("ticket_id"):
        decided_at = breached_at or stopped_at
        if since <= decided_at < until:
            told = subject if kind in (OLA, VENDOR) else ""
            yield ticket, (kind, cycle), (municipality, month_of(decided_at), kind, told, *cell)


def _waited(tickets: list[int], now: datetime) -> dict[int, dict[tuple[str, int], dict[str, int]]]:
    """Ticket → clock → state → seconds that it paused for."""
    from tickets.models import Event

    rules = rulebook()
    rows = Event.objects.filter(ticket_id__in=tickets, kind__in=SLA_EVENTS).order_by("ticket_id", "id")
    events = rows.values_list("ticket_id", "kind", "at", "channel", "data", named=True)
    return {
        ticket: {(c.kind, c.cycle): c.waited for c in reading_of(told, now=now, rules=rules).clocks}
        for ticket, told in groupby(events, key=itemgetter(0))
    }
