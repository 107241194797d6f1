"""Months of local time: their first days, and the instants at which they begin."""

from collections.abc import Iterator
from datetime import date, datetime, time

from servicecenter.ui.formats import COPENHAGEN


def month_of(moment: datetime) -> date:
    """The first day of the local month."""
    return moment.astimezone(COPENHAGEN).date().replace(day=1)


def begins(month: date) -> datetime:
    return datetime.combine(month, time.min, COPENHAGEN)


def next_month(month: date) -> date:
    return months_on(month, 1)


def months_on(month: date, count: int) -> date:
    """`count` months later, or earlier when negative."""
    years, place = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, place + 1, 1)


def months_between(first: date, last: date) -> Iterator[date]:
    """Both included."""
    while first <= last:
        yield first
        first = next_month(first)
