"""What a new version of a calendar changes, day by day, beside the version it follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tickets.sla.calendar_rules import WEEKDAYS
from tickets.sla.models import Calendar, CalendarVersion

Hours = list[list[str]]
Plain = dict[str, Any]


@dataclass(frozen=True)
class CalendarChange:
    """Weekdays with their hours before and after; days that close or open otherwise than before, from its first day."""

    valid_from: date
    weekdays: list[tuple[str, Hours, Hours, bool]]
    holidays_added: list[date]
    holidays_removed: list[date]
    exceptions_added: list[tuple[date, Hours]]
    exceptions_removed: list[date]
    is_first: bool

    @property
    def is_empty(self) -> bool:
        changed = any(is_changed for *_hours, is_changed in self.weekdays)
        days = self.holidays_added + self.holidays_removed + self.exceptions_removed
        return not (self.is_first or changed or days or self.exceptions_added)


def read(calendar: Calendar, change: Plain) -> CalendarChange:
    """Compare with the version in force the day before; days that are past on the first day are left out."""
    first = date.fromisoformat(change["valid_from"])
    base = version_before(calendar, first)
    before = base.as_dict() if base else {"weekly": {}, "holidays": [], "exceptions": {}}
    old_days, new_days = (_days(version["holidays"], first) for version in (before, change))
    old, new = (_exceptions(version["exceptions"], first) for version in (before, change))
    weekdays = [(day, before["weekly"].get(day, []), change["weekly"].get(day, [])) for day in WEEKDAYS]
    return CalendarChange(
        valid_from=first,
        weekdays=[(day, was, becomes, was != becomes) for day, was, becomes in weekdays],
        holidays_added=sorted(new_days - old_days),
        holidays_removed=sorted(old_days - new_days),
        exceptions_added=sorted((day, hours) for day, hours in new.items() if old.get(day) != hours),
        exceptions_removed=sorted(old.keys() - new.keys()),
        is_first=base is None,
    )


def version_before(calendar: Calendar, day: date) -> CalendarVersion | None:
    """The version in force before a version of that day."""
    earlier = [version for version in calendar.versions.all() if version.valid_from < day]
    return max(earlier, key=lambda version: version.valid_from, default=None)


def _days(days: list[str], first: date) -> set[date]:
    return {day for day in map(date.fromisoformat, days) if day >= first}


def _exceptions(exceptions: Mapping[str, Hours], first: date) -> dict[date, Hours]:
    found = {date.fromisoformat(text): hours for text, hours in exceptions.items()}
    return {day: hours for day, hours in found.items() if day >= first}
