"""Clocks whose firing fails: tried three times, a minute apart, then set aside with the reason until somebody looks.

The failure stands in a row of its own; the clock itself only has its next instant moved, or none while it is set aside.
Its plan stays, so nothing is lost: tried again, its effects are written with the instants at which they were due. A
verb that changes the ticket writes the clock anew, and so tries again as well.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from servicecenter.audit.models import AuditEntry
from tickets.sla.models import Clock, ClockFailure

TRIES = 3
PAUSE = timedelta(minutes=1)


def note_failure(clock: Clock, error: Exception, *, now: datetime) -> ClockFailure:
    """Write down that firing `clock`, which the caller has locked, failed at `now`; runs as the worker."""
    failure, _ = ClockFailure.objects.get_or_create(
        ticket_id=clock.ticket_id, kind=clock.kind, cycle=clock.cycle,
        defaults={"municipality_id": clock.municipality_id, "failed_at": now},
    )  # fmt: skip
    failure.tries += 1
    failure.failed_at, failure.reason = now, _reason(error)
    failure.is_set_aside = failure.tries >= TRIES
    failure.save()
    Clock.objects.filter(pk=clock.pk).update(next_at=None if failure.is_set_aside else now + PAUSE)
    return failure


@transaction.atomic
def try_again(failure: ClockFailure, *, by, at: datetime) -> None:
    """Let the worker fire the clock again, with as many tries as the first time."""
    failure = ClockFailure.objects.select_for_update().get(pk=failure.pk)
    clock = Clock.objects.filter(ticket_id=failure.ticket_id, kind=failure.kind, cycle=failure.cycle)
    clock.filter(next_at=None).exclude(plan_at=[]).update(next_at=F("plan_at__0"))
    AuditEntry.objects.record(
        "clock tried again", municipality_id=failure.municipality_id, actor=by, subject=str(failure.ticket.number),
        at=at, clock=failure.kind, cycle=failure.cycle, reason=failure.reason,
    )  # fmt: skip
    failure.delete()


def _reason(error: Exception) -> str:
    """The first line: what a database adds below it may hold values of the row."""
    told = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {told}"[: ClockFailure.REASON_LENGTH]
