"""Closing what was solved and not reopened: the desk does it by itself, once, after the last day to reopen."""

from datetime import datetime, timedelta

from django.conf import settings

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from tickets import lifecycle
from tickets.models import Ticket
from tickets.status import Status

BATCH = 200


def close_solved(*, now: datetime) -> int:
    """Close what may no longer be reopened at `now` (UTC), in all municipalities. Returns how many were closed."""
    return sum(_close_of(pk, now=now) for pk in Municipality.objects.values_list("pk", flat=True).order_by("pk"))


def _close_of(municipality_id: int, *, now: datetime) -> int:
    """In small transactions, each holding its tickets only shortly."""
    closed, after = 0, 0
    while True:
        with tenant_scope(municipality_id):
            found = list(_candidates(now).filter(municipality_id=municipality_id, pk__gt=after)[:BATCH])
            closed += sum(_is_closed(ticket, now=now) for ticket in found)
        if len(found) < BATCH:
            return closed
        after = found[-1].pk


def _candidates(now: datetime):
    """Solved longer ago than the open days could be at the least; the calendar decides on each."""
    before = now - timedelta(days=settings.REOPEN_OPEN_DAYS)
    return Ticket.objects.filter(status=Status.RESOLVED, resolved_at__lt=before).order_by("pk")


def _is_closed(ticket, *, now: datetime) -> bool:
    return now > lifecycle.reopens_until(ticket) and lifecycle.close_unless_reopened(ticket, at=now)
