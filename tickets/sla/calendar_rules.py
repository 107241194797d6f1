"""The written rules of a calendar: its time zone and, per version, weekly hours, holidays and exceptions.

Plain form of a version: `valid_from` (a local date), `weekly` (mon to sun → list of [open, close]), `holidays`
(dates), `exceptions` (date → list of [open, close]; empty means closed). Times are "HH:MM", a close may be "24:00".
The intervals of a day ascend, may touch and may not overlap; none crosses midnight. What is missing means: none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tickets.sla.errors import SlaError
from tickets.sla.instants import DAY, to_date

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_ZONE = "Europe/Copenhagen"
# Files that lie among the zones and are none: the server's own zone, and copies that count leap seconds.
FOREIGN_ZONES = ("localtime", "posix", "right/")

Hours = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Version:
    valid_from: date
    weekly: tuple[Hours, ...]
    holidays: frozenset[date]
    exceptions: dict[date, Hours]

    def hours_on(self, day: date) -> Hours:
        if day in self.exceptions:
            return self.exceptions[day]
        return () if day in self.holidays else self.weekly[day.weekday()]


def read_zone(name: Any) -> ZoneInfo:
    """The IANA zone; Europe/Copenhagen when the calendar names none. Raises BAD_ZONE."""
    if name is None:
        return ZoneInfo(DEFAULT_ZONE)
    try:
        if name.startswith(FOREIGN_ZONES):
            raise ValueError(name)
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        # The zone database answers a folder, a path or an odd text each with another exception.
        raise SlaError("BAD_ZONE", value=name) from None


def read_versions(data: Any) -> list[Version]:
    versions = [_read_version(version) for version in _list(data, place="versions")]
    versions.sort(key=lambda version: version.valid_from)
    for earlier, later in pairwise(versions):
        if earlier.valid_from == later.valid_from:
            raise SlaError("OVERLAP", value=later.valid_from)
    return versions


def _read_version(data):
    version = _mapping(data, place="versions")
    weekly = _mapping(version.get("weekly"), place="weekly")
    for name in weekly:
        if name not in WEEKDAYS:
            raise SlaError("BAD_INTERVAL", reason="weekday", value=name)
    exceptions = _mapping(version.get("exceptions"), place="exceptions")
    return Version(
        valid_from=to_date(version.get("valid_from")),
        weekly=tuple(_read_hours(weekly.get(name), place=name) for name in WEEKDAYS),
        holidays=frozenset(to_date(text) for text in _list(version.get("holidays"), place="holidays")),
        exceptions={to_date(text): _read_hours(hours, place=text) for text, hours in exceptions.items()},
    )


def _read_hours(data, *, place):
    hours = tuple(_read_interval(interval, place=place) for interval in _list(data, place=place))
    for (_, closes), (opens, _) in pairwise(hours):
        if opens < closes:
            raise SlaError("BAD_INTERVAL", value=data, place=place)
    return hours


def _read_interval(data, *, place):
    if not isinstance(data, list | tuple) or len(data) != 2:
        raise SlaError("BAD_INTERVAL", value=data, place=place)
    opens, closes = (_read_time(text, place=place) for text in data)
    if opens >= closes:
        raise SlaError("BAD_INTERVAL", value=data, place=place)
    return opens, closes


def _read_time(text, *, place):
    """Seconds after midnight of "HH:MM", "24:00" included."""
    match = isinstance(text, str) and re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", text)
    if not match:
        raise SlaError("BAD_INTERVAL", value=text, place=place)
    return DAY if text == "24:00" else int(match[1]) * 3600 + int(match[2]) * 60


def _list(data, *, place):
    if data is not None and not isinstance(data, list | tuple):
        raise SlaError("BAD_INTERVAL", reason="shape", value=place)
    return data or []


def _mapping(data, *, place):
    if data is not None and not isinstance(data, Mapping):
        raise SlaError("BAD_INTERVAL", reason="shape", value=place)
    return data or {}
