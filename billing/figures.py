"""Totals of the desk that every municipality may read: promises kept per month, tickets per week.

A director's scope holds the own tickets only, so these are counted for all in a task and kept in tables of their own.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from billing.allocation.spans import LOCAL
from billing.models import DeskFigure, ServiceFigure
from municipalities.models import Municipality
from tickets.models import Clock, Ticket
from tickets.sla import states
from tickets.sla.attainment import Attainment, attainment
from tickets.status import Status

KINDS = ("first_response", "resolution")
WEEKS = 16


def measure(*, now: datetime, months: int = 2) -> None:
    """Count the running month and those before it (`months` in all), and the last weeks. Doing it again is harmless."""
    month = now.astimezone(LOCAL).date().replace(day=1)
    for _turn in range(months):
        measure_month(month, now=now)
        month = (month - timedelta(days=1)).replace(day=1)
    measure_weeks(now=now)


def measure_month(month: date, *, now: datetime) -> None:
    """Promises decided in a month, per municipality and kind."""
    members = list(Municipality.objects.members())
    for kind in KINDS:
        found = attainment(f"{month:%Y-%m}", _clocks(kind, month))
        for member in members:
            figure = found.get(member.code, Attainment())
            ServiceFigure.objects.update_or_create(
                municipality=member, month=month, kind=kind,
                defaults={
                    "met": figure.met, "breached": figure.breached, "excluded": figure.excluded,
                    "undecided": figure.undecided, "measured_at": now,
                },
            )  # fmt: skip


def measure_weeks(*, now: datetime, weeks: int = WEEKS) -> None:
    """Tickets received and solved in each of the last whole weeks, and open at its end."""
    today = now.astimezone(LOCAL).date()
    this_monday = today - timedelta(days=today.weekday())
    for back in range(weeks, 0, -1):
        monday = this_monday - timedelta(weeks=back)
        for owner, counts in _week(monday).items():
            DeskFigure.objects.update_or_create(
                municipality_id=owner, monday=monday, defaults={**counts, "measured_at": now}
            )


def _clocks(kind: str, month: date) -> Iterator[dict]:
    """What can count in the month: decided in it, or not decided at all."""
    first, end = _begins(month), _begins((month + timedelta(days=32)).replace(day=1))
    rows = Clock.objects.in_scope().filter(kind=kind).annotate(decided_at=Coalesce("breached_at", "stopped_at"))
    rows = rows.filter(Q(decided_at__gte=first, decided_at__lt=end) | ~Q(state__in=[states.MET, states.BREACHED]))
    for code, state, stopped_at, breached_at in rows.values_list(
        "municipality__code", "state", "stopped_at", "breached_at"
    ).iterator():
        yield {"municipality": code, "state": state, "stopped_at": stopped_at, "breached_at": breached_at}


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
