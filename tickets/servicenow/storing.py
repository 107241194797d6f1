"""The comparison as rows, for the page: each incident's judgement takes the place of an earlier one."""

from datetime import datetime

from django.db import transaction

from tickets.models import Ticket
from tickets.servicenow.comparing import Compared, Comparison
from tickets.servicenow.models import ImportedJudgement

CHANGING = [
    "priority", "ours", "theirs", "cause", "elapsed_s", "target_s", "closed_after_s", "limit_s", "compared_at",
]  # fmt: skip


@transaction.atomic
def store(comparison: Comparison, *, at: datetime) -> int:
    """In the scope in which it was compared. Returns how many incidents were written."""
    numbers = [row.ticket for row in comparison.compared]
    tickets = Ticket.objects.filter(number__in=numbers).only("pk", "number", "municipality_id")
    owners = {ticket.number: ticket for ticket in tickets}
    ImportedJudgement.objects.bulk_create(
        [_row(row, owners[row.ticket], comparison, at) for row in comparison.compared],
        update_conflicts=True, unique_fields=["ticket"], update_fields=CHANGING, batch_size=1000,
    )  # fmt: skip
    return len(numbers)


def _row(row: Compared, ticket: Ticket, comparison: Comparison, at: datetime) -> ImportedJudgement:
    limit = comparison.limits.get(row.priority)
    return ImportedJudgement(
        municipality_id=ticket.municipality_id, ticket=ticket, incident=row.incident, priority=row.priority,
        ours=row.ours, theirs=row.theirs, cause=row.cause, elapsed_s=row.elapsed_s, target_s=row.target_s,
        closed_after_s=None if row.closed_after is None else max(int(row.closed_after.total_seconds()), 0),
        limit_s=int(limit.within.total_seconds()) if limit else None, compared_at=at,
    )  # fmt: skip
