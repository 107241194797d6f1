"""Where else in time could a story have happened, second for second as it did?

Its clocks stay right without being calculated again when every date it touches has the same opening hours as the date
it is moved to, and when no instant passes an opening or closing time. So a copy is moved by whole days of the same
pattern, in its own month, and by the seconds that all its instants have to spare.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from servicecenter.ui.formats import COPENHAGEN
from tickets.models import FAR_AHEAD, Clock
from tickets.sample.stories import Story
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.instants import DAY, to_seconds
from tickets.sla.terms import Rulebook
from tickets.status import Status

FARTHEST_DAYS = 28
DESK = "desk"
OVER = {Status.CLOSED, Status.CANCELLED}


@dataclass(frozen=True)
class Room:
    """A copy happens one of `days` later (0 is always among them; below 0: earlier), and then between two numbers of
    seconds, the first of them 0 or below."""

    days: list[int]
    earliest_s: int
    latest_s: int


class Shifts:
    """`begins` and `until` are the first and last instant of the whole history, in UTC seconds."""

    def __init__(self, rules: Rulebook, *, begins: int, until: int):
        self.hours = rules.calendars[DESK]
        self.begins = begins
        self.until = until
        self.first_day = _day(begins) - timedelta(days=FARTHEST_DAYS)
        self.pattern = _pattern(rules.calendars, self.first_day, _day(until) + timedelta(days=400))

    def room_of(self, story: Story, *, besides: Iterable[datetime] = (), no_later_than: datetime | None = None) -> Room:
        """`besides` are instants that count like those of its events, such as a visit; `no_later_than` is one that
        must only not pass the present."""
        past = [to_seconds(at) for at in chain((event.at for event in story.events), besides)]
        promised, planned = _instants_of_clocks(story, self.until)
        earliest, latest = self._seconds_to_spare(past + promised + planned)
        last = max(past + promised + ([to_seconds(no_later_than)] if no_later_than else []))
        latest = min(latest, self.until - last)
        if planned:  # what lies ahead must not be due already
            earliest = max(earliest, self.until - min(planned) + 1)
        earliest, latest = min(earliest, 0), max(latest, 0)
        days = self._days(past + promised, last + latest) if story.ticket.status in OVER else []
        return Room(days or [0], earliest, latest)

    def _seconds_to_spare(self, instants: list[int]) -> tuple[int, int]:
        earliest, latest = -DAY, DAY
        for at in set(instants):
            held = self.hours.interval_at(at)
            if held is None:
                return 0, 0
            earliest, latest = max(earliest, held[0] + 1 - at), min(latest, held[1] - 1 - at)
        return (earliest, latest) if earliest <= 0 <= latest else (0, 0)

    def _days(self, instants: list[int], last: int) -> list[int]:
        """Shifts that keep the month of arrival, see the same pattern of hours, and do not reach into the future."""
        received, ended = _day(instants[0]), _day(max(instants))
        start, stop = (received - self.first_day).days, (ended - self.first_day).days + 1
        lived = self.pattern[start:stop]
        first, end = _month_of(received)
        return [
            days
            for days in range(max(-FARTHEST_DAYS, first - received.day), min(FARTHEST_DAYS, end - received.day) + 1)
            if self.pattern[start + days : stop + days] == lived and last + days * DAY <= self.until
        ]


def _instants_of_clocks(story: Story, until: int) -> tuple[list[int], list[int]]:
    """Of the clocks in the desk's hours, past and still ahead. Those round the clock go along with anything."""
    counted = {(clock.kind, clock.cycle): clock for clock in story.clocks if clock.calendar == DESK}
    found = [at for clock in counted.values() for at in _of_clock(clock)]
    found += [effect.at for effect in story.effects if (effect.kind, effect.cycle) in counted]
    if story.ticket.is_active and story.ticket.next_due_at != FAR_AHEAD:
        found.append(story.ticket.next_due_at)
    seconds = {to_seconds(at) for at in found}
    return sorted(at for at in seconds if at <= until), sorted(at for at in seconds if at > until)


def _of_clock(clock: Clock) -> list[datetime]:
    instants = [clock.anchor_at, clock.due_at, clock.breached_at, clock.stopped_at, *clock.plan_at]
    return [at for at in instants if at is not None]


def _pattern(calendars: Mapping[str, Hours], first: date, last: date) -> list[int]:
    """A number for each date; equal ones have the same hours in every calendar and the same distance to UTC."""
    known: dict[tuple, int] = {}
    days = (first + timedelta(days=number) for number in range((last - first).days))
    return [known.setdefault(_look_of(day, calendars), len(known)) for day in days]


def _look_of(day: date, calendars: Mapping[str, Hours]) -> tuple:
    midnight = datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN)
    distances = midnight.utcoffset(), (midnight + timedelta(days=1)).utcoffset()
    return distances, *(calendar.hours_on(day) for calendar in calendars.values())


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, COPENHAGEN).date()


def _month_of(day: date) -> tuple[int, int]:
    """Numbers of its first and last day."""
    return 1, ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
