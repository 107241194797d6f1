"""Why is the ticket delayed? Its life in stretches: what it waited for, whose turn it was, and what the rule counted.

Seen from the resolution clock, every second of a stretch is one of four: running (counted), paused (open, but in a
pause state of the agreement), closed (outside opening hours) or stopped (solved, merged, or without a resolution
clock). The four add up to the stretch, and the running seconds of all stretches to the clock's elapsed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from tickets.sla.agreement import Agreement
from tickets.sla.calendar import Calendar
from tickets.sla.course import Course
from tickets.sla.errors import SlaError
from tickets.sla.events import Event, check_order
from tickets.sla.instants import to_datetime, to_seconds
from tickets.sla.states import WAITING_PLANNED, WAITING_REQUESTER, WAITING_THIRD_PARTY, WAITING_VENDOR
from tickets.sla.stopwatch import terms_of

DESK, REQUESTER, VENDOR, THIRD_PARTY, NOBODY = "desk", "requester", "vendor", "third_party", ""
SOLVED, MERGED = "solved", "merged"

TURNS = {
    WAITING_REQUESTER: REQUESTER,
    WAITING_PLANNED: REQUESTER,
    WAITING_VENDOR: VENDOR,
    WAITING_THIRD_PARTY: THIRD_PARTY,
}

RULES = {
    "desk_works": _("The desk is working on it. Opening hours count."),
    "paused": _("The agreement pauses the clock in this state."),
    "vendor_counts": _("The desk has chosen the vendor, so waiting for it counts."),
    "third_party_counts": _("Waiting for a third party does not pause the promise to the requester."),
    "waiting_counts": _("The agreement does not pause the clock in this state."),
    "solved": _("The ticket is solved. The time until it is reopened does not count."),
    "merged": _("The ticket goes on in another one, and its clocks have ended."),
    "no_promise": _("The agreement promises no time for this."),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which nothing changed. `state`: a ticket state, "solved" or "merged"; `rule`: a key of RULES.

    `agreement` and `calendar` are the codes of the version and of the calendar in force ('' where nothing counts).
    """

    from_at: datetime
    to_at: datetime
    state: str
    turn: str
    rule: str
    priority: int
    queue: str
    vendors: tuple[str, ...]
    agreement: str
    calendar: str
    running_s: int
    paused_s: int
    closed_s: int
    stopped_s: int

    def continues(self, other: "Stretch") -> bool:
        """Is this the same as the one before it, merely cut in two by an event that changed nothing here?"""
        names = ("state", "turn", "rule", "priority", "queue", "vendors", "agreement", "calendar")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def joined(self, later: "Stretch") -> "Stretch":
        sums = ("running_s", "paused_s", "closed_s", "stopped_s")
        added: dict[str, Any] = {name: getattr(self, name) + getattr(later, name) for name in sums}
        return replace(self, to_at=later.to_at, **added)


def stretches(
    events: Iterable[Event],
    *,
    agreements: Mapping[str, Agreement],
    calendars: Mapping[str, Calendar],
    now: datetime | str,
) -> list[Stretch]:
    """The life of a ticket up to `now`, in order. Raises as `clock.replay` does, except NO_OPENING."""
    events = tuple(events)
    check_order(events)
    end = to_seconds(now)
    if end < events[-1].at:
        raise SlaError("BAD_ORDER", reason="now", value=now)
    course = Course(agreements, calendars)
    found: list[Stretch] = []
    agreement = ""
    for event, until in zip(events, [*(event.at for event in events[1:]), end], strict=True):
        course.take(event)
        agreement = _agreement(event) or agreement
        if until > event.at:
            _add(found, _stretch(course, event.at, until, agreement))
    return found


def _add(found, stretch):
    if found and stretch.continues(found[-1]):
        found[-1] = found[-1].joined(stretch)
    else:
        found.append(stretch)


def _agreement(event):
    """The version that an event puts in force, if it does."""
    return {"created": event.data.get("agreement"), "policy": event.data.get("to")}.get(event.kind)


def _stretch(course, start, end, agreement):
    promise = course.promise("resolution") if course.latest("resolution") else None
    terms = terms_of(promise, course.calendars, state=course.state)
    is_stopped = course.is_solved or course.is_merged or promise is None
    open_s = 0 if is_stopped else terms.calendar.open_seconds(start, end)
    return Stretch(
        from_at=to_datetime(start),
        to_at=to_datetime(end),
        state=_state(course),
        turn=_turn(course),
        rule=_rule(course, promise, terms),
        priority=course.priority,
        queue=course.queue,
        vendors=tuple(sorted(course.vendors)),
        agreement=agreement,
        calendar="" if is_stopped else terms.calendar.code,
        running_s=0 if terms.is_paused else open_s,
        paused_s=open_s if terms.is_paused else 0,
        closed_s=0 if is_stopped else end - start - open_s,
        stopped_s=end - start if is_stopped else 0,
    )


def _state(course):
    if course.is_merged:
        return MERGED
    return SOLVED if course.is_solved else course.state


def _turn(course):
    if course.is_merged or course.is_solved:
        return NOBODY
    return TURNS.get(course.state, VENDOR if course.vendors else DESK)


def _rule(course, promise, terms):
    if course.is_merged or course.is_solved:
        return _state(course)
    if promise is None or promise.target_s is None:
        return "no_promise"
    if terms.is_paused:
        return "paused"
    counted = {DESK: "desk_works", VENDOR: "vendor_counts", THIRD_PARTY: "third_party_counts"}
    return counted.get(_turn(course), "waiting_counts")
