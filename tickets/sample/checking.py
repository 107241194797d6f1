"""What must be true of the copies, asked of the rows themselves: they came in without the program's own verbs."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from tickets.models import Clock, Event, Message, Ticket
from tickets.sla.rebuilding import examine
from tickets.sla.terms import rulebook
from tickets.status import ACTIVE

SAMPLE = 1000
_COUNTS = """
SELECT municipality_id, queue_id, status, is_assigned, sum(number) FROM (
    SELECT municipality_id, queue_id, status, is_assigned, number FROM tickets_queuecount
    UNION ALL
    SELECT municipality_id, queue_id, status, assignee_id IS NOT NULL, -count(*) FROM tickets_ticket GROUP BY 1, 2, 3, 4
) AS both_sides GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0
"""
_LATER_THAN_DUE = """
SELECT ticket.id FROM tickets_ticket AS ticket JOIN tickets_clock AS clock ON clock.ticket_id = ticket.id
WHERE ticket.status = ANY (%s) AND clock.kind IN ('first_response', 'next_update', 'resolution')
    AND clock.stopped_at IS NULL AND NOT clock.is_paused AND clock.state <> 'void' AND clock.due_at < ticket.next_due_at
LIMIT 1
"""


# Where a word stands in a text does not matter, only in which texts it stands.
_WORDS = """
SELECT ticket.id FROM tickets_ticket AS ticket WHERE ticket.id = ANY (%s) AND (
    SELECT array_agg(DISTINCT lexeme || ' ' || weight ORDER BY lexeme || ' ' || weight)
    FROM unnest(words) AS kept, unnest(kept.weights) AS weight
) IS DISTINCT FROM (
    SELECT array_agg(DISTINCT lexeme || ' ' || weight ORDER BY lexeme || ' ' || weight)
    FROM unnest(words_of_texts(subject, description, solution) || words_of_messages(id)) AS found,
        unnest(found.weights) AS weight
)
"""


def wrong(*, until: datetime) -> Iterator[str]:
    """A sentence for each thing that is not as it should be. Needs the scope of all municipalities."""
    if _rows(_COUNTS):
        yield "The numbers beside the queues are not those of the tickets."
    if _rows(_LATER_THAN_DUE, [[str(status) for status in ACTIVE]]):
        yield "A ticket stands in its queue later than one of its clocks is due."
    if Clock.objects.in_scope().filter(next_at__lte=until).exists():
        yield "A clock of the past still waits for the worker."
    if Event.objects.in_scope().filter(at__gt=until).exists():
        yield "An event lies in the future."
    yield from _of_some(until)


def _of_some(until: datetime) -> Iterator[str]:
    """Of every so many tickets: their clocks replayed, and each message with the one event that tells of it."""
    every = max(1, Ticket.objects.in_scope().count() // SAMPLE)
    some = list(Ticket.objects.in_scope().extra(where=["id %% %s = 0"], params=[every]).order_by("pk"))
    for examined in examine(some, now=until, rules=rulebook()):
        for difference in examined.differences:
            yield f"Ticket {examined.ticket.number}, {difference}."
    messages = Message.objects.in_scope().filter(ticket__in=some).values_list("pk", "at")
    events = (
        Event.objects.in_scope().filter(ticket__in=some, data__has_key="message").values_list("data__message", "at")
    )
    if sorted(messages) != sorted(events):
        yield "Messages and the events that tell of them do not agree."
    if found := _rows(_WORDS, [[ticket.pk for ticket in some]]):
        yield f"{len(found)} tickets are not found by the words that stand on them."


def _rows(statement: str, parameters: list | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
