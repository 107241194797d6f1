"""After a calendar got a new version, the plans of the clocks that run in it are made anew.

The row of a running clock holds the instants at which it warns and breaches; they were worked out with the calendar as
it was. The new ones come from the ticket's events, as after any verb, so nothing that has passed is judged again.
"""

from datetime import datetime

from django.db import transaction

from servicecenter.tenancy.scope import tenant_scope
from tickets.models import Clock, ClockFailure, Replanning, Ticket
from tickets.sla.errors import SlaError
from tickets.sla.keeping import keep_clocks

BATCH = 200


def waiting() -> list[int]:
    return list(Replanning.objects.filter(done_at=None).order_by("id").values_list("pk", flat=True))


def replan(replanning_id: int, *, scope: list[int], now: datetime) -> int:
    """Make the plans anew in batches of a transaction each. Returns how many tickets it went through.

    Done again after a stop in the middle, it comes to the same rows.
    """
    with tenant_scope(*scope):
        row = Replanning.objects.select_related("version__calendar").filter(pk=replanning_id, done_at=None).first()
        if row is None:
            return 0
        code = row.version.calendar.code
        tickets = _tickets_in(code)
    for start in range(0, len(tickets), BATCH):
        with tenant_scope(*scope):
            for pk in tickets[start : start + BATCH]:
                _keep_or_tell(pk, code, now)
    Replanning.objects.filter(pk=replanning_id, done_at=None).update(done_at=now, tickets=len(tickets))
    return len(tickets)


def _tickets_in(code: str) -> list[int]:
    """Paused clocks too: what they have planned is made anew when they go on, but their warnings stand in the row."""
    running = Clock.objects.filter(calendar=code, stopped_at=None, breached_at=None)
    return list(running.order_by("ticket_id").values_list("ticket_id", flat=True).distinct())


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
