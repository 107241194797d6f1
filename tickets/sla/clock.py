"""The clocks of a ticket, replayed from its events: a pure function of events, agreements and calendars.

Stored clock rows are a copy of this answer that can be thrown away and made again. Nothing earlier is ever judged by
later rules: a calendar's versions and the events themselves say what was in force at each second.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tickets.sla.agreement import Agreement
from tickets.sla.calendar import Calendar
from tickets.sla.course import Course
from tickets.sla.errors import SlaError
from tickets.sla.events import Event, check_order
from tickets.sla.instants import to_datetime, to_seconds
from tickets.sla.states import OLA, VENDOR
from tickets.sla.stopwatch import AGREEMENT_CHANGE, BREACH, PRIORITY_CHANGE, Stopwatch

__all__ = ["AGREEMENT_CHANGE", "BREACH", "PRIORITY_CHANGE", "Clock", "Effect", "Replay", "SentWarning", "replay"]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that will happen to a running clock if nothing more happens; percent 100 is the breach.

    The instant is judged after all events of its second, so fire an effect only when that second is over.
    """

    percent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class SentWarning:
    kind: str
    percent: int
    at: datetime

    def as_dict(self):
        return {"timer": self.kind, "percent": self.percent, "at": self.at}


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise, as it stands.

    `subject` is the queue or vendor, '' for the ticket's own clocks; (`kind`, `cycle`) is unique within the ticket.
    `elapsed_s` and `paused_s` (open seconds) run up to now or the stop; `waited` has the paused ones by state. The
    `anchor_` fields hold the same as of the clock's own last change and do not depend on now; from there, while the
    clock is neither stopped nor paused,
    elapsed = anchor_elapsed_s + the open seconds of `calendar` since anchor_at. `ran_out_at` of a breached clock is
    what its `due_at` was: when the target was used up, or the instant of the change that left too little.
    """

    kind: str
    subject: str
    cycle: int
    state: str
    is_paused: bool
    started_at: datetime
    stopped_at: datetime | None
    elapsed_s: int
    paused_s: int
    waited: dict[str, int]
    target_s: int | None
    due_at: datetime | None
    breached_at: datetime | None
    ran_out_at: datetime | None
    cause: str
    void_reason: str
    calendar: str
    anchor_at: datetime
    anchor_elapsed_s: int
    anchor_paused_s: int
    schedule: tuple[Effect, ...]

    @property
    def remaining_open_seconds(self) -> int | None:
        """What is left of the target, also while paused; negative once exceeded, None without a target."""
        return None if self.target_s is None else self.target_s - self.elapsed_s

    def as_dict(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "elapsed_s": self.elapsed_s,
            "target_s": self.target_s,
            "due_at": self.due_at,
            "breached_at": self.breached_at,
            "stopped_at": self.stopped_at,
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """All clocks of a ticket as of `now`, in order of their start, and the warnings sent, by time."""

    clocks: tuple[Clock, ...]
    warnings: tuple[SentWarning, ...]
    now: datetime

    def of(self, kind: str) -> list[Clock]:
        return [clock for clock in self.clocks if clock.kind == kind]

    def as_dict(self) -> dict[str, Any]:
        """The form of the golden files, with aware datetimes for instants. Clocks that never started are absent."""
        result: dict[str, Any] = {"warnings": [warning.as_dict() for warning in self.warnings]}
        for kind in ("first_response", "resolution"):
            for clock in self.of(kind):
                result[kind] = clock.as_dict()
        updates = [{"start": clock.started_at} | clock.as_dict() for clock in self.of("next_update")]
        visits = [{"queue": clock.subject, "start": clock.started_at} | clock.as_dict() for clock in self.of(OLA)]
        vendors = {clock.subject: clock.as_dict() for clock in self.of(VENDOR)}
        lists = {"next_update": updates, "ola": visits, "vendor": vendors}
        return result | {name: value for name, value in lists.items() if value}


def replay(
    events: Iterable[Event],
    *,
    agreements: Mapping[str, Agreement],
    calendars: Mapping[str, Calendar],
    now: datetime | str,
    refuse_closed: bool = True,
) -> Replay:
    """Work out every clock of a ticket at `now`. Make the events with `read_event` or `read_events`.

    Raises BAD_ORDER, BAD_EVENT, UNKNOWN_POLICY, UNKNOWN_CALENDAR, NAIVE_TIME, BAD_TIME; and NO_OPENING when a running
    clock can never be due. With `refuse_closed=False` such a clock merely has no due time: a calendar somebody closed
    for good must not keep tickets from being filed.
    """
    events = tuple(events)
    check_order(events)
    end = to_seconds(now)
    if end < events[-1].at:
        raise SlaError("BAD_ORDER", reason="now", value=now)
    course = Course(agreements, calendars)
    for event in events:
        if event.at > course.at:
            course.look()
        course.take(event)
    course.look()
    clocks = tuple(_clock(stopwatch, end, refuse_closed) for stopwatch in course.stopwatches)
    return Replay(clocks, _warnings(course.stopwatches), to_datetime(end))


def _clock(stopwatch: Stopwatch, now: int, refuse_closed: bool) -> Clock:
    anchor = (to_datetime(stopwatch.anchor_at), stopwatch.elapsed_s, stopwatch.paused_s)
    stopwatch.advance(now)
    stopwatch.look(now)
    return Clock(
        kind=stopwatch.kind,
        subject=stopwatch.subject,
        cycle=stopwatch.cycle,
        state=stopwatch.state,
        is_paused=stopwatch.terms.is_paused and not stopwatch.is_stopped,
        started_at=to_datetime(stopwatch.started_at),
        stopped_at=to_datetime(stopwatch.stopped_at),
        elapsed_s=stopwatch.elapsed_s,
        paused_s=stopwatch.paused_s,
        waited=dict(stopwatch.waited),
        target_s=stopwatch.terms.target_s,
        due_at=to_datetime(_due_at(stopwatch, refuse_closed)),
        breached_at=to_datetime(stopwatch.breached_at),
        ran_out_at=to_datetime(stopwatch.ran_out_at),
        cause=stopwatch.cause,
        void_reason=stopwatch.void_reason,
        calendar=stopwatch.terms.calendar.code,
        anchor_at=anchor[0],
        anchor_elapsed_s=anchor[1],
        anchor_paused_s=anchor[2],
        schedule=tuple(Effect(percent, to_datetime(at)) for percent, at in stopwatch.schedule(after=now)),
    )


def _due_at(stopwatch, refuse_closed):
    try:
        return stopwatch.due_at()
    except SlaError as error:
        if refuse_closed or error.code != "NO_OPENING":
            raise
        return None


def _warnings(stopwatches):
    sent = [(moment.at, stopwatch.kind, moment.percent) for stopwatch in stopwatches for moment in stopwatch.warnings]
    sent.sort(key=lambda warning: warning[0])
    return tuple(SentWarning(kind, percent, to_datetime(at)) for at, kind, percent in sent)
