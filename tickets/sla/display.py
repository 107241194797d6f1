"""How a ticket's clocks look at this moment. Worked out when the page is drawn and never stored.

Past due is not yet overdue: a clock that reaches its target at closing time is breached when the desk opens again.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from tickets.sla.calendar import Calendar
from tickets.sla.keeping import ON_THE_TICKET
from tickets.sla.models import Clock
from tickets.sla.states import BREACHED, EXCLUDED, OLA, VENDOR
from tickets.sla.terms import rulebook

WARN_PERCENT = 75
NAMES = {"first_response": _("First reply"), "next_update": _("Next update"), "resolution": _("Solution")}


def clock_name(kind: str, subject: str = "") -> str:
    """What people call a clock; `subject` is the name of the queue or vendor whose clock it is."""
    own = {"ola": _("The team’s own time, %(subject)s"), "vendor": _("The vendor’s time, %(subject)s")}
    return str(own[kind]) % {"subject": subject} if kind in own else str(NAMES.get(kind, kind))


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock. `state` is a key of the chip: ok, warn, err, pause, met, missed. All times in whole opening minutes.

    `minutes` are left, or past the target when the state is err. `due_at` is when it falls due, or was breached.
    """

    kind: str
    state: str
    minutes: int
    elapsed: int
    paused: int
    target: int
    percent: int
    due_at: datetime | None
    stopped_at: datetime | None
    subject: str = ""

    @property
    def name(self):
        return clock_name(self.kind, self.subject)

    @property
    def is_stopped(self):
        return self.state in ("met", "missed")

    @property
    def bar(self):
        """How much of the bar is filled: 0 to 100."""
        return min(self.percent, 100)


def read(clock: Clock, *, now: datetime, calendars: Mapping[str, Calendar]) -> Reading | None:
    """The clock at `now`, or None when it promises nothing."""
    if not clock.target_s or clock.state in EXCLUDED:
        return None
    elapsed = _elapsed(clock, now, calendars)
    left = clock.target_s - elapsed
    return Reading(
        kind=clock.kind,
        state=_state(clock, elapsed),
        minutes=-(-left // 60) if left >= 0 else -left // 60,
        elapsed=elapsed // 60,
        paused=_paused(clock, now, calendars) // 60,
        target=clock.target_s // 60,
        percent=elapsed * 100 // clock.target_s,
        due_at=clock.due_at or clock.breached_at,
        stopped_at=clock.stopped_at,
    )


def _elapsed(clock, now, calendars):
    hours = calendars.get(clock.calendar)
    if clock.stopped_at or clock.is_paused or hours is None or now <= clock.anchor_at:
        return clock.elapsed_s
    return clock.elapsed_s + hours.business(clock.anchor_at, now)


def _paused(clock, now, calendars):
    """With the pause that goes on: the row only holds what was paused up to its last change."""
    hours = calendars.get(clock.calendar)
    if clock.stopped_at or not clock.is_paused or hours is None or now <= clock.anchor_at:
        return clock.paused_s
    return clock.paused_s + hours.business(clock.anchor_at, now)


def _state(clock, elapsed):
    if clock.stopped_at:
        return "missed" if clock.breached_at or clock.state == BREACHED else "met"
    if clock.is_paused:
        return "pause"
    if clock.breached_at or elapsed > clock.target_s:
        return "err"
    return "warn" if elapsed * 100 >= clock.target_s * WARN_PERCENT else "ok"


def with_clocks(tickets, *, kinds=ON_THE_TICKET):
    """The tickets' promises to the requester, or also those within the house, fetched together."""
    return tickets.prefetch_related(
        Prefetch("clocks", Clock.objects.filter(kind__in=kinds).order_by("id"), to_attr="promises")
    )


def read_all(ticket, *, now: datetime, calendars: Mapping[str, Calendar] | None = None) -> list[Reading]:
    """Every promise of a ticket fetched by `with_clocks`, the latest cycle of each kind."""
    calendars = rulebook().calendars if calendars is None else calendars
    latest = {clock.kind: clock for clock in sorted(ticket.promises, key=lambda clock: clock.cycle)}
    readings = [read(latest[kind], now=now, calendars=calendars) for kind in ON_THE_TICKET if kind in latest]
    return [reading for reading in readings if reading]


def read_inner(ticket, *, now: datetime, calendars: Mapping[str, Calendar], names: Mapping[str, str]) -> list[Reading]:
    """The present team's own clock and each vendor's, of a ticket fetched with all kinds; `names` by code."""
    clocks = [clock for clock in ticket.promises if clock.kind in (OLA, VENDOR)]
    visits = [clock for clock in clocks if clock.kind == OLA][-1:]
    shown = visits + [clock for clock in clocks if clock.kind == VENDOR]
    readings = [(clock, read(clock, now=now, calendars=calendars)) for clock in shown]
    return [replace(found, subject=names.get(clock.subject, clock.subject)) for clock, found in readings if found]


def put_chips(tickets: Iterable, *, now: datetime) -> list:
    """Give each ticket fetched by `with_clocks` its `chip`: the promise due first, or None."""
    calendars = rulebook().calendars
    tickets = list(tickets)
    for ticket in tickets:
        readings = [read(clock, now=now, calendars=calendars) for clock in ticket.promises]
        ticket.chip = due_first([reading for reading in readings if reading])
    return tickets


def due_first(readings: Iterable[Reading]) -> Reading | None:
    """The running promise that falls or fell due first; while none runs, a paused one."""
    waiting = [reading for reading in readings if not reading.is_stopped]
    return min(waiting, key=_urgency, default=None)


def _urgency(reading):
    return (reading.state == "pause", reading.due_at.timestamp() if reading.due_at else math.inf)
