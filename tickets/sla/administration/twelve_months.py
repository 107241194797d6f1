"""A calendar as a calendar: each day of twelve months, open or closed, and why, in words for each special day."""

from calendar import Calendar as Weeks
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tickets.sla.calendar import Calendar as Hours
from tickets.sla.calendar_rules import Version
from tickets.sla.danish_holidays import public_holidays

OPEN, CLOSED, HOLIDAY, EXCEPTION = "open", "closed", "holiday", "exception"
Intervals = tuple[tuple[int, int], ...]  # seconds after midnight


@dataclass(frozen=True)
class Day:
    """`name` is the public holiday of the day, if it is one, also where the desk is open."""

    on: date
    kind: str
    hours: Intervals
    name: str = ""
    begins_version: bool = False

    @property
    def is_special(self) -> bool:
        return self.kind in (HOLIDAY, EXCEPTION) or self.begins_version


@dataclass(frozen=True)
class Month:
    first: date
    weeks: list[list[Day | None]]

    @property
    def special(self) -> list[Day]:
        return [day for week in self.weeks for day in week if day and day.is_special]


def twelve_months(hours: Hours, *, start: date, language: str) -> list[Month]:
    """From the month of `start` on. `language` is "da" or "en", for the names of holidays."""
    names = {day: name for year in (start.year, start.year + 1) for day, name in named_holidays(year, language).items()}
    return [Month(first, list(_weeks(hours, first, names))) for first in _firsts(start)]


def named_holidays(year: int, language: str) -> dict[date, str]:
    return public_holidays(year, language="da" if language == "da" else "en_US")


def _firsts(start: date) -> Iterator[date]:
    for ahead in range(12):
        years, month = divmod(start.month - 1 + ahead, 12)
        yield date(start.year + years, month + 1, 1)


def _weeks(hours: Hours, first: date, names: dict[date, str]) -> Iterator[list[Day | None]]:
    for week in Weeks().monthdatescalendar(first.year, first.month):
        yield [_day(hours, on, names) if on.month == first.month else None for on in week]


def _day(hours: Hours, on: date, names: dict[date, str]) -> Day:
    version = version_on(hours, on)
    opens = hours.hours_on(on)
    begins = version is not None and version.valid_from == on
    return Day(on, _kind(version, on, opens), opens, names.get(on, ""), begins)


def _kind(version: Version | None, on: date, opens: Intervals) -> str:
    if version is not None and on in version.exceptions:
        return EXCEPTION
    if version is not None and on in version.holidays:
        return HOLIDAY
    return OPEN if opens else CLOSED


def version_on(hours: Hours, on: date) -> Version | None:
    earlier = [version for version in hours.versions if version.valid_from <= on]
    return earlier[-1] if earlier else None
