"""When does a service count time? Opening hours in local time, counted in UTC seconds.

A calendar has versions; each local date follows the version with the latest first day on or before it, so a change
never re-judges earlier days, and a date before the first version is closed. Within a version an exception beats a
holiday, and a holiday beats the weekly hours: an exception can therefore open a holiday or make a half day.

An interval runs without a break from the first instant at which the local clock shows its opening time or later, to
the first instant at which it shows its closing time or later. A day round the clock hence has 23 and 25 hours when
summer time begins and ends; an opening time that the clock skips opens when it jumps, one that comes twice opens the
first time.

Opening hours are worked out in spans of 128 days and kept, because the clocks of 100,000 tickets are replayed from
the same few calendars.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from tickets.sla.calendar_rules import Version, read_versions, read_zone
from tickets.sla.errors import SlaError
from tickets.sla.instants import DAY, EPOCH, EPOCH_ORDINAL, SECOND, to_datetime, to_seconds

SPAN_DAYS = 128
# Nobody waits longer for an opening: a calendar closed for so long is a mistake in the calendar.
LONGEST_CLOSED_S = 400 * DAY
# The law ends with the year 2200; the years after it only let its last due times be found.
END_OF_CALENDAR = date(2300, 1, 1).toordinal() // SPAN_DAYS


@dataclass(slots=True)
class Span:
    """The open intervals of some days; `opened` counts the open seconds before each, `closed` those up to its end."""

    start: int
    end: int
    opens: list[int]
    closes: list[int]
    opened: list[int]
    closed: list[int]
    total: int

    def open_before(self, at):
        index = bisect_right(self.opens, at) - 1
        if index < 0:
            return 0
        return self.opened[index] + min(at, self.closes[index]) - self.opens[index]

    def instant_of(self, count):
        """The earliest instant by which `count` seconds of this span were open (1 <= count <= total)."""
        index = bisect_left(self.closed, count)
        return self.closes[index] - self.closed[index] + count


class Calendar:
    """Opening hours of one service. Build it with `Calendar.parse`; it never changes afterwards."""

    def __init__(self, code: str, zone: ZoneInfo, versions: list[Version]):
        self.code = code
        self.zone = zone
        self.versions = versions
        self._valid_from = [version.valid_from for version in versions]
        self._spans: dict[int, Span] = {}

    @classmethod
    def parse(cls, data: Any, *, code: str = "") -> "Calendar":
        """Read the plain form, as stored: `timezone`, `versions` (`valid_from`, `weekly`, `holidays`, `exceptions`).

        Raises UNKNOWN_CALENDAR, BAD_ZONE, BAD_INTERVAL, BAD_TIME (a date) or OVERLAP.
        """
        if not isinstance(data, Mapping):
            raise SlaError("UNKNOWN_CALENDAR", value=code)
        return cls(code, read_zone(data.get("timezone")), read_versions(data.get("versions")))

    def hours_on(self, day: date) -> tuple[tuple[int, int], ...]:
        """The opening hours of a local date, in seconds after midnight as the wall clock shows them."""
        index = bisect_right(self._valid_from, day) - 1
        return self.versions[index].hours_on(day) if index >= 0 else ()

    def business(self, start: datetime, end: datetime) -> int:
        """Open seconds in [start, end). Raises BAD_ORDER when the end lies before the start, NAIVE_TIME, BAD_TIME."""
        first, last = to_seconds(start), to_seconds(end)
        if last < first:
            raise SlaError("BAD_ORDER", reason="interval", value=end)
        return self.open_seconds(first, last)

    def due(self, start: datetime, seconds: int) -> datetime:
        """The earliest instant from `start` by which `seconds` were open: closing time, not the next opening.

        Raises NO_OPENING (closed for 400 days, or never within the calendar), BAD_TARGET (negative or not whole),
        NAIVE_TIME, BAD_TIME.
        """
        if type(seconds) is not int or seconds < 0:
            raise SlaError("BAD_TARGET", value=seconds)
        return to_datetime(self.due_second(to_seconds(start), seconds))

    def interval_at(self, at: int) -> tuple[int, int] | None:
        """The open interval that holds `at`, its closing time included, all in UTC seconds. None while closed."""
        _index, span = self._span_at(at)
        place = bisect_left(span.closes, at)
        held = place < len(span.closes) and span.opens[place] <= at
        return (span.opens[place], span.closes[place]) if held else None

    def open_seconds(self, start: int, end: int) -> int:
        """As `business`, in UTC seconds and without checks: the inner loop of the clocks."""
        index, span = self._span_at(start)
        count = -span.open_before(start)
        while end > span.end:
            count += span.total
            index += 1
            span = self._span(index)
        return count + span.open_before(end)

    def due_second(self, start: int, seconds: int) -> int:
        """As `due`, in UTC seconds and without checks."""
        if not seconds:
            return start
        index, span = self._span_at(start)
        wanted = seconds + span.open_before(start)
        last_open = start
        while wanted > span.total:
            wanted -= span.total
            last_open = max(last_open, span.closes[-1]) if span.closes else last_open
            index += 1
            span = self._span(index)
            self._check_opening(last_open, span, index)
        return span.instant_of(wanted)

    def _check_opening(self, last_open, span, index):
        next_open = span.opens[0] if span.opens else span.end
        if next_open - last_open > LONGEST_CLOSED_S:
            raise SlaError("NO_OPENING", value=self.code)
        if index > END_OF_CALENDAR:
            raise SlaError("NO_OPENING", reason="too_long", value=self.code)

    def _span_at(self, at):
        # Local dates begin up to a day before or after those of UTC: start a day early, then go on.
        index = (at // DAY - 1 + EPOCH_ORDINAL) // SPAN_DAYS
        span = self._span(index)
        while at >= span.end:
            index += 1
            span = self._span(index)
        return index, span

    def _span(self, index):
        return self._spans.get(index) or self._spans.setdefault(index, self._work_out(index))

    def _work_out(self, index):
        days = [date.fromordinal(index * SPAN_DAYS + offset) for offset in range(SPAN_DAYS)]
        intervals = [interval for day in days for interval in self._intervals(day) if interval[0] < interval[1]]
        lengths = [closes - opens for opens, closes in intervals]
        closed = list(accumulate(lengths))
        return Span(
            start=self._instant(days[0], 0),
            end=self._instant(days[-1], DAY),
            opens=[opens for opens, _ in intervals],
            closes=[closes for _, closes in intervals],
            opened=[total - length for total, length in zip(closed, lengths, strict=True)],
            closed=closed,
            total=closed[-1] if closed else 0,
        )

    def _intervals(self, day):
        hours = self.hours_on(day)
        if not hours:
            return []
        midnight = datetime.combine(day, time(), self.zone)
        if midnight.utcoffset() == (midnight + timedelta(days=1)).utcoffset():
            start = (midnight - EPOCH) // SECOND
            return [(start + opens, start + closes) for opens, closes in hours]
        return [(self._instant(day, opens), self._instant(day, closes)) for opens, closes in hours]

    def _instant(self, day, second):
        """The first instant at which the local clock shows this second of this day, or later."""
        wall = datetime.combine(day, time(), self.zone) + timedelta(seconds=second)
        instant = (wall - EPOCH) // SECOND
        later = (wall.replace(fold=1) - EPOCH) // SECOND
        # In a gap the two readings change places, and the jump of the clock lies between them.
        return self._jump(wall, later, instant) if later < instant else instant

    def _jump(self, wall, before, after):
        bare = wall.replace(tzinfo=None)
        return before + bisect_left(
            range(before, after),
            True,
            key=lambda at: datetime.fromtimestamp(at, UTC).astimezone(self.zone).replace(tzinfo=None) >= bare,
        )
