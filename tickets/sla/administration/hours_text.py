"""Opening hours as people write them: "7.30-12, 12.30-16.00", several in a day; empty is closed."""

import re
from collections.abc import Iterable

from tickets.sla.errors import SlaError

_TIME = r"([0-9]{1,2})(?:[:.]([0-9]{2}))?"
_INTERVAL = re.compile(rf"\s*{_TIME}\s*(?:-|–|—|til|to)\s*{_TIME}\s*")
_BETWEEN = re.compile(r"[,;]|\bog\b|\band\b")
CLOSED = ("", "-", "lukket", "closed")


def read(text: str) -> list[list[str]]:
    """[[open, close], …] as "HH:MM", in the order written; the calendar judges it. Raises BAD_INTERVAL."""
    if text.strip().casefold() in CLOSED:
        return []
    return [_interval(part, text) for part in _BETWEEN.split(text.casefold())]


def _interval(part: str, text: str) -> list[str]:
    found = _INTERVAL.fullmatch(part)
    if not found:
        raise SlaError("BAD_INTERVAL", value=text.strip())
    return [f"{int(hour):02}:{minute or '00'}" for hour, minute in (found.group(1, 2), found.group(3, 4))]


def write(hours: Iterable[Iterable[str]]) -> str:
    return ", ".join("–".join(interval) for interval in hours)


def of_seconds(intervals: Iterable[tuple[int, int]]) -> str:
    """The same for a calendar's own intervals, in seconds after midnight."""
    return write([_clock(opens), _clock(closes)] for opens, closes in intervals)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"
