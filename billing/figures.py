"""Totals of the desk that every municipality may read: tickets per week. Promises are those of tickets.levels.

A director's scope holds the own tickets only, so these are counted for all in a task and kept in a table of their own.
"""

from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q

from billing.allocation.spans import LOCAL
from billing.models import DeskFigure
from municipalities.models import Municipality
from tickets.models import Ticket
from tickets.status import Status

WEEKS = 16


def measure(*, now: datetime, weeks: int = WEEKS) -> None:
    """Tickets received and solved in each of the last whole weeks, and open at its end. Doing it again is harmless."""
    today = now.astimezone(LOCAL).date()
    this_monday = today - timedelta(days=today.weekday())
    for back in range(weeks, 0, -1):
        monday = this_monday - timedelta(weeks=back)
        for owner, counts in _week(monday).items():
            DeskFigure.objects.update_or_create(
                municipality_id=owner, monday=monday, defaults={**counts, "measured_at": now}
            )


def _week(monday: date) -> dict[int, dict[str, int]]:
    first, end = _begins(monday), _begins(monday + timedelta(days=7))
    solved = Q(resolved_at__gte=first, resolved_at__lt=end) & ~Q(status__in=[Status.CANCELLED, Status.MERGED])
    still_open = Q(received_at__lt=end) & (Q(resolved_at=None) | Q(resolved_at__gte=end))
    counts = (
        Ticket.objects.in_scope()
        .filter(Q(resolved_at=None) | Q(resolved_at__gte=first))
        .order_by()
        .values("municipality_id")
        .annotate(
            received=Count("id", filter=Q(received_at__gte=first, received_at__lt=end)),
            solved=Count("id", filter=solved),
            still_open=Count("id", filter=still_open),
        )
    )
    found = {row.pop("municipality_id"): row for row in counts}
    members = Municipality.objects.members().values_list("pk", flat=True)
    return {member: found.get(member, {"received": 0, "solved": 0, "still_open": 0}) for member in members}


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL)
