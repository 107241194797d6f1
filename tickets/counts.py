"""How many tickets lie in each queue, without counting them.

The database appends a row for whatever a statement changed, in the same transaction (see `QueueCount`), so the sum over
the rows is at every moment the count of the tickets. Folding only keeps the rows few.
"""

from django.db import connection
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from tickets.models import Queue, QueueCount, Ticket
from tickets.querysets import queues_of
from tickets.status import ACTIVE

# Rows that another folding holds are its own; only places with more than one row are written again.
_FOLD = """
WITH gone AS (
    DELETE FROM tickets_queuecount WHERE id IN (
        SELECT id FROM tickets_queuecount WHERE (queue_id, status, is_assigned) IN (
            SELECT queue_id, status, is_assigned FROM tickets_queuecount WHERE municipality_id = %(place)s
            GROUP BY queue_id, status, is_assigned HAVING count(*) > 1
        ) AND municipality_id = %(place)s FOR UPDATE SKIP LOCKED
    ) RETURNING queue_id, status, is_assigned, number
)
INSERT INTO tickets_queuecount (municipality_id, queue_id, status, is_assigned, number)
SELECT %(place)s, queue_id, status, is_assigned, sum(number) FROM gone
GROUP BY queue_id, status, is_assigned HAVING sum(number) <> 0
"""


def fold() -> None:
    """Put the rows of each place together, one municipality after the other; readers and writers do not wait."""
    for place in Municipality.objects.values_list("pk", flat=True):
        with tenant_scope(place), connection.cursor() as cursor:
            cursor.execute(_FOLD, {"place": place})


def queues_with_counts(person) -> list[Queue]:
    """The queues a person works, each with its number of `active` tickets and of those that are nobody's yet."""
    rows = QueueCount.objects.granted(person, "work_tickets").filter(queue=OuterRef("pk"), status__in=ACTIVE)
    queues = Queue.objects.filter(pk__in=queues_of(person))
    return list(queues.annotate(active=_sum(rows), unassigned=_sum(rows.filter(is_assigned=False))))


def _sum(rows):
    return Coalesce(Subquery(rows.values("queue").annotate(n=Sum("number")).values("n")), 0)


def held_counts(person) -> dict[str, int]:
    """How many active tickets are the person's own, and how many of those were answered by their user."""
    own = Ticket.objects.workable_by(person).active().filter(assignee=person)
    return own.aggregate(mine=Count("queue"), answered=Count("queue", filter=Q(has_answer=True)))
