"""Instants: UTC, whole seconds. Calculations use integers (seconds since 1970), everybody else aware datetimes."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, overload

from tickets.sla.errors import SlaError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = 86400
FIRST_YEAR, LAST_YEAR = 1900, 2200
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def to_seconds(value: Any) -> int:
    """UTC seconds since 1970 of an aware datetime or ISO 8601 text; fractions of a second are cut off.

    Raises NAIVE_TIME without a zone, BAD_TIME for what is no time or lies outside 1900 to 2200.
    """
    moment = value if isinstance(value, datetime) else _read(value)
    if moment.utcoffset() is None:
        raise SlaError("NAIVE_TIME", value=value)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise SlaError("BAD_TIME", value=value)
    return (moment - EPOCH) // SECOND


def _read(text):
    if not isinstance(text, str):
        raise SlaError("BAD_TIME", value=text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise SlaError("BAD_TIME", value=text) from None


@overload
def to_datetime(seconds: int) -> datetime: ...
@overload
def to_datetime(seconds: int | None) -> datetime | None: ...
def to_datetime(seconds):
    return None if seconds is None else EPOCH + seconds * SECOND


def to_text(seconds: int | None) -> str | None:
    """ISO 8601 in UTC, as the golden files and the API write it."""
    return None if seconds is None else f"{EPOCH + seconds * SECOND:%Y-%m-%dT%H:%M:%SZ}"


def to_date(text: Any) -> date:
    """A local date written YYYY-MM-DD. Raises BAD_TIME."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        raise SlaError("BAD_TIME", reason="date", value=text) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise SlaError("BAD_TIME", reason="date", value=text)
    return day
