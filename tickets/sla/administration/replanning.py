"""After a calendar got a new version, the plans of the clocks that run in it are made anew.

The row of a running clock holds the instants at which it warns and breaches; they were worked out with the calendar as
it was. The new ones come from the ticket's events, as after any verb, so nothing that has passed is judged again.
"""

from datetime import datetime

from django.db import transaction

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from tickets.models import Clock, ClockFailure, Replanning, Ticket
from tickets.sla.errors import SlaError
from tickets.sla.keeping import keep_clocks
from tickets.sla.rebuilding import examine, repair
from tickets.sla.terms import rulebook
from tickets.status import ACTIVE

BATCH = 200


def replan_waiting(*, now: datetime) -> int:
    """Make all plans anew that wait for it. Returns how many tickets this process went through."""
    waiting = Replanning.objects.filter(done_at=None).order_by("id").values_list("pk", flat=True)
    return sum(replan(pk, now=now) for pk in list(waiting))


def replan(replanning_id: int, *, now: datetime) -> int:
    """In batches, a transaction each, which processes divide; stopped in the middle, it goes on from there."""
    everybody = list(Municipality.objects.values_list("pk", flat=True))
    total = 0
    while count := _batch(replanning_id, everybody, now):
        total += count
    return total


def _batch(replanning_id: int, everybody: list[int], now: datetime) -> int:
    with tenant_scope(*everybody):
        waiting = Replanning.objects.filter(pk=replanning_id, done_at=None).select_related("version__calendar")
        row = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return 0  # done, or in the hands of another process
        code = row.version.calendar.code
        tickets = _tickets_in(code, after=row.reached_ticket)
        try:
            _keep_all(tickets, now)
        except SlaError:  # one of them; which, and why, is found one by one
            for pk in tickets:
                _keep_or_tell(pk, code, now)
        row.tickets = (row.tickets or 0) + len(tickets)
        row.reached_ticket = max(tickets, default=row.reached_ticket)
        row.done_at = None if tickets else now
        row.save(update_fields=["tickets", "reached_ticket", "done_at"])
        return len(tickets)


@transaction.atomic
def _keep_all(batch: list[int], now: datetime) -> None:
    """Many at a time: read, replayed, and written where the new hours changed something.

    What is due and not yet fired stays in its plan, for the worker to find and tell.
    """
    tickets = Ticket.objects.select_for_update().filter(pk__in=batch, status__in=ACTIVE).order_by("pk")
    found = examine(tickets, now=now, rules=rulebook())
    repair([examined for examined in found if examined.differences], now=now)


def _tickets_in(code: str, *, after: int) -> list[int]:
    """Paused clocks too: what they have planned is made anew when they go on, but their warnings stand in the row."""
    running = Clock.objects.filter(calendar=code, stopped_at=None, breached_at=None, ticket_id__gt=after)
    return list(running.order_by("ticket_id").values_list("ticket_id", flat=True).distinct()[:BATCH])


def _keep_or_tell(pk: int, code: str, now: datetime) -> None:
    """A ticket whose events cannot be read keeps its plan, is told of among the failures, and the others go on."""
    try:
        _keep(pk, now)
    except SlaError as error:
        clock = Clock.objects.filter(ticket_id=pk, calendar=code, stopped_at=None).order_by("id").first()
        if clock is not None:
            told = {"municipality_id": clock.municipality_id, "reason": str(error)[: ClockFailure.REASON_LENGTH]}
            ClockFailure.objects.update_or_create(
                ticket_id=pk, kind=clock.kind, cycle=clock.cycle, defaults=told | {"failed_at": now}
            )


@transaction.atomic
def _keep(pk: int, now: datetime) -> None:
    ticket = Ticket.objects.select_for_update().filter(pk=pk).first()
    if ticket is not None and ticket.is_active:
        keep_clocks(ticket, at=now)
        ticket.save(update_fields=["next_due_at"])
