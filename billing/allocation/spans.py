"""Days of Danish local time: spans with their first day included and their last excluded.

A period is a calendar month (or any other span) of local days; the key versions and participations that apply are
constant between the days on which one of them starts or ends, so a period falls into a few stretches of equal days.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from billing.allocation import plain
from billing.allocation.errors import AllocationError

LOCAL = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` until the day before `end`; without `end` it is open."""

    first: date
    end: date | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)

    def edges(self) -> set[date]:
        return {self.first} if self.end is None else {self.first, self.end}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` until the day before `end`."""

    first: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.first).days

    def covers(self, day: date) -> bool:
        return self.first <= day < self.end

    def holds(self, instant: datetime) -> bool:
        """Whether the local day of an instant lies in the period: 22:30Z on 31 March is 1 April in Denmark."""
        return self.covers(local_day(instant))

    def stretches(self, edges: Iterable[date]) -> list["Period"]:
        """The period cut at every edge inside it."""
        cuts = [self.first, *sorted({edge for edge in edges if self.first < edge < self.end}), self.end]
        return [Period(first, end) for first, end in pairwise(cuts)]


def local_day(instant: datetime) -> date:
    try:
        return instant.astimezone(LOCAL).date()
    except OverflowError:
        raise AllocationError("BAD_DATE", "instant", found=instant) from None


def read_period(value: object) -> Period:
    """A period from {"from", "to"}; BAD_DATE unless both are days and the end lies after the start."""
    span = read_span(value)
    if span.end is None:
        raise AllocationError("BAD_DATE", found=span.end)
    return Period(span.first, span.end)


def read_span(value: object, **where: object) -> Span:
    """A span from {"from", "to"}; "to" may be missing. BAD_DATE otherwise."""
    if not isinstance(value, Mapping):
        raise AllocationError("BAD_DATE", found=value, **where)
    first = plain.day(value.get("from"), **where)
    end = value.get("to")
    if end is None:
        return Span(first)
    last = plain.day(end, **where)
    if last <= first:
        raise AllocationError("BAD_DATE", "order", found=end, **where)
    return Span(first, last)


def read_participation(value: object) -> dict[str, tuple[Span, ...]]:
    """Who takes part in a pool, and when: member → spans."""
    return {member: _spans(spans, member) for member, spans in sorted(plain.mapping(value).items())}


def _spans(value: object, member: str) -> tuple[Span, ...]:
    return tuple(read_span(span, member=member) for span in plain.listing(value, member=member))


def taking_part(participation: Mapping[str, Sequence[Span]], day: date) -> tuple[str, ...]:
    """The members of a pool on a day, in order of code. OVERLAP when two participations of one cover it."""
    members = []
    for member, spans in participation.items():
        covering = sum(span.covers(day) for span in spans)
        if covering > 1:
            raise AllocationError("OVERLAP", "participation", member=member, day=day)
        if covering:
            members.append(member)
    return tuple(sorted(members))


def taking_part_in(participation: Mapping[str, Sequence[Span]], period: Period) -> tuple[str, ...]:
    """The members of a pool on at least one day of a period, in order of code."""
    return tuple(
        sorted(
            member
            for member, spans in participation.items()
            if any(span.first < period.end and (span.end is None or span.end > period.first) for span in spans)
        )
    )
