"""In which state the decided solutions paused: read from the tickets' own stretches, only for those that paused.

Not done in SQL: which seconds paused follows from agreement, priority and calendar at each instant, and the law has one
implementation (tickets.sla.timeline).
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice

from django.db import connection

from tickets.levels.calendar_months import begins, month_of, next_month
from tickets.sla.events import Event as Heard
from tickets.sla.events import read_event
from tickets.sla.keeping import SLA_EVENTS
from tickets.sla.models import Clock
from tickets.sla.states import BREACHED, MET, WAITING_PLANNED, WAITING_REQUESTER, WAITING_THIRD_PARTY, WAITING_VENDOR
from tickets.sla.terms import Rulebook, rulebook
from tickets.sla.timeline import stretches

WAITS = (WAITING_REQUESTER, WAITING_PLANNED, WAITING_VENDOR, WAITING_THIRD_PARTY)
BATCH = 500

_ADD = """
UPDATE tickets_levelfigure AS figure SET waiting_requester_s = paused.requester, waiting_planned_s = paused.planned,
    waiting_vendor_s = paused.vendor, waiting_third_party_s = paused.third_party
FROM (SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[],
                           %s::bigint[], %s::bigint[], %s::bigint[])
      AS row (municipality, month, service, category, priority, requester, planned, vendor, third_party)) AS paused
WHERE figure.kind = 'resolution' AND figure.municipality_id = paused.municipality AND figure.month = paused.month
    AND figure.service_id IS NOT DISTINCT FROM paused.service AND figure.category_id = paused.category
    AND figure.priority = paused.priority
"""

Cell = tuple[int, date, int | None, int, int]


def add_pauses(*, first: date, last: date, now: datetime) -> None:
    """Write the paused seconds of the months' solution figures, which are counted already."""
    sums: dict[Cell, dict[str, int]] = defaultdict(lambda: dict.fromkeys(WAITS, 0))
    rules = rulebook()
    found = _paused(first, last)
    while batch := list(islice(found, BATCH)):
        heard = _heard([ticket for ticket, _cell in batch])
        for ticket, cell in batch:
            for state, seconds in _waits(heard[ticket], rules, now):
                sums[cell][state] += seconds
    if sums:
        columns = [*zip(*sums, strict=True), *([row[state] for row in sums.values()] for state in WAITS)]
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(column) for column in columns])


def _paused(first: date, last: date) -> Iterator[tuple[int, Cell]]:
    rows = Clock.objects.in_scope().filter(kind="resolution", state__in=(MET, BREACHED), paused_s__gt=0)
    columns = ("ticket__service_id", "ticket__category_id", "ticket__priority")
    wanted = rows.values_list("ticket_id", "municipality_id", "breached_at", "stopped_at", *columns)
    since, until = begins(first), begins(next_month(last))
    for ticket, municipality, breached_at, stopped_at, *cell in wanted.order_by("ticket_id"):
        decided_at = breached_at or stopped_at
        if since <= decided_at < until:
            yield ticket, (municipality, month_of(decided_at), *cell)


def _heard(tickets: list[int]) -> dict[int, list[Heard]]:
    from tickets.models import Event

    heard: dict[int, list[Heard]] = {ticket: [] for ticket in tickets}
    rows = Event.objects.filter(ticket_id__in=tickets, kind__in=SLA_EVENTS).order_by("ticket_id", "id")
    for ticket, kind, at, channel, data in rows.values_list("ticket_id", "kind", "at", "channel", "data"):
        heard[ticket].append(read_event(kind, at, {"channel": channel or None} | data))
    return heard


def _waits(events: list[Heard], rules: Rulebook, now: datetime) -> Iterator[tuple[str, int]]:
    for stretch in stretches(events, agreements=rules.agreements, calendars=rules.calendars, now=now):
        if stretch.paused_s and stretch.state in WAITS:
            yield stretch.state, stretch.paused_s
